from datetime import UTC, datetime

import pytest

from medallion.notifications import Event

FACTS = {
    "client_id": "acme_corp",
    "dag_id": "client_acme_corp_pipeline",
    "run_id": "manual__2026-01-15T00:00:00+00:00",
    "task_id": "silver.gate",
    "try_number": 1,
    "subject": "acme_corp failed: silver.gate",
    "text": "score 0.90000 < 0.95\n",
    "recipient": "acme@example.com",
    "at": datetime(2026, 1, 15, 6, 30, tzinfo=UTC),
}


@pytest.fixture
def event():
    return lambda **changed: Event(**FACTS | changed)
