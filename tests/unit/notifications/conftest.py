from datetime import UTC, datetime

import pytest

from medallion.ledger import open_ledger
from medallion.notifications import Row, TaskFailed, Teller
from medallion.severity import Severity

FACTS = {
    "client_id": "acme_corp",
    "dag_id": "client_acme_corp_pipeline",
    "run_id": "manual__2026-01-15T00:00:00+00:00",
    "task_id": "silver.build",
    "cause": "layer:silver",
    "severity": Severity.ERROR,
    "at": datetime(2026, 1, 15, 6, 30, tzinfo=UTC),
    "interval": "2026-01-14 00:00 to 2026-01-15 00:00 UTC",
    "reason": "clean_crm__people failed, 3 nodes were not built",
    "rows": (Row("clean_crm__people", "error", "Binder Error: no such column", 4, 10),),
    "try_number": 2,
    "tries": 3,
    "log_url": "http://localhost:8080/dags/x",
}


@pytest.fixture
def message():
    return lambda kind=TaskFailed, **changed: kind(**FACTS | changed)


@pytest.fixture
def ledger(tmp_path):
    """A ledger of the test's own, as a teller opens it."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    return lambda: open_ledger(url)


@pytest.fixture
def teller(ledger):
    return lambda *routes, **changed: Teller(routes, **{"ledger": ledger, "mask": str} | changed)
