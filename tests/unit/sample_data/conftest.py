# ruff: noqa: S608  # the SQL is ours, the files are the test's own

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from medallion.clients import Catalog, SourceContract, load_catalog
from medallion.interval import Interval
from medallion.sample_data import Planted, generate
from medallion.settings import load_settings

RETAILER = ("crm", "sales", "inventory")
MORNING = Interval(datetime(2026, 1, 15, 6, tzinfo=UTC), datetime(2026, 1, 15, 12, tzinfo=UTC))

Query = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog(load_settings().configs)


@pytest.fixture(scope="session")
def contracts(catalog: Catalog) -> dict[str, SourceContract]:
    return {name: catalog.sources[name] for name in RETAILER}


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("samples")


@pytest.fixture(scope="session")
def planted(samples: Path, contracts: dict[str, SourceContract]) -> dict[str, Planted]:
    """The morning's extracts of every source, in ``samples``."""
    return {name: generate(contract, "acme", MORNING, samples) for name, contract in contracts.items()}


@pytest.fixture(scope="session")
def query(samples: Path, planted: dict[str, Planted]) -> Iterator[Query]:
    """Run SQL on the morning's files; the views bear the entities' names, CSV is text as it stands there."""
    stamp = MORNING.stamp
    with duckdb.connect() as connection:
        for entity in ("customers", "segments"):
            read = f"read_csv('{samples}/acme/crm/{entity}/{stamp}.csv', all_varchar = true)"
            connection.execute(f"create view {entity} as select coalesce(columns(*), '') from {read}")
        for entity in ("orders", "order_lines", "payments"):
            connection.execute(
                f"create view {entity} as from read_json('{samples}/acme/sales/{entity}/{stamp}.jsonl')"
            )
        for entity in ("products", "warehouses", "stock"):
            connection.execute(
                f"create view {entity} as from '{samples}/acme/inventory/{entity}/{stamp}.parquet'"
            )
        yield lambda sql: connection.execute(sql).fetchall()
