"""A real embedded Airflow: it starts, works, heals, keeps strangers out, and leaves nothing behind."""

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx
import psutil
import pytest
from live_airflow import copy_project, until

from medallion.airflow_api import AirflowClient
from medallion.embedded import EmbeddedAirflow
from medallion.embedded.ports import is_free
from medallion.embedded.processes import marked
from medallion.embedded.secrets import USERNAME, load_secrets, passwords_file
from medallion.exceptions import RunnerError

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def live(creator):
    """A :class:`Live` whose Airflow may be broken."""
    return creator


def test_a_run_succeeds_and_its_log_can_be_read(live):
    run_id, state, states = live.run("tiny_good")
    assert (state, states) == ("success", {"hello": "success"})
    assert "hello from the task" in live.log("tiny_good", run_id, "hello")


def test_a_task_that_raises_fails_its_run_and_is_explained(live):
    run_id, state, states = live.run("tiny")
    assert (state, states) == ("failed", {"hello": "success", "fail": "failed"})
    assert "this task fails on purpose" in live.explain("tiny", run_id)


def test_a_cleared_task_runs_again(live):
    run_id, _, _ = live.run("tiny_good")
    assert live.clear("tiny_good", run_id, ["hello"]) == ["hello"]
    assert live.wait("tiny_good", run_id)[0] == "success"
    assert live.client.tasks("tiny_good", run_id)["hello"]["try_number"] == 2


def test_an_abandoned_run_can_be_ended(live):
    live.client.pause("tiny_good")
    run_id = live.trigger("tiny_good")
    live.client.end_run("tiny_good", run_id)
    live.client.pause("tiny_good", False)
    assert live.client.run("tiny_good", run_id)["state"] == "failed"


def test_a_wrong_password_is_refused(live):
    stranger = AirflowClient(live.airflow.url, USERNAME, USERNAME)
    with pytest.raises(RunnerError, match="wrong password"):
        stranger.dag("tiny")
    stranger.close()


@pytest.mark.parametrize("path", ["/api/v2/dags", "/api/v2/config", "/execution/variables/any", "/ui/config"])
def test_nothing_is_told_without_a_login(live, path):
    assert httpx.get(live.airflow.url + path, trust_env=False).status_code in (401, 403)


def test_secrets_are_their_owners_alone(live):
    home = live.airflow.home
    for path in (passwords_file(home), home / "secrets.json", home / "runner.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_secrets(home).password not in (USERNAME, "")


def test_nothing_listens_beyond_loopback(live):
    mark = live.airflow.state.mark
    listening = {
        connection.laddr.ip
        for process in marked(mark)
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_a_second_airflow_of_the_same_home_is_refused(live):
    with pytest.raises(RunnerError, match=r"already runs under .* at http://127.0.0.1:\d+ .*make down"):
        EmbeddedAirflow(live.settings).start()


@pytest.mark.parametrize("part", ["triggerer", "scheduler", "api-server", "dag-processor"])
def test_a_part_that_is_killed_comes_back_and_runs_go_on(live, part):
    killed = live.airflow.kill(part)
    until(f"the {part} to come back", lambda: live.airflow.state.pids.get(part) not in (None, killed))
    assert live.airflow.state.restarts[part] == 1
    until("the API server to answer", lambda: answers(live))
    assert live.run("tiny_good")[1] == "success"


@pytest.mark.parametrize("restarted", [False, True], ids=["as started", "started again"])
def test_a_locked_database_does_not_keep_the_api_server_from_answering(live, restarted):
    """Airflow writes its audit log on the server's event loop, where waiting for SQLite stops everything."""
    if restarted:
        killed = live.airflow.kill("api-server")
        until("the API server to come back", lambda: live.airflow.state.pids.get("api-server") != killed)
        until("the API server to answer", lambda: answers(live))
    run_id, _, _ = live.run("tiny_good")
    log = live.airflow.log_of("api-server")
    before = len(log.read_text())
    database = sqlite3.connect(live.airflow.home / "airflow.db", timeout=30, isolation_level=None)
    with closing(database), ThreadPoolExecutor() as beside:
        database.execute("BEGIN IMMEDIATE")
        note = beside.submit(live.client.note, "tiny_good", run_id, "hello", "said at last")
        until("the note to be refused", lambda: "status_code=500" in log.read_text()[before:], seconds=30)
        assert answers(live)
        assert not note.done()
        database.rollback()
        note.result()
    assert live.client.noted("tiny_good", run_id, "hello") == "said at last"


@pytest.mark.soak  # that none is left by a demo, Ctrl-C and `medallion down` is seen in test_commands.py
def test_a_stopped_airflow_leaves_no_process_and_no_port(tmp_path):
    settings = copy_project(tmp_path)
    with EmbeddedAirflow(settings) as airflow:
        state = airflow.state
        port = httpx.URL(state.url).port
        assert len(marked(state.mark)) > len(state.pids)
        assert not is_free(port)
    assert marked(state.mark) == []
    assert is_free(port)
    with pytest.raises(RunnerError, match="no Airflow was started"):
        _ = airflow.url


def answers(live):
    try:
        return live.client.health()
    except RunnerError:
        return None
