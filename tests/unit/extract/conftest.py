from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from medallion.clients import SourceContract
from medallion.extract import Landed, extract_source
from medallion.interval import Interval

JANUARY_15 = Interval(datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC))

Land = Callable[..., list[Landed]]


@pytest.fixture
def january_15() -> Interval:
    return JANUARY_15


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Where the source's files are."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return tmp_path / "home" / "landing"


@pytest.fixture
def land(inbox: Path, landing: Path) -> Land:
    """Extract a source of the given format for acme; entities are their contract's dicts."""

    def run(format_: str = "csv", interval: Interval = JANUARY_15, **knobs: Any) -> list[Landed]:
        entities = knobs.pop("entities", {"orders": {"path": f"orders.{format_}", "keys": ["id"]}})
        contract = SourceContract(
            name="shop",
            description="a shop",
            location=str(inbox),
            format=format_,
            load=knobs.pop("load", "snapshot"),
            freshness=knobs.pop("freshness", None),
            schema_changes=knobs.pop("schema_changes", "evolve"),
            entities=entities,
        )
        knobs = {"client_id": "acme", "sub_daily": False, "samples": inbox, "landing": landing} | knobs
        return extract_source(contract, interval=interval, **knobs)

    return run


@pytest.fixture
def landed_rows(landing: Path) -> Callable[..., list[dict[str, Any]]]:
    """The rows of an entity's only file in landing, without the technical columns."""

    def read(entity: str = "orders") -> list[dict[str, Any]]:
        (path,) = (landing / "acme" / "shop" / entity).rglob("*.parquet")
        table = pq.ParquetFile(path).read()
        return table.drop_columns(["_interval_start", "_run_date"]).to_pylist()  # type: ignore[no-any-return]

    return read
