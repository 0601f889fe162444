import subprocess
import sys
from importlib.metadata import entry_points

import pytest

pytestmark = pytest.mark.slow

#: What a scheduler or a worker has when it loads plugins, and what no plugin of ours may add to it. What is
#: compiled into Python (`gc`) costs nothing to import.
ALONE = """
import sys
import airflow.plugins_manager
import airflow.listeners
import airflow.timetables.interval
before = set(sys.modules)
import medallion.orchestration.plugin
print(*sorted(set(sys.modules) - before - set(sys.builtin_module_names)))
"""


def test_airflow_finds_the_plugin():
    (found,) = entry_points(group="airflow.plugins", name="medallion")
    assert found.load().name == "medallion"


def test_loading_the_plugin_imports_nothing_but_itself(tmp_path):
    environment = {"AIRFLOW_HOME": str(tmp_path), "PATH": ""}
    told = subprocess.run(
        [sys.executable, "-c", ALONE], capture_output=True, text=True, check=True, env=environment
    )
    room = "medallion.orchestration"
    names = ("callback_requests", "light_triggers", "local_cron", "masking", "plugin", "whole_period")
    ours = [f"{room}.{name}" for name in names]
    assert told.stdout.split() == ["medallion", room, *ours]
