"""What the factory's task tells of a round: in metrics, on the task, to people."""

from datetime import timedelta
from functools import partial
from types import SimpleNamespace

import httpx
import pytest
from airflow.sdk.exceptions import AirflowFailException

from medallion.airflow_api import AirflowClient
from medallion.factory import Line, Report
from medallion.factory import report as say
from medallion.ledger import open_ledger
from medallion.notifications import RecordingChannel, Route, Teller
from medallion.orchestration import factory
from medallion.orchestration.factory import FactoryTask, factory_dag


def _report(*lines):
    return Report.of("default", "v1", [Line(*line) for line in lines])


@pytest.fixture
def gauges(monkeypatch):
    found = {}
    monkeypatch.setattr(factory.stats, "gauge", found.__setitem__)
    return found


def test_each_word_has_a_gauge_that_goes_back_to_zero(gauges):
    task = FactoryTask(task_id="go_round", platform="default")
    task._tell(_report(("shop", say.INVALID, "a typo"), ("small", say.UNCHANGED)))
    assert gauges["medallion.factory.default.invalid"] == 1
    task._tell(_report(("shop", say.UPDATED), ("small", say.UNCHANGED)))
    assert gauges == {f"medallion.factory.default.{word}": 0 for word in say.WORDS} | {
        "medallion.factory.default.updated": 1,
        "medallion.factory.default.unchanged": 1,
    }


def test_a_note_that_airflow_refuses_keeps_nobody_from_being_told(gauges, monkeypatch, tmp_path):
    def refuses(request):
        return httpx.Response(201 if request.url.path == "/auth/token" else 500, json={"access_token": "t"})

    people = RecordingChannel()
    airflow = AirflowClient("http://airflow", "admin", "x", httpx.MockTransport(refuses))
    report = _report(("shop", say.INVALID, "a typo"))
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path))
    monkeypatch.delenv("MEDALLION_REGISTRY_URL", raising=False)
    monkeypatch.setattr(factory, "airflow_client", lambda: airflow)
    monkeypatch.setattr(factory, "go_round", lambda *_, **__: report)
    monkeypatch.setattr(factory, "teller_of", lambda *_: Teller((Route(people),), ledger, str))
    ledger = partial(open_ledger, f"sqlite:///{tmp_path / 'ledger.db'}")
    run = SimpleNamespace(dag_id="medallion_factory", run_id="manual__1", triggering_user_name="ann")
    context = {"dag_run": run, "ti": SimpleNamespace(task_id="go_round"), "params": {"action": "sync"}}
    task = FactoryTask(task_id="go_round", platform="default")
    with pytest.raises(AirflowFailException, match="shop: invalid, a typo"):
        task.execute(context)
    assert gauges["medallion.factory.default.invalid"] == 1
    assert [letter.message.headline for letter in people.letters] == ["default: shop needs a look"]


def test_a_factory_goes_round_by_itself_one_round_at_a_time():
    dag = factory_dag("default")
    assert (dag.dag_id, dag.schedule, dag.max_active_runs) == ("medallion_factory", timedelta(minutes=5), 1)
    assert (dag.is_paused_upon_creation, dag.catchup) == (False, False)
    assert factory_dag("west").dag_id == "west__medallion_factory"
