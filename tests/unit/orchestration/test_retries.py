"""What the tasks' retry policy decides, and where it tells of it."""

import logging
import os
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import psycopg
import pytest
import requests
from airflow.sdk import RetryAction
from airflow.sdk.exceptions import AirflowNotFoundException

from medallion.clients import client_from_dict
from medallion.exceptions import DataFailed, ExtractError, GateFailed
from medallion.ledger import RunKey, open_ledger, tables
from medallion.orchestration import notes
from medallion.orchestration.callbacks import callbacks
from medallion.orchestration.retries import RetryByClass, backoff_of, begin, first_try

CONFIG = {
    "description": "A shop",
    "schedule_interval": "1d",
    "data_sources": ["sales"],
    "transformations": [],
    "destination": "shelf",
    "retries": 3,
    "business_rules": {"data_retention_days": 3, "quality_threshold": 0.95},
}
KEY = RunKey("client_shop_pipeline", "manual__1")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/registry.db"
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MEDALLION_REGISTRY_URL", url)
    return open_ledger(url)


@pytest.fixture
def told(monkeypatch):
    """Notes by task, as Airflow would keep them."""
    kept = {}
    server = SimpleNamespace(
        noted=lambda _dag, _run, task: kept.get(task, ""),
        note=lambda _dag, _run, task, text: kept.update({task: text}),
        close=lambda: None,
    )
    monkeypatch.setattr(notes, "airflow_client", lambda: server)
    return kept


def context(number=1, *, max_tries=3, retries=3, task_id="extract_sales", **more):
    task = SimpleNamespace(
        task_id=task_id,
        dag_id=KEY.dag_id,
        run_id=KEY.run_id,
        try_number=number,
        max_tries=max_tries,
        task=SimpleNamespace(retries=retries),
        log_url="http://log",
    )
    run = SimpleNamespace(dag_id=KEY.dag_id, run_id=KEY.run_id, run_after=datetime(2026, 1, 16, tzinfo=UTC))
    return {"ti": task, "dag_run": run, "params": {}} | more


def policy(**changed):
    return RetryByClass(backoff_of(client_from_dict("shop", CONFIG | changed)))


def decide(error, number=1, *, to=None, **where):
    found = context(number, **where)
    task = found["ti"]
    return (to or policy()).evaluate(error, task.try_number, task.max_tries, found)


def limited(seconds):
    response = requests.Response()
    response.status_code = 429
    response.headers["Retry-After"] = str(seconds)
    return requests.HTTPError("429 Too Many Requests", response=response)


def test_every_failed_try_is_in_the_ledger_with_class_reason_and_wait(ledger, told):
    assert decide(limited(120)).retry_delay == 2 * MINUTE
    assert decide(ExtractError("shop: sales.orders: no such file"), 2).retry_delay == 10 * MINUTE
    assert decide(DataFailed("hard tests failed: unique_id"), 3).action is RetryAction.FAIL
    columns = ("try_number", "failure", "sign", "reason", "again", "delay")
    assert [tuple(row[name] for name in columns) for row in ledger.rows_of(tables.failed_try, KEY)] == [
        (1, "rate limited", "HTTP 429", "HTTPError: 429 Too Many Requests", 1, 120.0),
        (2, "not delivered", "medallion.ExtractError", "shop: sales.orders: no such file", 1, 600.0),
        (3, "data wrong", "medallion.DataFailed", "hard tests failed: unique_id", 0, None),
    ]


def test_the_task_says_class_and_reason_and_what_to_do(ledger, told):
    found = decide(ExtractError("shop: sales.orders: no such file"))
    assert found.reason == "not delivered: tried again in 5 min. shop: sales.orders: no such file"
    assert told["extract_sales"] == (
        "Medallion, failed tries: **not delivered** (medallion.ExtractError) in try 1 of 4, "
        "tried again in 5 min. shop: sales.orders: no such file"
    )
    assert decide(limited(1), 4).reason.startswith("rate limited: not tried again: no try is left")
    note = told["extract_sales"]
    assert "**rate limited** (HTTP 429) in try 4 of 4, not tried again: no try is left" in note
    assert "What to do: Ask for a higher limit" in note
    assert "| 1 | `not delivered` | shop: sales.orders: no such file |" in note


