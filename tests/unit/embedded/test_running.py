import os
import time

import psutil
import pytest

from medallion.embedded.processes import Identity
from medallion.embedded.running import refuse_second, running_airflow, stop_airflow
from medallion.embedded.state import RunnerState, read_state, state_file, write_state
from medallion.exceptions import RunnerError
from medallion.settings import Settings


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "airflow").mkdir()
    return Settings(project=tmp_path, home=tmp_path)


def state_of(identity):
    return RunnerState(identity, mark="nobody carries this", url="http://127.0.0.1:1", started_at=time.time())


def test_a_living_supervisor_is_refused_in_one_sentence(settings):
    write_state(settings.home / "airflow", state_of(Identity.of(os.getpid())))
    assert running_airflow(settings).url == "http://127.0.0.1:1"
    with pytest.raises(
        RunnerError, match=rf"already runs under .* \(process {os.getpid()}\): stop it with `make down`$"
    ):
        refuse_second(settings)


def test_another_process_that_was_given_the_number_is_not_taken_for_it(settings):
    own = Identity.of(os.getpid())
    write_state(settings.home / "airflow", state_of(Identity(own.pid, own.started - 3600)))
    assert running_airflow(settings) is None
    refuse_second(settings)
    assert not stop_airflow(settings)  # and this process goes on
    assert read_state(settings.home / "airflow") is None


def test_a_number_that_nobody_has_is_nobody():
    assert not Identity(2**22, 1).is_alive()


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_set_takes_no_supervisor_for_gone(settings, monkeypatch, hours):
    write_state(settings.home / "airflow", state_of(Identity.of(os.getpid())))
    # What the kernel says the machine started at moves with its clock, and so does every process's start.
    started = psutil.boot_time()
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: started + hours * 3600)
    assert running_airflow(settings).supervisor.pid == os.getpid()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"supervisor": 1}', '{"supervisor": {"pid": 1}}'])
def test_a_state_that_is_not_ours_is_none(settings, text):
    state_file(settings.home / "airflow").write_text(text)
    assert read_state(settings.home / "airflow") is None
    assert running_airflow(settings) is None


def test_a_state_comes_back_as_it_was_written(settings):
    state = state_of(Identity.of(os.getpid())).with_(pids={"scheduler": 7}, restarts={"scheduler": 1})
    write_state(settings.home / "airflow", state)
    assert read_state(settings.home / "airflow") == state
