import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineReference
from airflow.triggers.callback import accepts_context
from sqlalchemy import select, update

from medallion.clients import Client
from medallion.ledger import NodeRow, RunKey, open_ledger, tables
from medallion.ledger.pace import Stage
from medallion.notifications import RunLate, render
from medallion.orchestration import late, told
from medallion.orchestration.callbacks import callbacks
from medallion.orchestration.deadline import deadline_of, tell_late_run
from medallion.orchestration.gates import record_verdicts
from medallion.orchestration.late import late_run, slowest, still_delivers
from unit.orchestration.notified import client, context, patient

DAG, LOAD = "client_acme_corp_pipeline", "load_to_data_warehouse"
SLA = client(sla={"run": "90m", "layers": {"bronze": "20m"}})
AT = datetime(2026, 1, 15, 12)


def run(run_type="scheduled", **changed):
    facts = {
        "dag_id": DAG,
        "dag_run_id": "scheduled__1",
        "run_type": run_type,
        "queued_at": f"{datetime.now(UTC) - timedelta(minutes=95):%Y-%m-%dT%H:%M:%S.%fZ}",
        "data_interval_start": "2026-01-15T00:00:00Z",
        "data_interval_end": "2026-01-16T00:00:00Z",
    }
    return facts | changed


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path))
    monkeypatch.delenv("MEDALLION_REGISTRY_URL", raising=False)
    monkeypatch.delenv("AIRFLOW_CONN_SMTP_DEFAULT", raising=False)
    patient(monkeypatch)
    return open_ledger(f"sqlite:///{tmp_path / 'registry.db'}")


@pytest.fixture
def mails(tmp_path):
    return lambda: sorted(path.name for path in (tmp_path / "outbox").rglob("*.eml"))


def subjects(ledger):
    with ledger.engine.connect() as connection:
        return list(connection.execute(select(tables.notification.c.subject)).scalars())


def begin(ledger, key, minutes_ago=95, **values):
    facts = {"client_id": "acme_corp", "config_version": "x", "interval_start": AT, "interval_end": AT}
    ledger.start_run(key, **facts, **values)
    build_id = ledger.start_build(key, "bronze", 1)
    ago = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=minutes_ago)
    with ledger.engine.begin() as connection:
        for table in (tables.run, tables.build):
            connection.execute(update(table).where(table.c.run_id == key.run_id).values(started_at=ago))
    ledger.add_results(key, build_id, [NodeRow("model.a", "bronze", "success")])


# -- the deadline


def test_a_client_with_an_sla_has_a_deadline_from_when_its_runs_are_queued():
    deadline = deadline_of(SLA)
    assert deadline.reference == DeadlineReference.DAGRUN_QUEUED_AT
    assert deadline.interval == timedelta(minutes=90)
    assert isinstance(deadline.callback, AsyncCallback)
    assert accepts_context(tell_late_run)
    assert Client.model_validate(deadline.callback.kwargs["client"]) == SLA
    assert deadline_of(client()) is None
    assert deadline_of(client(sla={"layers": {"gold": "1h"}})) is None


# -- a run


@pytest.mark.parametrize(
    ("states", "so"),
    [
        ({LOAD: None, "silver.build": "running"}, True),
        ({LOAD: "running"}, True),
        ({LOAD: None, "silver.build": "up_for_retry"}, True),
        ({}, True),
        ({LOAD: "success", "cleanup_old_data": "running"}, False),
        ({LOAD: "skipped"}, False),
        ({LOAD: "upstream_failed"}, False),
        ({LOAD: None, "silver.gate": "failed"}, False),
    ],
)
def test_a_run_is_late_until_it_has_delivered_or_failed(states, so):
    assert still_delivers(states, LOAD) is so


def told_of(states, monkeypatch, count=1, **changed):
    asked = []

    def get_dr_count(**by):
        asked.append(by)
        return count

    airflow = SimpleNamespace(
        get_dr_count=get_dr_count, get_task_states=lambda **by: {by["run_ids"][0]: states}
    )
    monkeypatch.setattr(late, "RuntimeTaskInstance", airflow)
    plain = SLA.model_dump(mode="json", exclude_defaults=True)
    return asyncio.run(tell_late_run(client=plain, context={"dag_run": run(**changed)}))


def test_a_late_run_is_told_once(ledger, mails, monkeypatch):
    for _ in range(2):
        assert told_of({LOAD: None}, monkeypatch).startswith("told: acme_corp is late: queued 1h35m")
    assert len(mails()) == 1
    (subject,) = subjects(ledger)
    assert subject.startswith("[medallion] acme_corp is late: queued 1h35m")


@pytest.mark.parametrize(
    "quiet",
    [
        {"run_type": "backfill"},
        {"count": 0},
        {"states": {"bronze.gate": "failed", LOAD: "upstream_failed"}},
        {"states": {LOAD: "success"}},
    ],
    ids=["backfilled", "ended", "failed", "delivered"],
)
def test_nobody_is_told_of_a_run_that_is_not_late(ledger, mails, monkeypatch, quiet):
    states = quiet.pop("states", {LOAD: None})
    assert told_of(states, monkeypatch, **quiet).startswith("nobody was told")
    assert (mails(), subjects(ledger)) == ([], [])