def test_waits_are_the_clients_and_count_from_where_its_task_was_cleared(ledger, told):
    own = policy(retry_delay="1m", retry_factor=3, max_retry_delay="8m")
    waits = [decide(ValueError("x"), number, to=own).retry_delay for number in (1, 2, 3)]
    assert waits == [MINUTE, 3 * MINUTE, 8 * MINUTE]
    # Cleared after its fourth try: Airflow counts on, and so do the tries that it may have.
    assert decide(ValueError("x"), 5, to=own, max_tries=7).retry_delay == MINUTE
    assert decide(ValueError("x"), 8, to=own, max_tries=7).action is RetryAction.FAIL
    assert decide(limited(86_400), to=own).retry_delay == 8 * MINUTE


def test_a_deadlock_is_tried_again_at_once_and_then_with_waits(ledger, told):
    deadlock = psycopg.errors.DeadlockDetected("deadlock detected")
    assert decide(deadlock).retry_delay == timedelta(0)
    assert decide(deadlock, 2).retry_delay == 10 * MINUTE


def test_what_cannot_heal_fails_though_ledger_and_airflow_are_away(monkeypatch, tmp_path, caplog):
    def missing():
        raise AirflowNotFoundException("there is no connection")

    monkeypatch.setattr(notes, "airflow_client", missing)
    monkeypatch.setenv("MEDALLION_REGISTRY_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    with caplog.at_level(logging.INFO):
        assert decide(GateFailed("silver: NOT passed")).action is RetryAction.FAIL
    assert "gate breached (medallion.GateFailed): silver: NOT passed; not tried again" in caplog.text
    assert "the ledger does not know of this failure" in caplog.text
    begin(context(2))
    assert "the ledger does not know that this try began" in caplog.text


def test_a_policy_that_is_asked_without_a_context_decides_as_well():
    assert policy().evaluate(ValueError("x"), 2, 3).retry_delay == 10 * MINUTE
    assert policy().evaluate(ValueError("x"), 4, 3).action is RetryAction.FAIL


def test_a_try_that_left_no_word_is_written_down_by_the_next_one(ledger, told):
    begin(context(1))
    decide(ValueError("x"), 1)
    assert begin(context(3))  # the second was killed
    assert not begin(context(3))  # a sensor that looks again is still the same try
    rows = ledger.rows_of(tables.failed_try, KEY)
    assert [(row["try_number"], row["failure"], row["again"]) for row in rows] == [
        (1, "unknown", 1),
        (2, "killed", 1),
    ]
    assert rows[0]["began_again_at"] is None  # nobody knows when the second began
    assert rows[1]["began_again_at"] is not None


def test_a_try_whose_ledger_was_away_left_its_word_on_the_task_and_was_not_killed(ledger, told, monkeypatch):
    here = os.environ["MEDALLION_REGISTRY_URL"]
    monkeypatch.setenv("MEDALLION_REGISTRY_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    decide(ValueError("x"), 1)
    monkeypatch.setenv("MEDALLION_REGISTRY_URL", here)
    assert not begin(context(2))  # people have been told by the try itself
    assert begin(context(3))
    rows = ledger.rows_of(tables.failed_try, KEY)
    assert [(row["try_number"], row["failure"]) for row in rows] == [(1, "unknown"), (2, "killed")]
    assert "the ledger was away" in rows[0]["reason"]


def test_tries_before_a_clear_are_another_story(ledger):
    cleared = context(3, max_tries=5)
    assert first_try(cleared["ti"]) == 3
    begin(cleared)
    assert ledger.rows_of(tables.failed_try, KEY) == []


def test_the_last_try_is_known_also_where_no_policy_was_asked(ledger, told):
    tell = callbacks(client_from_dict("shop", CONFIG))["on_failure_callback"]
    decide(ValueError("x"), 4)
    tell(context(4, exception=ValueError("x")))  # known already
    tell(context(4, task_id="start", exception=TimeoutError("no turn in time")))
    tell(context(2, task_id="load_to_shelf", exception="task was killed"))
    found = [
        (row["task_id"], row["try_number"], row["failure"], row["again"])
        for row in ledger.rows_of(tables.failed_try, KEY)
    ]
    assert found == [
        ("extract_sales", 4, "unknown", 0),
        ("start", 4, "timed out", 0),
        ("load_to_shelf", 2, "killed", 0),
    ]
