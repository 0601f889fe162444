"""Gold on a SQL Server → a DuckDB file, from which deliveries to every kind of destination are made.

With the tables comes what their builds wrote down beside them (``<client>_work``), so that a delivery knows
whose rows these are, and which keys changed since the one before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import URL

from medallion.connections import shown, without_secret
from medallion.exceptions import PublishError
from medallion.sql_words import quoted
from medallion.warehouses.sqlserver_address import address_of
from medallion.warehouses.sqlserver_reading import SqlServerReading
from medallion.warehouses.sqlserver_session import session

#: Rows of an Arrow batch.
_BATCH = 50_000
_STAMPS = ("builds", "built_models")
#: What DuckDB's own warehouse would call such a column.
_WIDEST = {"whole": "bigint"}


def copied_gold(client_id: str, tables: Sequence[str], file: Path) -> None:
    """Copy tables of gold, and what is known of their builds, into a new DuckDB file.

    Args:
        client_id: whose.
        tables: those of gold that are to be delivered.
        file: the file; there is none yet.

    Raises:
        PublishError: if a table is not there or cannot be read.
    """
    import mssql_python  # its driver is loaded only where it is used

    url = address_of(client_id)
    try:
        with session(mssql_python.connect, url, autocommit=True) as opened, duckdb.connect(file) as copy:
            copy.execute("set TimeZone = 'UTC'")
            for schema, found in _wanted(SqlServerReading(opened.cursor(), url), client_id, tables).items():
                copy.execute(f"create schema {quoted(schema)}")
                for table, columns in found.items():
                    _copy(opened.cursor(), copy, f"{quoted(schema)}.{quoted(table)}", columns)
    except mssql_python.Error as error:
        # Not from the error: a driver's message may hold the password.
        raise PublishError(f"{_where(url, client_id)}: {without_secret(error, url)}") from None


def _where(url: URL, client_id: str) -> str:
    return f"{shown(url)}/{client_id}_gold cannot be read"


def _wanted(
    warehouse: SqlServerReading, client_id: str, tables: Sequence[str]
) -> dict[str, dict[str, Mapping[str, str]]]:
    """By schema the tables that are copied, with their columns' types."""
    gold, work = (warehouse.tables(f"{client_id}_{name}") for name in ("gold", "work"))
    if missing := [table for table in tables if table not in gold]:
        raise PublishError(f"{_where(warehouse.url, client_id)}: it has no {', '.join(missing)}")
    known = [*_STAMPS, *(f"{table}__changes" for table in tables)]
    return {
        f"{client_id}_gold": {table: gold[table] for table in tables},
        f"{client_id}_work": {table: work[table] for table in known if table in work},
    }


def _copy(cursor: Any, copy: duckdb.DuckDBPyConnection, relation: str, columns: Mapping[str, str]) -> None:
    cursor.execute(f"select {', '.join(map(quoted, columns))} from {relation}")  # noqa: S608  # quoted
    rows = cursor.arrow_reader(_BATCH)
    chosen = ", ".join(_read(name, kind) for name, kind in columns.items())
    copy.register("rows_read", rows)
    copy.execute(f"create table {relation} as select {chosen} from rows_read")  # noqa: S608  # quoted
    copy.unregister("rows_read")


def _read(name: str, kind: str) -> str:
    """A column as DuckDB's own warehouse has it: whole numbers of one kind."""
    wanted = _WIDEST.get(kind)
    return f"cast({quoted(name)} as {wanted}) as {quoted(name)}" if wanted else quoted(name)
