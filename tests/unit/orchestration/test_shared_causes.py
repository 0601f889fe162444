from types import SimpleNamespace

import pytest

from medallion.clients import load_catalog
from medallion.exceptions import ExtractError
from medallion.ledger import RunKey, open_ledger
from medallion.ledger.told import open_causes
from medallion.orchestration.callbacks import callbacks
from medallion.orchestration.ends import ExtractTask
from medallion.orchestration.messages import plain_failure
from medallion.pipeline import Extract, Plan
from medallion.settings import load_settings
from unit.orchestration.notified import client, context, patient

PLAN = Plan(client(), (), ())
DOWN = ConnectionRefusedError(111, "Connection refused")
FULL = OSError(28, "No space left on device")


def extract(source, **changed):
    """The task that lands a source, its contract that of crm but for what is changed."""
    contract = load_catalog(load_settings().configs).sources["crm"].model_copy(update=changed)
    return ExtractTask(
        task_id=f"extract_{source}", plan=PLAN, extract=Extract(source, None), contract=contract
    )


def cause(error, source, **changed):
    task = extract(source, **changed)
    return plain_failure(client(), context(error, task_id=task.task_id, task=task), again=True).cause


def failed(source, error):
    """An extract's error, which names the source, and what it came from."""
    try:
        raise ExtractError(f"acme_corp: {source}: cannot be read: {error}") from error
    except ExtractError as told:
        return told


SHOP = {"connector": "sql", "location": None, "connection": "shop_of_{client}"}


@pytest.mark.parametrize(
    ("error", "first", "second", "shared"),
    [
        (DOWN, SHOP, SHOP, True),
        (DOWN, SHOP, SHOP | {"connection": "bank_of_{client}"}, False),
        (DOWN, {"location": "https://a.test/crm"}, {"location": "https://a.test/sales"}, True),
        (DOWN, {"location": "https://a.test/crm"}, {"location": "https://b.test/crm"}, False),
        (DOWN, {"location": "{samples}/crm"}, {"location": "{samples}/crm"}, False),
        (FULL, {}, SHOP, True),
        (FileNotFoundError(2, "No such file"), SHOP, SHOP, False),
    ],
    ids=("database", "databases", "host", "hosts", "disks", "full disk", "missing files"),
)
def test_what_several_extracts_meet_at_once_is_one_cause(error, first, second, shared):
    causes = cause(failed("crm", error), "crm", **first), cause(failed("sales", error), "sales", **second)
    assert (causes[0] == causes[1]) is shared


def test_three_extracts_from_a_server_that_is_away_are_one_message(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path))
    monkeypatch.delenv("MEDALLION_REGISTRY_URL", raising=False)
    monkeypatch.delenv("AIRFLOW_CONN_SMTP_DEFAULT", raising=False)
    patient(monkeypatch)
    for source in ("crm", "sales", "inventory"):
        task = extract(source, **SHOP)
        task_facts = {"task_id": task.task_id, "task": SimpleNamespace(retries=2, server=task.server)}
        found = context(failed(source, DOWN), try_number=1, **task_facts)
        callbacks(client())["on_retry_callback"](found)
    assert len(list((tmp_path / "outbox").rglob("*.eml"))) == 1
    ledger = open_ledger(f"sqlite:///{tmp_path / 'registry.db'}")
    (told,) = open_causes(ledger, RunKey("client_acme_corp_pipeline", "manual__1"))
    assert (told.task_id, told.held) == ("extract_crm", 2)
