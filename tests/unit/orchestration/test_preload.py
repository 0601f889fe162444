"""What is made once for all processes of an Airflow."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("one_task_api.py")


@pytest.mark.slow
def test_one_task_api_serves_each_of_its_forks_by_their_own_rules(tmp_path):
    environment = os.environ | {"AIRFLOW_HOME": str(tmp_path)}
    program = subprocess.run(
        [sys.executable, PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    # The API server asks who is there; the DAG processor, which serves itself alone, does not.
    assert json.loads(program.stdout.splitlines()[-1]) == {"api_server": "401", "dag_processor": "404"}
