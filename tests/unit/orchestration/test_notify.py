import pickle
from datetime import UTC, datetime
from email import message_from_bytes, policy
from types import SimpleNamespace

import pytest
from airflow.sdk import DAG, BaseOperator
from airflow.sdk.exceptions import AirflowFailException
from airflow.serialization.serialized_objects import DagSerialization

from medallion.clients import client_from_dict
from medallion.exceptions import PublishError
from medallion.orchestration.notify import on_failure

CONFIG = {
    "description": "ACME",
    "schedule_interval": "1d",
    "data_sources": ["crm"],
    "transformations": [],
    "destination": "data_warehouse",
    "notification_email": "acme@example.com",
    "business_rules": {"data_retention_days": 30, "quality_threshold": 0.95},
}


def client(**changed):
    return client_from_dict("acme_corp", CONFIG | changed)


def context(error=None, **task):
    facts = {
        "dag_id": "client_acme_corp_pipeline",
        "run_id": "manual__1",
        "task_id": "silver.gate",
        "try_number": 2,
        "max_tries": 2,
        "log_url": "http://localhost:8080/dags/x",
    }
    found = {
        "ti": SimpleNamespace(**facts | task),
        "dag_run": SimpleNamespace(run_after=datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
        "data_interval_start": datetime(2026, 1, 15, tzinfo=UTC),
        "data_interval_end": datetime(2026, 1, 16, tzinfo=UTC),
    }
    return found | ({"exception": error} if error is not None else {})


@pytest.fixture
def outbox(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path))
    return tmp_path / "outbox"


def test_a_failed_task_ends_up_in_the_outbox(outbox):
    on_failure(client())(context(AirflowFailException("silver: NOT passed")))
    mail = message_from_bytes((outbox / "acme_corp" / "manual__1.eml").read_bytes(), policy=policy.default)
    assert mail["To"] == "acme@example.com"
    assert mail["Subject"] == "[medallion] acme_corp failed: silver.gate"
    said = mail.get_content()
    for fact in ("\nsilver: NOT passed\n", "2 of 3", "2026-01-15 00:00 to 2026-01-16 00:00 UTC", "/dags/x"):
        assert fact in said


def test_who_has_no_address_is_told_of_in_the_outbox_alone(outbox):
    on_failure(client(notification_email=None))(context(ValueError("x")))
    assert b"\nTo:" not in (outbox / "acme_corp" / "manual__1.eml").read_bytes()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PublishError("rule r breached"), "\nrule r breached\n"),
        (ZeroDivisionError("division by zero"), "\nZeroDivisionError: division by zero\n"),
        (AirflowFailException(), "\nAirflowFailException\n"),
        ("told as text", "\ntold as text\n"),
        (None, "\nIt gave no reason; its log says what happened.\n"),
    ],
)
def test_the_reason_is_written_for_people(error, reason):
    assert reason in on_failure(client()).event(context(error)).text


def test_a_task_ended_from_outside_is_told_of_as_well():
    found = context()
    del found["dag_run"], found["ti"].max_tries
    event = on_failure(client()).event(found)
    assert "interval  unknown" in event.text
    assert "2 of 2" in event.text


def test_a_run_without_a_date_names_the_interval_that_it_takes():
    event = on_failure(client()).event(context() | {"data_interval_start": None})
    assert "2026-03-01 00:00 to 2026-03-02 00:00 UTC" in event.text


def test_an_outbox_that_cannot_be_written_does_not_raise(outbox, caplog):
    outbox.write_text("in the way", encoding="utf-8")
    on_failure(client())(context(ValueError("x")))
    assert "Outbox could not tell of" in caplog.text


def test_it_can_be_sent_to_another_process():
    callback = on_failure(client())
    assert pickle.loads(pickle.dumps(callback)) == callback  # noqa: S301


def test_the_dag_keeps_that_it_tells_and_nothing_else_of_it():
    with DAG("d", default_args={"on_failure_callback": on_failure(client())}) as dag:
        BaseOperator(task_id="t")
    text = DagSerialization.to_json(dag)
    assert '"has_on_failure_callback": true' in text
    for secret in ("acme@example.com", "FailureCallback", "0x"):
        assert secret not in text
