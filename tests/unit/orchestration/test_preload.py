"""What is made once for all processes of an Airflow, and what parsing a client's file leaves for later."""

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


PARSING = """
import sys
import medallion.orchestration.client_file
late = ("medallion.notifications", "medallion.orchestration.told", "apprise", "smtplib", "aiosmtplib")
print(*[one for one in late if one in sys.modules])
import medallion.orchestration.factory
print(*[one for one in late[2:] if one in sys.modules])
"""


@pytest.mark.slow
def test_parsing_a_clients_file_imports_no_channel_and_no_template():
    told = subprocess.run([sys.executable, "-c", PARSING], capture_output=True, text=True, check=True)
    lines = [line for line in told.stdout.splitlines() if "[warning" not in line]
    assert lines == ["", ""]
