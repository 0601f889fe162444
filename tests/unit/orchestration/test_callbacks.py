import email
import pickle
import time
from datetime import UTC, date, datetime, timedelta
from email import policy
from types import SimpleNamespace

import pytest
from airflow.sdk import DAG, BaseOperator
from airflow.sdk.exceptions import AirflowFailException
from airflow.serialization.serialized_objects import DagSerialization
from sqlalchemy import select

from medallion.exceptions import BuildFailed, ExtractError, GateFailed, PublishError
from medallion.ledger import NodeRow, RunKey, open_ledger
from medallion.ledger.tables import failed_try, notification, notification_channel
from medallion.ledger.waivers import sign
from medallion.orchestration.callbacks import callbacks
from medallion.orchestration.gates import GateTask
from medallion.orchestration.masking import on_task_instance_running
from medallion.orchestration.messages import failures, plain_failure
from medallion.pipeline import LayerPlan, Node, Plan, Rule
from receivers import receiver
from unit.orchestration.notified import client, context, patient

KEY = RunKey("client_acme_corp_pipeline", "manual__1")
LAYERS = ("bronze", "silver", "gold")
BUILD = SimpleNamespace(retries=2, builder=SimpleNamespace(layer="silver"))


def rule(name):
    said = Rule(name, condition="amount > 0", effect="gate", on_fail="quarantine")
    return Node(f"test.{name}", name, "test", "silver", "validate", "model.a", said, reads="enrich_a")


RULES = [rule("amount_is_positive"), rule("city_is_known")]
MODELS = [
    Node(f"model.p.{layer}_a", f"{layer}_a", "model", layer, "a", f"model.p.{layer}_a") for layer in LAYERS
]
PLAN = Plan(
    client(),
    (),
    (
        LayerPlan("bronze", (MODELS[0],)),
        LayerPlan("silver", (MODELS[1], *RULES)),
        LayerPlan("gold", (MODELS[2],)),
    ),
)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path))
    monkeypatch.delenv("MEDALLION_REGISTRY_URL", raising=False)
    monkeypatch.delenv("AIRFLOW_CONN_SMTP_DEFAULT", raising=False)
    patient(monkeypatch)
    return tmp_path


@pytest.fixture
def ledger(home):
    return open_ledger(f"sqlite:///{home / 'registry.db'}")


