from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medallion.clients import SourceContract
from medallion.extract import Landed, extract_source
from medallion.interval import Interval

Land = Callable[..., list[Landed]]


def day(number: int) -> Interval:
    """A day of January 2026."""
    start = datetime(2026, 1, number, tzinfo=UTC)
    return Interval(start, start + timedelta(days=1))


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return tmp_path / "landing"


@pytest.fixture
def land(tmp_path: Path, landing: Path) -> Land:
    """Land a source, given as its contract's keys, for acme."""

    def run(interval: Interval, **said: Any) -> list[Landed]:
        contract = SourceContract.model_validate({"name": "shop", "description": "a shop"} | said)
        return extract_source(
            contract,
            client_id="acme",
            interval=interval,
            sub_daily=False,
            landing=landing,
            samples=tmp_path,
        )

    return run


def table(landed: Landed) -> pa.Table:
    """What landed, without the columns that landing adds."""
    return pq.ParquetFile(landed.path).read().drop_columns(["_interval_start", "_run_date"])
