"""A client's DuckDB file opened to be looked at: nothing of it is changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from medallion.exceptions import WarehouseError
from medallion.settings import Settings
from medallion.warehouses.held import is_held, patiently
from medallion.warehouses.reading import Tables, canonical


@dataclass(frozen=True)
class DuckDBReading:
    """One connection."""

    connection: duckdb.DuckDBPyConnection
    text: str = "varchar"

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query.

        Raises:
            WarehouseError: if they cannot be read.
        """
        try:
            return list(self.connection.execute(query, list(values)).fetchall())
        except duckdb.Error as error:
            raise WarehouseError(" ".join(str(error).split())) from error

    def first(self, count: int, query: str) -> str:
        """A query for the first rows of another one: https://duckdb.org/docs/stable/sql/query_syntax/limit."""
        return f"{query} limit {count}"

    def tables(self, schema: str) -> Tables:
        """The tables of a schema."""
        query = """
            select table_name, column_name, data_type from information_schema.columns
            where table_schema = ? order by table_name, ordinal_position
        """
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for table, column, kind in self.rows(query, [schema]):
            found[table][column] = canonical(kind)
        return dict(found)


@contextmanager
def read_only(settings: Settings, client_id: str, patience: float = 0.0) -> Iterator[DuckDBReading]:
    """Open a client's warehouse, read only.

    Args:
        settings: where the warehouses are.
        client_id: whose.
        patience: seconds to wait for a writer that holds it.

    Raises:
        WarehouseError: if it is not there, damaged, or held by a writer, who is named.
    """
    path = settings.warehouse(client_id)
    if not path.is_file():
        raise WarehouseError(f"{client_id} has no warehouse yet: `medallion run {client_id}` builds it")
    try:
        connection = patiently(patience)(duckdb.connect, path, read_only=True)
    except duckdb.Error as error:
        if not is_held(error):
            raise WarehouseError(f"{path} cannot be opened: {str(error).strip()}") from error
        holder = path.with_name(f"{path.name}.holder")
        named = holder.read_text("utf-8") if holder.is_file() else str(error).strip()
        raise WarehouseError(f"{path.name} is in use by {named}; try again when it is done") from error
    with connection:
        yield DuckDBReading(connection)