@pytest.fixture
def mails(home):
    """The mails in the outbox, oldest first: subject and text."""

    def mails():
        found = sorted((home / "outbox").rglob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        read = [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in found]
        return [(one["Subject"], one.get_body(["plain"]).get_content()) for one in read]

    return mails


def fail(error=None, *, again=False, client=client(), **task):  # noqa: B008  (frozen)
    kind = "on_retry_callback" if again else "on_failure_callback"
    callbacks(client)[kind](context(error, **task))


def succeed(**task):
    callbacks(client())["on_success_callback"](context(**task))


def judge(ledger, layers, task_id, **task):
    """Run a real gate, and what Airflow calls then; return whether it passed."""
    gate = GateTask(task_id=task_id, plan=PLAN, layers=layers)
    found = context(task_id=task_id, task=gate, **task)
    try:
        gate.execute(found)
    except GateFailed as error:
        callbacks(client())["on_failure_callback"](found | {"exception": error})
        return False
    callbacks(client())["on_success_callback"](found)
    return True


def build(ledger, layer, *rows, key=KEY):
    ledger.add_results(key, ledger.start_build(key, layer, 1), rows)


def good(ledger, key=KEY):
    build(ledger, "bronze", NodeRow("model.p.bronze_a", "bronze", "success"), key=key)


def counted(name, failing):
    return NodeRow(f"test.{name}", "silver", "warn", failing=failing, population=100)


# -- failures


def test_a_failed_task_is_told_with_all_that_a_reader_needs(mails, home):
    try:
        raise ExtractError("crm: no file at /data/crm/2026-01-15.csv") from FileNotFoundError(
            2, "no such file"
        )
    except ExtractError as error:
        fail(error, try_number=3)
    ((subject, text),) = mails()
    assert subject == "[medallion] acme_corp failed: extract_crm"
    for fact in (
        "crm: no file at /data/crm/2026-01-15.csv",
        "try       3 of 3",
        "interval  2026-01-15 00:00 to 2026-01-16 00:00 UTC",
        "run       manual__1",
        "log       http://localhost:8080/dags/x",
        "What to do: ",
        "failure   ",
        "Traceback (most recent call last)",
    ):
        assert fact in text


def test_what_is_tried_again_is_told_as_a_warning_with_the_next_try(ledger):
    error, before = ConnectionResetError("reset"), datetime.now(UTC)
    (message,) = failures(ledger, client(), context(error, try_number=2), again=True)
    assert (message.severity, message.failure) == ("warning", "connection lost")
    assert message.headline == "acme_corp will try extract_crm again: try 2 of 3 failed"
    assert abs(message.next_try - before - timedelta(minutes=10)) < timedelta(seconds=5)
    assert "See whether the server runs" in message.advice


def test_tries_of_one_cause_are_told_once_and_the_last_one_again(mails, ledger):
    for number in (1, 2):
        fail(ConnectionResetError(f"reset after {number} s"), again=True, try_number=number)
    fail(ConnectionResetError("reset after 3 s"), try_number=3)
    assert [subject for subject, _ in mails()] == [
        "[medallion] acme_corp will try extract_crm again: try 1 of 3 failed",
        "[medallion] acme_corp failed: extract_crm",
    ]
    with ledger.engine.connect() as connection:
        assert connection.execute(select(notification.c.held)).scalars().all() == [1]
        assert connection.execute(select(failed_try.c.failure)).scalars().all() == ["connection lost"]


def test_two_sources_that_fail_differently_are_two_messages(mails):
    fail(ExtractError("crm: no file"), task_id="extract_crm")
    fail(ExtractError("sales: no file"), task_id="extract_sales")
    assert len(mails()) == 2


def test_a_recovery_is_told_once_and_only_after_a_failure(mails):
    succeed(try_number=1)
    succeed(try_number=2)
    assert mails() == []
    fail(ConnectionResetError("reset"), again=True, try_number=1)
    succeed(try_number=2, task_id="extract_sales")
    for _ in range(2):
        succeed(try_number=2)
    assert [subject for subject, _ in mails()][1:] == ["[medallion] acme_corp recovered: extract_crm"]


def test_a_success_at_the_first_try_does_not_even_open_the_ledger(home):
    succeed(try_number=1)
    assert not (home / "registry.db").exists()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PublishError("rule r breached"), "rule r breached"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (AirflowFailException(), "AirflowFailException"),
        ("told as text", "told as text"),
        (None, "It gave no reason; its log says what happened."),
    ],
)
def test_the_reason_is_written_for_people(error, reason):
    assert plain_failure(client(), context(error), again=False).reason == reason


def test_a_task_ended_from_outside_is_told_of_as_well(mails):
    found = context()
    del found["dag_run"], found["ti"].max_tries, found["ti"].log_url, found["ti"].task
    callbacks(client())["on_failure_callback"](found)
    ((subject, text),) = mails()
    assert subject == "[medallion] acme_corp failed: extract_crm"
    assert "try       2 of 2" in text
    assert "failure   killed" in text


def test_a_killed_try_is_told_by_the_next_one_where_nobody_has(mails):
    begin = callbacks(client())["pre_execute"]
    begin(context(try_number=2))
    begin(context(try_number=2))  # a sensor that looks again
    begin(context(try_number=2, task_id="extract_erp", max_tries=3))  # cleared
    ((subject, text),) = mails()
    assert subject == "[medallion] acme_corp will try extract_crm again: try 1 of 3 failed"
    assert "failure   killed" in text
    fail("task was killed", again=True, try_number=1)  # the DAG processor, after all
    succeed(try_number=2)
    assert [one for one, _ in mails()][1:] == ["[medallion] acme_corp recovered: extract_crm"]


def test_a_killed_try_that_people_know_of_is_not_told_again(mails):
    fail("task was killed", again=True, try_number=1)
    callbacks(client())["pre_execute"](context(try_number=2))
    assert len(mails()) == 1


