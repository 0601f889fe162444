"""Secrets planted everywhere a failure may repeat them from: nothing that is kept or sent has one."""

import email
import logging
from datetime import UTC, datetime
from email import policy as mail_policy
from types import SimpleNamespace
from urllib.parse import quote, quote_plus

import pytest

from medallion.connections import url_of
from medallion.exceptions import BuildFailed, ExtractError, TransformError
from medallion.interval import Interval
from medallion.ledger import NodeRow, RunKey, open_ledger
from medallion.ledger.told import end_telling, note
from medallion.orchestration import notes
from medallion.orchestration.callbacks import callbacks
from medallion.orchestration.layer_build import not_built
from medallion.orchestration.retries import RetryByClass, backoff_of
from medallion.pipeline import Asked, Extract, LayerPlan, Node, Plan
from medallion.reports import write_run_report
from medallion.severity import Severity
from small_shop import small_shop

CLIENT = small_shop(notification_email="shop@example.com")
NODE = Node("model.medallion.sales", "sales", "model", "bronze", "sales", "model.medallion.sales")
LAYERS = (LayerPlan("bronze", (NODE,)), LayerPlan("silver", ()), LayerPlan("gold", ()))
PLAN = Plan(CLIENT, (Extract("sales", None),), LAYERS)
KEY = RunKey("client_shop_pipeline", "manual__1")
DAY = Interval(datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC))

#: What a failure says, and the secret in it.
PLANTED = {
    "a connection's password": ("login of user failed: conn/pass+7f3a", "conn/pass+7f3a"),
    "as a URL writes it": (f"at /x?p={quote('conn/pass+7f3a', safe='')}", quote("conn/pass+7f3a", safe="")),
    "a token of the environment": ("the token env-token-91bc is expired", "env-token-91bc"),
    "a password of the environment": ("pwd env-pass-55d0", "env-pass-55d0"),
    "what was looked up": ("FATAL: looked-up-0c4e", "looked-up-0c4e"),
    "a URL's unknown password": ("no answer of postgresql://me:unknown-4d1a@db:5432/x", "unknown-4d1a"),
    "a URL's unknown key": ("GET https://api.example/v1?page=1&api_key=unknown-77e2", "unknown-77e2"),
    "a driver's login": ("Driver=x;UID=sa;PWD={unknown-3b9c};Encrypt=no", "unknown-3b9c"),
    "a header": ("sent Authorization: Bearer unknown-token-6a6f", "unknown-token-6a6f"),
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path))
    monkeypatch.delenv("MEDALLION_REGISTRY_URL", raising=False)
    monkeypatch.delenv("AIRFLOW_CONN_SMTP_DEFAULT", raising=False)
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", f"postgresql://me:{quote_plus('conn/pass+7f3a')}@db/x")
    monkeypatch.setenv("SHOP_TOKEN", "env-token-91bc")
    monkeypatch.setenv("MEDALLION_SQLSERVER_PASSWORD", "env-pass-55d0")
    url_of("other", None, lambda _: "mssql://sa:looked-up-0c4e@db/x")
    return tmp_path


@pytest.fixture
def noted(monkeypatch):
    """Notes as Airflow would keep them."""
    kept = []
    server = SimpleNamespace(
        noted=lambda _dag, _run, _task: "",
        note=lambda _dag, _run, _task, text: kept.append(text),
        close=lambda: None,
    )
    monkeypatch.setattr(notes, "airflow_client", lambda: server)
    return kept


def failed(said):
    """A failure, raised from one that says the same."""
    try:
        try:
            raise ConnectionError(said)
        except ConnectionError as error:
            raise ExtractError(f"shop: sales.orders: {said}") from error
    except ExtractError as error:
        return error


def context(error):
    task = SimpleNamespace(
        dag_id=KEY.dag_id,
        run_id=KEY.run_id,
        task_id="extract_sales",
        try_number=1,
        max_tries=2,
        task=SimpleNamespace(retries=2),
        log_url="http://log",
    )
    run = SimpleNamespace(dag_id=KEY.dag_id, run_id=KEY.run_id, run_after=DAY.end)
    return {
        "ti": task,
        "dag_run": run,
        "params": {},
        "exception": error,
        "data_interval_start": DAY.start,
        "data_interval_end": DAY.end,
    }


def readable(path):
    """A file's bytes, and of a mail its decoded parts."""
    content = path.read_bytes()
    if path.suffix != ".eml":
        return content
    parts = email.message_from_bytes(content, policy=mail_policy.default).walk()
    return content + b"".join(part.get_payload(decode=True) or b"" for part in parts)


@pytest.mark.parametrize("planted", PLANTED)
def test_no_planted_secret_is_kept_or_told(planted, home, noted, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    said, secret = PLANTED[planted]
    ledger, error = open_ledger(f"sqlite:///{home / 'registry.db'}"), failed(said)
    facts = {"client_id": "shop", "config_version": "x", "reason": said}
    ledger.start_run(KEY, interval_start=datetime(2026, 1, 15), interval_end=datetime(2026, 1, 16), **facts)
    decision = RetryByClass(backoff_of(CLIENT)).evaluate(error, 1, 2, context(error))
    build = ledger.start_build(KEY, "bronze", 1)
    row = NodeRow(NODE.unique_id, "bronze", "error", said, log=f"12:00 {said}")
    ledger.add_results(KEY, build, [row, *not_built([NODE], set(), error)])
    ledger.end_build(build, "failed", str(error))
    told, _ = note(
        ledger, KEY, client_id="shop", cause="c", kind="k", severity=Severity.ERROR, task_id="t", subject=said
    )
    end_telling(ledger, told.id, "slack", said)
    callbacks(CLIENT)["on_retry_callback"](context(error))
    callbacks(CLIENT)["on_failure_callback"](
        context(BuildFailed(f"sales failed\n  {said}", [TransformError(said)]))
    )
    write_run_report(ledger, PLAN, KEY, Asked((DAY,)), home / "reports")

    kept = {path: readable(path) for path in home.rglob("*") if path.is_file()}
    assert {path.suffix for path in kept} >= {".db", ".eml", ".json", ".html"}
    assert [str(path) for path, content in kept.items() if secret.encode() in content] == []
    output = capfd.readouterr()
    logged = [record.getMessage() for record in caplog.records]
    assert [text for text in (*noted, *logged, output.out, output.err) if secret in text] == []
    assert "***" in decision.reason
    assert secret not in decision.reason
    assert any(r"\*\*\*" in text for text in noted)  # as Markdown has it


def test_airflow_hides_in_logs_what_a_task_looks_up(home, monkeypatch):
    """Its own masker learns how a URL writes the password, which it does not know by itself."""
    from airflow.sdk.log import redact

    from medallion.orchestration import connections

    uri = f"postgresql://me:{quote_plus('Air/flow+88aa')}@db/x"
    monkeypatch.setattr(
        connections, "Connection", SimpleNamespace(get=lambda _: SimpleNamespace(get_uri=lambda: uri))
    )
    assert connections.airflow_connection("warehouse") == uri
    assert redact(f"Air/flow+88aa {quote_plus('Air/flow+88aa')} me") == "*** *** me"