def test_airflow_that_is_away_for_a_moment_is_asked_again(ledger, mails, monkeypatch):
    answers = [ConnectionError("away"), 1]

    def get_dr_count(**by):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    airflow = SimpleNamespace(get_dr_count=get_dr_count, get_task_states=lambda **_: {})
    monkeypatch.setattr(late, "RuntimeTaskInstance", airflow)
    plain = SLA.model_dump(mode="json", exclude_defaults=True)
    assert asyncio.run(tell_late_run(plain, {"dag_run": run()})).startswith("told")
    assert len(mails()) == 1


def test_it_says_how_late_and_which_layer_is_slow(ledger):
    before = RunKey(DAG, "before")
    begin(ledger, before, minutes_ago=5)
    record_gate(ledger, before, passed=True)
    ledger.record(tables.delivery, before, [{"destination": "x", "path": "x", "tables": {}}])
    begin(ledger, RunKey(DAG, "scheduled__1"))
    message = late_run(ledger, SLA, run())
    assert isinstance(message, RunLate)
    assert message.headline.endswith(", bronze is slow")
    assert (message.severity, message.task_id, message.cause) == ("error", LOAD, "late:run")
    text = render(message).text
    for fact in (
        "should have delivered within 1h30m; that is over by 5m",
        "- bronze: going on for 1h35m",
        "    usually 5m",
        "- silver: not begun",
        "interval  2026-01-15 00:00 to 2026-01-16 00:00 UTC",
    ):
        assert fact in text
    assert "waits for its turn, or" not in text


def test_a_run_that_has_not_begun_says_so(ledger):
    message = late_run(ledger, SLA, run())
    assert "It has not begun: it waits for its turn, or for a worker." in message.reason
    assert [row.state for row in message.rows] == ["not begun"] * 4
    assert message.slow == ""


@pytest.mark.parametrize(
    ("minutes", "usual", "slow"),
    [
        ({"bronze": 10, "silver": 50}, {"bronze": 2, "silver": 20}, "silver"),
        ({"bronze": 10, "silver": 50}, {"bronze": 2}, "bronze"),
        ({"bronze": 10, "silver": 25}, {"bronze": 10, "silver": 20}, ""),
        ({"bronze": 10}, {}, ""),
    ],
)
def test_the_slow_stage_is_the_one_that_costs_most_beyond_its_usual_time(minutes, usual, slow):
    stages = [Stage(name, AT, AT + timedelta(minutes=many)) for name, many in minutes.items()]
    assert slowest(stages, {name: many * 60 for name, many in usual.items()}, AT) == slow


# -- a layer


def record_gate(ledger, key, passed, layer="bronze"):
    detail = SimpleNamespace(
        layer=layer, passed=passed, score=None, threshold=0.9, detail=lambda: {"rules": []}
    )
    record_verdicts(ledger, key, f"{layer}.gate", [detail])


def end_gate(*, minutes, with_sla=SLA, run_type="scheduled", ledger, layers=("bronze",), **task):
    key = RunKey(DAG, f"{run_type}__1")
    begin(ledger, key, minutes_ago=minutes)
    record_gate(ledger, key, passed=True)
    facts = {"task_id": "bronze.gate", "try_number": 1, "run_id": key.run_id} | task
    found = context(**facts, task=SimpleNamespace(layers=list(layers), retries=0))
    found["dag_run"].run_type = run_type
    callbacks(with_sla)["on_success_callback"](found)


def test_a_layer_that_took_too_long_is_told_at_its_gate_and_once(ledger, mails):
    for _ in range(2):
        end_gate(minutes=31, ledger=ledger)
    (subject,) = subjects(ledger)
    assert subject.startswith("[medallion] acme_corp is slow: bronze took 11m")
    assert len(mails()) == 1


@pytest.mark.parametrize(
    "quiet",
    [
        {"minutes": 19},
        {"minutes": 31, "run_type": "backfill"},
        {"minutes": 31, "try_number": 2},
        {"minutes": 31, "with_sla": client(sla={"layers": {"silver": "1m"}})},
        {"minutes": 31, "layers": ("bronze", "silver", "gold")},
    ],
    ids=["in time", "backfilled", "cleared", "no time for it", "quality_validation"],
)
def test_a_layer_in_time_or_that_nobody_waits_for_is_not_told(ledger, mails, quiet):
    end_gate(ledger=ledger, **quiet)
    assert mails() == []


def test_a_late_run_that_delivers_is_told_to_have_recovered(ledger, mails, monkeypatch):
    told_of({LOAD: None}, monkeypatch)
    facts = {"task_id": LOAD, "try_number": 1, "run_id": "scheduled__1"}
    for _ in range(2):
        callbacks(SLA)["on_success_callback"](context(**facts, task=SimpleNamespace(retries=0)))
    assert len(mails()) == 2
    assert [one.removeprefix("[medallion] ").split(":")[0] for one in subjects(ledger)] == [
        "acme_corp is late",
        "acme_corp recovered",
    ]


def test_a_delivery_without_an_sla_asks_nothing(ledger, mails, monkeypatch):
    monkeypatch.setattr(told, "tell_success", lambda *_, **__: pytest.fail("it was asked"))
    callbacks(client())["on_success_callback"](context(task_id=LOAD, try_number=1))
