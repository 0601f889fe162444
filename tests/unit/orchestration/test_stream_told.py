from __future__ import annotations

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest

from medallion.database import utcnow
from medallion.ledger import RunKey, open_ledger
from medallion.ledger.told import open_causes
from medallion.orchestration import stream_told, told
from medallion.orchestration.stream_told import LATE, tell_if_late
from medallion.settings import Settings
from small_shop import small_shop

DAG = "client_shop_realtime"


@pytest.fixture
def installation(tmp_path, monkeypatch):
    settings = Settings(project=tmp_path, home=tmp_path, database_url=f"sqlite:///{tmp_path}/registry.db")
    for module in (stream_told, told):
        monkeypatch.setattr(module, "load_settings", lambda: settings)
    return settings


@pytest.fixture
def task():
    return SimpleNamespace(plan=SimpleNamespace(client=small_shop()), told_once=True, is_late=False)


def context(task, run_id):
    ti = SimpleNamespace(
        task=task, task_id="micro_batch", dag_id=DAG, run_id=run_id, try_number=1, max_tries=2, log_url=""
    )
    return {"ti": ti, "dag_run": SimpleNamespace(dag_id=DAG, run_id=run_id)}


def mails(settings):
    return sorted(path.name for path in settings.outbox.rglob("*.eml"))


def causes(settings):
    return [(one.cause, one.held) for one in open_causes(open_ledger(settings.database_url), RunKey(DAG, ""))]


def test_what_is_in_time_is_not_told(installation, task):
    tell_if_late(task, context(task, "1"), utcnow() - timedelta(seconds=50))
    tell_if_late(task, context(task, "1"), None)
    assert (mails(installation), task.is_late) == ([], False)


def test_a_late_stream_is_told_once_for_all_its_runs(installation, task):
    for run_id in ("1", "2", "3"):
        tell_if_late(task, context(task, run_id), utcnow() - timedelta(seconds=90))
    assert task.is_late
    assert causes(installation) == [(LATE, 2)]
    assert len(mails(installation)) == 1


def test_it_recovers_with_a_run_in_time_and_not_before(installation, task):
    tell_if_late(task, context(task, "1"), utcnow() - timedelta(seconds=90))
    told.tell_success(task.plan.client, context(task, "1"), judged=(), started=time.monotonic())
    assert causes(installation) == [(LATE, 0)]
    task.is_late = False
    told.tell_success(task.plan.client, context(task, "2"), judged=(), started=time.monotonic())
    assert causes(installation) == []
    assert len(mails(installation)) == 2
