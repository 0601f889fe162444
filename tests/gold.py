# ruff: noqa: S608 - the names in the SQL are the tests' own
"""A client's gold for tests of what is done with it: tables and views from SQL queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

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


class Writer:
    """Stands in for dbt: keeps rows ``(day, n)``, logs which days changed, stamps its builds."""

    def __init__(self, folder: Path, client: str = "acme") -> None:
        self.path, self.client = folder / f"{client}.duckdb", client
        with duckdb.connect(self.path) as warehouse:
            warehouse.execute(f"create schema {client}_gold")
            warehouse.execute(f"create schema {client}_work")
            for table, columns in {
                "built_models": "model text, batch bigint, whole_batch bigint, built_with text",
                "builds": "number bigint, invocation text, run_id text, build_id bigint, first_batch bigint",
            }.items():
                warehouse.execute(f"create table {client}_work.{table} ({columns})")

    def build(
        self,
        run_id: str = "run_1",
        build_id: int = 1,
        *,
        anew: bool = False,
        **tables: Sequence[tuple[Any, int]],
    ) -> None:
        """Make tables hold just these rows: only what changes of them, or ``anew``."""
        with duckdb.connect(self.path) as warehouse:
            warehouse.execute("begin")
            batch = self._begin(warehouse, run_id, build_id)
            for name, rows in tables.items():
                self._write(warehouse, name, rows, batch, anew)
            warehouse.execute("commit")

    def rows(self, table: str) -> list[Any]:
        """The rows of a table, in order."""
        with duckdb.connect(self.path, read_only=True) as warehouse:
            return warehouse.execute(f"from {self.client}_gold.{table} order by all").fetchall()

    def latest(self) -> str:
        """The name of the last build."""
        query = f"select invocation from {self.client}_work.builds order by number desc limit 1"
        with duckdb.connect(self.path, read_only=True) as warehouse:
            return str(warehouse.execute(query).fetchall()[0][0])

    def forget(self, number: int) -> None:
        """Keep only the last builds' stamps."""
        builds = f"{self.client}_work.builds"
        with duckdb.connect(self.path) as warehouse:
            warehouse.execute(
                f"delete from {builds} where number <= (select max(number) from {builds}) - {number}"
            )

    def _begin(self, warehouse: Any, run_id: str, build_id: int) -> int:
        work = f"{self.client}_work"
        query = f"select coalesce(max(batch), 0) + 1 from {work}.built_models"
        batch = int(warehouse.execute(query).fetchone()[0])
        number = f"(select coalesce(max(number), 0) + 1 from {work}.builds)"
        stamp = [str(uuid4()), run_id, build_id, batch]
        warehouse.execute(f"insert into {work}.builds select {number}, ?, ?, ?, ?", stamp)
        return batch

    def _write(self, warehouse: Any, name: str, rows: Sequence[Any], batch: int, anew: bool) -> None:
        table, work = f"{self.client}_gold.{name}", f"{self.client}_work"
        log, model = f"{work}.{name}__changes", f"{work}.built_models"
        known = warehouse.execute(f"select max(whole_batch) from {model} where model = ?", [name]).fetchone()
        if whole := anew or known[0] is None:
            warehouse.execute(f"create or replace table {table} (day date, n integer)")
            warehouse.execute(f"create or replace table {log} (day date, _batch bigint, _changed integer)")
        held = Counter(warehouse.execute(f"from {table}").fetchall())
        changed = {day for day, _ in (held - Counter(rows)) + (Counter(rows) - held)}
        for day in changed:
            warehouse.execute(f"delete from {table} where day is not distinct from ?", [day])
            if not whole:
                warehouse.execute(f"insert into {log} values (?, ?, 1)", [day, batch])
        for row in rows:
            if row[0] in changed:
                warehouse.execute(f"insert into {table} values (?, ?)", row)
        built = [name, batch, batch if whole else known[0]]
        warehouse.execute(f"insert into {model} values (?, ?, ?, '')", built)
