"""A client's gold for tests of what is done with it: tables and views from SQL queries."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb


def build_gold(
    folder: Path, client: str, tables: Mapping[str, str], views: Mapping[str, str] | None = None
) -> Path:
    """(Re)build relations of a client's gold, a query each; views are computed when they are read."""
    path = folder / f"{client}.duckdb"
    with duckdb.connect(path) as warehouse:
        warehouse.execute(f"create schema if not exists {client}_gold")
        for kind, queries in (("table", tables), ("view", views or {})):
            for name, query in queries.items():
                warehouse.execute(f"create or replace {kind} {client}_gold.{name} as {query}")
    return path
