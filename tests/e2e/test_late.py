"""What is not there in time, on a live Airflow: a late run, and a run that nobody made."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from live_airflow import until
from shop import DAY

from medallion.airflow_api import RUN_ENDED
from medallion.airflow_api.backfills import create_backfill
from medallion.doctor.starts import starts
from medallion.ledger import RunKey
from medallion.pipeline import dag_id_of

pytestmark = pytest.mark.live


def ended(airflow, dag_id, run_id):
    """Wait for a run's end; returns its state."""

    def look():
        state = airflow.client.run(dag_id, run_id)["state"]
        return state if state in RUN_ENDED else None

    return until(f"{run_id} of {dag_id} to end", look, 300)


def test_a_run_that_is_late_is_told_once_and_again_when_it_delivers(shop, airflow):
    dag_id = dag_id_of("late")
    shop.switch("late", "wait")
    run_id = airflow.client.trigger(dag_id, DAY)
    late = until("the run to be told late", lambda: [one for one in shop.told("late") if "is late" in one])
    assert late[0].startswith("is late: queued ")
    shop.go_on("late")
    assert ended(airflow, dag_id, run_id) == "success"
    told = until("it to be told to have delivered", lambda: (said := shop.told("late"))[2:] and said, 60)
    # A busy machine is late before bronze is through.
    assert sorted(one.split(":")[0] for one in told) == ["is late", "is slow", "recovered"]
    assert told[-1] == "recovered: load_to_data_warehouse"


def test_a_backfilled_run_is_never_late(shop, airflow):
    dag_id = dag_id_of("late")
    before = len(shop.told("late"))
    shop.switch("late", "wait")
    day = "2026-01-10T00:00:00Z"
    wanted = {"from_date": day, "to_date": day, "run_backwards": False, "dag_run_conf": {}}
    wanted |= {"dag_id": dag_id, "reprocess_behavior": "completed", "max_active_runs": 1}
    create_backfill(airflow.client, wanted)
    (run,) = until("the backfill's run", lambda: airflow.client.runs(dag_id, run_type="backfill"))
    until("the build to wait", lambda: shop.builder("late"))
    output = until("the deadline to have passed", lambda: answered(airflow, "a backfilled run is never late"))
    assert output
    shop.go_on("late")
    assert ended(airflow, dag_id, run["dag_run_id"]) == "success"
    assert len(shop.told("late")) == before


def answered(airflow, said):
    """Whether a deadline's callback has said so; Airflow keeps what it returned."""
    with sqlite3.connect(f"file:{airflow.home / 'airflow.db'}?mode=ro", uri=True, timeout=30) as database:
        found = database.execute("select output from callback where output is not null").fetchall()
    return [output for (output,) in found if said in output]


def test_a_paused_client_is_found_never_started_and_told_once(shop, airflow):
    dag_id = dag_id_of("idle")
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    first = today - timedelta(days=3)
    values = {"client_id": "idle", "config_version": "x", "interval_start": first}
    values |= {"interval_end": first + timedelta(days=1)}
    shop.ledger.start_run(RunKey(dag_id, f"scheduled__{first:%Y%m%d}"), **values)
    airflow.client.pause(dag_id)
    until("the watch", lambda: airflow.client.dag("medallion_watch"))
    for _ in range(2):
        look = airflow.client.trigger("medallion_watch")
        assert ended(airflow, "medallion_watch", look) == "success"
    assert shop.told("idle") == ["did not start: its DAG is paused"]
    noted = airflow.client.noted("medallion_watch", look, "look")
    assert "`idle`" in noted
    assert "its DAG is paused" in noted
    found = [one for one in starts(shop.settings, shop.ledger) if one.said.startswith("idle: ")]
    assert [(one.level, one.said.rpartition(": ")[2]) for one in found] == [("bad", "its DAG is paused")]
    assert f"let {dag_id} go on" in found[0].todo
    airflow.client.pause(dag_id, False)
