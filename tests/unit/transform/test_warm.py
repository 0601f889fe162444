"""What a process works out before it forks: it leaves nothing open that a fork would miss."""

import subprocess
import sys

import pytest

SCRIPT = """
import os, threading
import dbt.cli.main, dbt.adapters.duckdb.impl
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.factory import FACTORY
from dbt.contracts.project import Project
from medallion.transform.warm import warm_dbt

before = sorted(os.listdir("."))
warm_dbt()
print(threading.active_count(), DuckDBConnectionManager._ENV, dict(FACTORY.adapters))
print(sorted(os.listdir(".")) == before, Project.json_schema.cache_info().currsize > 1)
"""


@pytest.mark.slow
def test_dbt_is_warmed_without_threads_connections_adapters_or_files_left_behind(tmp_path):
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["1 None {}", "True True"]
