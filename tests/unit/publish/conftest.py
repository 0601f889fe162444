from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from gold import build_gold
from medallion.clients import Destination
from medallion.publish import Delivery, publish

Build = Callable[..., Path]
Publish = Callable[..., Delivery]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "destinations"


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """(Re)build relations of a client's gold, a SQL query each; ``views`` are computed when they are read."""

    def run(client: str = "acme", *, views: dict[str, str] | None = None, **tables: str) -> Path:
        return build_gold(tmp_path, client, tables, views)

    return run


@pytest.fixture
def deliver(tmp_path: Path, root: Path) -> Publish:
    """Publish tables of a client that ``build`` has built."""

    def run(
        *tables: str, kind: str = "duckdb", client: str = "acme", run_id: str = "run_1", **knobs: Any
    ) -> Delivery:
        path = "lake" if kind == "parquet" else "data_warehouse.duckdb"
        return publish(
            client,
            knobs.pop("destination", Destination(name="shared", type=kind, path=path)),
            warehouse=tmp_path / f"{client}.duckdb",
            schema=f"{client}_gold",
            tables=tables,
            root=root,
            run={
                "run_id": run_id,
                "interval_start": datetime(2026, 1, 15, tzinfo=UTC),
                "config_version": "abc123",
            },
            **knobs,
        )

    return run


@pytest.fixture
def delivered(root: Path) -> Callable[..., list[Any]]:
    """The first column of a table at the destination, sorted; reads as a consumer does."""

    def read(table: str, kind: str = "duckdb", client: str = "acme") -> list[Any]:
        if kind == "parquet":
            file = root / "lake" / client / "current" / f"{table}.parquet"
            rows = duckdb.read_parquet(str(file)).fetchall()
        else:
            with duckdb.connect(root / "data_warehouse.duckdb", read_only=True) as consumer:
                rows = consumer.table(f"{client}.{table}").fetchall()
        return sorted(row[0] for row in rows)

    return read
