"""A client whose tasks tell of themselves, and their contexts."""

from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace

from medallion.clients import client_from_dict
from medallion.orchestration import told

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
        "task_id": "extract_crm",
        "try_number": 2,
        "max_tries": 2,
        "log_url": "http://localhost:8080/dags/x",
        "task": SimpleNamespace(retries=2),
    }
    found = {
        "ti": SimpleNamespace(**facts | task),
        "dag_run": SimpleNamespace(
            dag_id=facts["dag_id"],
            run_id=(facts | task)["run_id"],
            run_after=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        ),
        "data_interval_start": datetime(2026, 1, 15, tzinfo=UTC),
        "data_interval_end": datetime(2026, 1, 16, tzinfo=UTC),
    }
    return found | ({"exception": error} if error is not None else {})


def patient(monkeypatch):
    """Let the ledger take its time: how long a busy machine needs is not what is tested."""
    monkeypatch.setattr(told, "_LOOK", 60.0)
    monkeypatch.setattr(told, "teller_of", partial(told.teller_of, patience=60.0))
