"""Backfills on a live Airflow: what they run, in which order, beside what, and what they leave alone."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from live_airflow import Live, until
from rich.console import Console
from shop import DAY

from medallion.clients import load_catalog
from medallion.embedded.backfill import resume_backfill, start_backfill, stop_backfill
from medallion.exceptions import ConfigError
from medallion.ledger import RunKey, tables
from medallion.pipeline import dag_id_of
from medallion.pipeline.backfill import Again, read_backfill

pytestmark = pytest.mark.live

NAME = "holes"  # one order in ten is bad, which its gate does not let pass
GOOD = (5, 7, 9, 3)
DAG_ID = dag_id_of(NAME)


@pytest.fixture(scope="module")
def live(shop, airflow):
    return Live(shop.settings, airflow)


def client_of(shop):
    return load_catalog(shop.settings.configs).clients[NAME]


def fill(shop, first, last, **how):
    """Backfill some days of January; returns what became of it, and what was printed."""
    days = date(2026, 1, first), date(2026, 1, last)
    order = read_backfill(client_of(shop), *days, datetime.now(UTC), conf={"reason": "a test"}, **how)
    told = io.StringIO()
    return start_backfill(shop.settings, order, Console(file=told, width=200)), told.getvalue()


def days_of(progress):
    return [(run.start.day, run.state) for run in progress.runs]


@pytest.mark.soak
def test_holes_are_filled_failures_repaired_and_nothing_is_run_twice(shop, live):
    failed, _ = fill(shop, 13, 13)
    assert days_of(failed) == [(13, "failed")]
    (reason,) = failed.failures.values()
    assert reason.scores["silver"].breaches == ("amount_is_positive",)

    # The shop's files come whole: until the newest is repaired, an older day is judged by its rows.
    shop.sell(NAME, GOOD)
    repaired, told = fill(shop, 13, 13, again=Again.FAILED)
    assert "runs 1 interval that never ran or failed, oldest first\n  2026-01-13\n" in told
    assert (days_of(repaired), repaired.succeeded) == ([(13, "success")], True)
    assert repaired.runs[0].run_id == failed.runs[0].run_id

    filled, told = fill(shop, 12, 13)
    assert "runs 1 interval that never ran, oldest first\n  2026-01-12\n" in told
    assert days_of(filled) == [(12, "success")]

    assert fill(shop, 12, 13) == (
        None,
        f"{NAME}: no interval from 2026-01-12 to 2026-01-13 that never ran: nothing to do\n",
    )
    assert live.client.backfills(DAG_ID)[-1]["completed_at"]
    for run in (*filled.runs, *repaired.runs):
        states = {name: task["state"] for name, task in live.client.tasks(DAG_ID, run.run_id).items()}
        assert (states["cleanup_old_data"], states["end"]) == ("skipped", "success")
        key = RunKey(DAG_ID, run.run_id)
        assert [row["partitions"] for row in shop.ledger.rows_of(tables.cleanup, key)] == [0]
        assert len(shop.ledger.rows_of(tables.delivery, key)) == 1


def test_a_stopped_backfill_is_gone_on_with_and_no_other_run_meets_it(shop, live):
    shop.sell(NAME, GOOD)
    shop.switch(NAME, "wait")
    with ThreadPoolExecutor(1) as threads:
        following = threads.submit(fill, shop, 15, 16, backwards=True)
        try:
            until("a build", lambda: shop.builder(NAME) or following.done(), 60)
            beside = live.trigger(DAG_ID, DAY)
            start = until("its start", lambda: _waiting(live, beside), 60)
            # Airflow names a run by its interval's end.
            assert "waits for backfill__2026-01-17" in live.log(DAG_ID, beside, "start", start["try_number"])
            with pytest.raises(ConfigError, match="has a backfill already, 2026-01-15 to 2026-01-16"):
                fill(shop, 17, 17)
            assert stop_backfill(shop.settings, NAME) == "2026-01-15 to 2026-01-16"
        finally:
            shop.go_on(NAME)
        stopped, told = following.result(timeout=120)
    assert (stopped.done, days_of(stopped)) == (False, [(15, "queued"), (16, "success")])
    assert "2026-01-16 success" in told
    assert live.wait(DAG_ID, beside)[0] == "success"
    builds = live.client.tasks(DAG_ID, beside)["bronze.build"]
    assert builds["start_date"] > live.client.run(DAG_ID, stopped.runs[1].run_id)["end_date"]

    resumed = resume_backfill(shop.settings, client_of(shop), Console(file=io.StringIO()))
    assert (resumed.succeeded, days_of(resumed)) == (True, [(15, "success"), (16, "success")])


def _waiting(live, run_id):
    task = live.client.tasks(DAG_ID, run_id).get("start")
    return task if task and task["state"] == "up_for_reschedule" else None