def test_a_run_without_a_date_names_the_interval_that_it_takes():
    found = context() | {"data_interval_start": None}
    message = plain_failure(client(), found, again=False)
    assert message.interval == "2026-03-01 00:00 to 2026-03-02 00:00 UTC"


def test_a_full_disk_is_critical():
    error = OSError(28, "No space left on device")
    assert plain_failure(client(), context(error), again=False).severity == "critical"
    assert plain_failure(client(), context(error), again=True).severity == "warning"


# -- layers and gates


def test_a_layer_that_fails_in_ten_models_is_one_message_with_ten_rows(mails, ledger):
    failed = [
        NodeRow(f"model.p.clean_{one}", "silver", "error", f"Binder Error: column c{one}\nLINE 3: …")
        for one in range(10)
    ]
    build(ledger, "silver", *failed, *(NodeRow(f"model.p.x{one}", "silver", "skipped") for one in range(4)))
    fail(BuildFailed("10 failed\n  Binder Error: …"), task_id="silver.build", task=BUILD, try_number=3)
    good(ledger)
    assert judge(ledger, ["silver"], "silver.gate") is False
    assert judge(ledger, ["gold"], "gold.gate") is False
    assert judge(ledger, LAYERS, "quality_validation") is False
    ((subject, text),) = mails()
    assert subject == "[medallion] acme_corp failed: silver.build"
    assert text.count("\n- clean_") == 10
    assert "Binder Error: column c7\n    LINE 3" in text
    assert "- 4 more were not reached because of these" in text
    with ledger.engine.connect() as connection:
        assert connection.execute(select(notification.c.held)).scalars().all() == [3]


def test_a_layer_whose_tries_fail_of_different_models_is_told_once_and_at_the_end(mails, ledger):
    for number in (1, 2, 3):
        build(ledger, "silver", NodeRow(f"model.p.clean_{number}", "silver", "error", "IO Error"))
        error = BuildFailed(f"clean_{number} failed, it is number {'abc'[number - 1]}")
        fail(error, again=number < 3, task_id="silver.build", task=BUILD, try_number=number)
    assert [subject for subject, _ in mails()] == [
        "[medallion] acme_corp will try silver.build again: try 1 of 3 failed",
        "[medallion] acme_corp failed: silver.build",
    ]


def test_a_gate_that_is_breached_is_one_message_with_its_rules(mails, ledger):
    good(ledger)
    build(
        ledger,
        "silver",
        NodeRow("model.p.silver_a", "silver", "success"),
        counted("amount_is_positive", 10),
        counted("city_is_known", 30),
    )
    judge(ledger, ["silver"], "silver.gate")
    judge(ledger, ["gold"], "gold.gate")
    judge(ledger, LAYERS, "quality_validation")
    ((subject, text),) = mails()
    assert subject == "[medallion] acme_corp stopped at silver.gate: 2 rules are below their thresholds"
    assert "- amount_is_positive: score 0.90000 < 0.95, 10 of 100 rows" in text
    assert "must hold: amount > 0" in text
    assert "medallion waive acme_corp amount_is_positive" in text


def test_a_gate_is_told_of_where_whatever_came_before_it_was_killed(mails, ledger):
    judge(ledger, ["bronze"], "bronze.gate")
    ((subject, text),) = mails()
    assert subject == "[medallion] acme_corp failed: bronze.gate"
    assert "- bronze_a: no result of this run" in text


def test_a_waiver_is_told_when_it_is_first_used_and_not_in_later_runs(mails, ledger):
    sign(ledger, "acme_corp", "amount_is_positive", until=date(2099, 1, 1), why="a refund <b>", by="ann")
    for run_id in ("manual__1", "manual__2"):
        key = RunKey(KEY.dag_id, run_id)
        rows = (NodeRow("model.p.silver_a", "silver", "success"), counted("amount_is_positive", 10))
        build(ledger, "silver", *rows, counted("city_is_known", 0), key=key)
        assert judge(ledger, ["silver"], "silver.gate", run_id=run_id, try_number=1) is True
    ((subject, text),) = mails()
    assert subject == "[medallion] acme_corp passed silver.gate by a waiver of amount_is_positive"
    assert "waived until 2099-01-01 by ann: a refund <b>" in text
    assert "run       manual__1" in text


