from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from medallion.clients import Destination
from medallion.publish import Delivery, publish

Publish = Callable[..., Delivery]


@pytest.fixture
def deliver(tmp_path: Path) -> Publish:
    """Publish tables of a client's gold in the test's folder."""

    def run(
        destination: Destination, *tables: str, client: str = "acme", run_id: str = "run_1", **knobs: Any
    ) -> Delivery:
        return publish(
            client,
            destination,
            warehouse=tmp_path / f"{client}.duckdb",
            schema=f"{client}_gold",
            tables=tables,
            root=tmp_path / "destinations",
            run={
                "run_id": run_id,
                "interval_start": datetime(2026, 1, 15, tzinfo=UTC),
                "config_version": "abc123",
            },
            **knobs,
        )

    return run
