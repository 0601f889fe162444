from datetime import UTC, timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from medallion.airflow_api import AirflowClient
from medallion.metrics import AirflowCollector, exposition, families
from medallion.metrics import airflow as of_airflow
from unit.metrics.conftest import DAY


def samples(collector):
    """What Prometheus reads: name and labels → value."""
    text = exposition([collector]).decode()
    return {
        (one.name, *sorted(one.labels.values())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def seconds(moment):
    return moment.replace(tzinfo=UTC).timestamp()


def test_it_says_what_the_ledger_has(fleet):
    found = samples(fleet.collector)
    took = {name: found.pop(name) for name in list(found) if name[0] == "medallion_last_run_seconds"}
    assert found == {
        ("medallion_clients", "active", "default"): 2,
        ("medallion_clients", "default", "disabled"): 1,
        ("medallion_runs_total", "app"): 1,
        ("medallion_runs_total", "shop"): 2,
        ("medallion_deliveries_total", "shelf", "shop"): 1,
        ("medallion_failed_tries_total", "network", "shop"): 2,
        ("medallion_failed_tries_total", "locked", "shop"): 1,
        ("medallion_extracted_rows_total", "crm", "shop"): 107,
        ("medallion_extracted_rows_total", "sales", "shop"): 20,
        ("medallion_messages_total", "error", "shop"): 1,
        ("medallion_messages_failed_total", "shop"): 1,
        ("medallion_last_run_timestamp_seconds", "app"): seconds(DAY + timedelta(days=1)),
        ("medallion_last_run_timestamp_seconds", "shop"): seconds(DAY + timedelta(days=2)),
        ("medallion_last_delivery_timestamp_seconds", "shop"): seconds(DAY + timedelta(days=1, minutes=5)),
        ("medallion_delivered_until_timestamp_seconds", "shop"): seconds(DAY + timedelta(days=1)),
        ("medallion_score", "shop", "silver"): 0.96,
        ("medallion_threshold", "shop", "silver"): 0.95,
        ("medallion_score", "gold", "shop"): 1.0,
        ("medallion_threshold", "gold", "shop"): 0.95,
        ("medallion_stream_events_total", "shop"): 35,
        ("medallion_stream_waiting_events", "shop"): 5,
        ("medallion_stream_seconds", "shop"): 12,
    }
    assert set(took) == {("medallion_last_run_seconds", "shop")}


def test_an_empty_ledger_has_no_client(tmp_path):
    from unit.metrics.conftest import Fleet

    made = Fleet(f"sqlite:///{tmp_path / 'ledger.db'}")
    made.statuses = {}
    assert samples(made.collector) == {}


def test_the_documents_name_every_family(fleet):
    text = exposition([fleet.collector]).decode()
    named = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    assert {name for name in named if name not in families.__doc__} == set()
    assert len(named) == 16


class Answers:
    """An Airflow's API with a triggerer that is away, and seven tasks in the warehouse's queue."""

    def __init__(self, up=True):
        self.up = up

    def __call__(self, request):
        path = request.url.path
        if not self.up:
            raise httpx.ConnectError("refused", request=request)
        if path == "/auth/token":
            return httpx.Response(201, json={"access_token": "x"})
        if path.endswith("/health"):
            parts = {"scheduler": "healthy", "triggerer": "unhealthy", "dag_processor": "healthy"}
            return httpx.Response(200, json={name: {"status": said} for name, said in parts.items()})
        waits = request.url.params["queue"] == "warehouse" and request.url.params["state"] == "queued"
        return httpx.Response(200, json={"task_instances": [], "total_entries": 7 * waits})

    def client(self):
        return AirflowClient("http://airflow", "medallion", "x", transport=httpx.MockTransport(self))


def test_it_says_which_part_is_away_and_what_waits():
    found = samples(AirflowCollector(Answers().client, ("default", "warehouse")))
    assert found[("medallion_airflow_up",)] == 1
    assert found[("medallion_airflow_part_up", "triggerer")] == 0
    assert found[("medallion_airflow_part_up", "scheduler")] == 1
    assert found[("medallion_tasks", "queued", "warehouse")] == 7
    assert sum(value for name, value in found.items() if name[0] == "medallion_tasks") == 7
    assert {name[0] for name in found} <= set(of_airflow.__doc__.replace("``", " ").replace("{", " ").split())


def test_while_airflow_is_away_it_says_just_that():
    assert samples(AirflowCollector(Answers(up=False).client, ("default",))) == {("medallion_airflow_up",): 0}


@pytest.mark.parametrize("queues", [("default", "default"), ("default",)])
def test_a_queue_is_asked_for_once(queues):
    found = samples(AirflowCollector(Answers().client, queues))
    assert len([name for name in found if name[0] == "medallion_tasks"]) == 4