def test_a_gate_that_passes_after_a_waiver_recovers(mails, ledger):
    rows = (NodeRow("model.p.silver_a", "silver", "success"), counted("amount_is_positive", 10))
    build(ledger, "silver", *rows, counted("city_is_known", 0))
    judge(ledger, ["silver"], "silver.gate", try_number=1)
    sign(ledger, "acme_corp", "amount_is_positive", until=date(2099, 1, 1), why="refund", by="ann")
    judge(ledger, ["silver"], "silver.gate", try_number=2)
    assert [subject.partition("acme_corp ")[2].split()[0] for subject, _ in mails()] == [
        "stopped",
        "recovered:",
        "passed",
    ]


# -- what must not happen


def test_an_outbox_that_cannot_be_written_does_not_raise(home, caplog):
    (home / "outbox").write_text("in the way", encoding="utf-8")
    fail(ValueError("x"))
    assert "email could not be told of [medallion] acme_corp failed: extract_crm" in caplog.text


def test_a_ledger_that_is_away_does_not_raise_and_it_is_told(mails, monkeypatch, home):
    (home / "file").touch()
    monkeypatch.setenv("MEDALLION_REGISTRY_URL", f"sqlite:///{home / 'file' / 'registry.db'}")
    before = time.monotonic()
    fail(ValueError("x"), task_id="silver.build", task=BUILD)
    assert time.monotonic() - before < 10
    assert [subject for subject, _ in mails()] == ["[medallion] acme_corp failed: silver.build"]


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")
def test_secrets_are_in_no_mail_no_log_no_channel_and_no_ledger(home, ledger, monkeypatch, caplog):
    named = client(notifications=[{"to": "webhook", "env": "ACME_HOOK"}])
    with receiver(500) as one:
        planted = {
            "AIRFLOW_CONN_ACME_DB": "postgresql://u:planted%2Fdb@127.0.0.1/d",
            "ACME_HOOK": f"http://127.0.0.1:{one.port}/plantedA1/plantedB2",
            "MEDALLION_FERNET_KEY": "planted-fernet",
        }
        for name, value in planted.items():
            monkeypatch.setenv(name, value)
        said = f"no login: {planted} planted/db"
        build(ledger, "silver", NodeRow("model.p.a", "silver", "error", said))
        fail(BuildFailed(said), client=named, task_id="silver.build", task=BUILD)
    (mail,) = (home / "outbox").rglob("*.eml")
    with ledger.engine.connect() as connection:
        rows = [
            str(row)
            for table in (notification, notification_channel)
            for row in connection.execute(select(table))
        ]
    ((_, _, sent),) = one.asked
    seen = [mail.read_text(), caplog.text, str(sent), *rows]
    assert not any("planted" in text for text in seen)
    assert "***" in seen[0]
    assert "***" in seen[2]
    assert "500" in rows[-1]


def test_a_tasks_log_hides_what_a_client_names_before_it_says_a_word(monkeypatch):
    from airflow.sdk._shared.secrets_masker import redact

    monkeypatch.setenv("ACME_HOOK", "https://hooks.example.com/hooks/planted-in-a-path")
    named = Plan(client(notifications=[{"to": "webhook", "env": "ACME_HOOK"}]), (), ())
    task = GateTask(task_id="gate", plan=named, layers=[])
    on_task_instance_running("queued", SimpleNamespace(task=task))
    assert redact("url: /hooks/planted-in-a-path") == "url: /hooks/***"


# -- what Airflow sees of it


def test_callbacks_can_be_sent_to_another_process():
    for callback in callbacks(client()).values():
        assert pickle.loads(pickle.dumps(callback)) == callback  # noqa: S301


def test_the_dag_keeps_that_it_tells_and_nothing_else_of_it():
    with DAG("d", default_args=callbacks(client())) as dag:
        BaseOperator(task_id="t")
    text = DagSerialization.to_json(dag)
    for kind in ("failure", "retry", "success"):
        assert f'"has_on_{kind}_callback": true' in text
    for secret in ("acme@example.com", "Failed", "Succeeded", "0x"):
        assert secret not in text
