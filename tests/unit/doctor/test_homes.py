import os
import subprocess
import sys

import psutil
import pytest

from medallion.doctor import OK, WARN
from medallion.doctor.homes import stale_home
from medallion.embedded.environment import airflow_home
from medallion.embedded.processes import MARK, Identity
from medallion.embedded.state import RunnerState, state_file, write_state


@pytest.fixture
def sleeper():
    """A process that carries a supervisor's mark."""
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], env=os.environ | {MARK: "mine"}
    )
    yield process
    process.kill()
    process.wait()


def state(settings, supervisor, **changed):
    airflow_home(settings).mkdir(exist_ok=True)
    written = RunnerState(supervisor, "mine", "http://127.0.0.1:8080", 0.0, phase="running")
    write_state(airflow_home(settings), written.with_(**changed))


def gone():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    identity = Identity.of(process.pid)
    process.communicate()
    return identity


def test_no_airflow_is_no_fault(settings):
    assert stale_home(settings).level == OK


def test_an_airflow_that_runs_is_named(settings, sleeper):
    state(settings, Identity.of(sleeper.pid), pids={"scheduler": sleeper.pid})
    found = stale_home(settings)
    assert (found.level, found.said) == (OK, "Airflow runs at http://127.0.0.1:8080")


def test_a_supervisor_that_is_gone_left_its_state(settings):
    state(settings, gone())
    found = stale_home(settings)
    assert (found.level, found.todo) == (WARN, "clear it away: medallion down")
    assert "its state was left behind" in found.said


def test_processes_that_were_left_are_named(settings, sleeper):
    psutil.Process(sleeper.pid).status()
    state(settings, gone())
    assert f"left processes {sleeper.pid}" in stale_home(settings).said


def test_a_component_that_is_gone_is_named(settings, sleeper):
    state(settings, Identity.of(sleeper.pid), pids={"triggerer": gone().pid, "scheduler": sleeper.pid})
    found = stale_home(settings)
    assert (found.level, "without its triggerer" in found.said) == (WARN, True)


def test_a_state_nobody_can_read_is_told(settings):
    airflow_home(settings).mkdir()
    state_file(airflow_home(settings)).write_text("{")
    assert stale_home(settings).level == WARN
