"""The client's warehouse, read only, beside what a delivery writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from medallion.exceptions import PublishError
from medallion.publish.delivery import Gold
from medallion.sql_words import quoted, text
from medallion.warehouses.held import patiently

#: Names of the two databases inside one connection; files may be called anything.
SOURCE = "source"
TARGET = "target"


@contextmanager
def reading(gold: Gold, patience: float) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a connection that has the client's warehouse as ``source``, read only.

    Raises:
        PublishError: if a process keeps writing to the warehouse, naming it.
    """
    with duckdb.connect(":memory:") as connection:
        attach(connection, gold.warehouse, SOURCE, patience, read_only=True)
        yield connection


def attach(
    connection: duckdb.DuckDBPyConnection, path: Path, name: str, patience: float, *, read_only: bool = False
) -> None:
    """Attach a DuckDB file, waiting for whoever holds it.

    Raises:
        PublishError: if it cannot be opened; DuckDB's message names the process that holds it.
    """
    options = " (read_only)" if read_only else ""
    try:
        patiently(patience)(connection.execute, f"attach {text(path)} as {name}{options}")
    except duckdb.Error as error:
        raise PublishError(f"{path} cannot be opened: {str(error).strip()}") from error


def relation(gold: Gold, table: str) -> str:
    """A table of gold as SQL names it."""
    return f"{SOURCE}.{quoted(gold.schema)}.{quoted(table)}"


def count(connection: duckdb.DuckDBPyConnection, relation: str, where: str = "") -> int:
    """The rows of a relation; those of ``held`` for which a condition is true."""
    # Fetched to its end: DuckDB reads no Arrow while a result is open.
    query = f"select count(*) from {relation} as held {where and 'where'} {where}"  # noqa: S608  # quoted
    ((rows,),) = connection.execute(query).fetchall()
    return int(rows)


def write_parquet(connection: duckdb.DuckDBPyConnection, gold: Gold, table: str, file: str) -> int:
    """Write a table of gold as a Parquet file, and count its rows there.

    Raises:
        PublishError: if it cannot be read or written whole.
    """
    source = relation(gold, table)
    try:
        connection.execute(f"copy (from {source}) to {text(file)} (format parquet, compression zstd)")
        rows = count(connection, source)
        check_count(table, rows, count(connection, f"read_parquet({text(file)})"))
    except duckdb.Error as error:
        said = str(error).strip()
        if "Traceback (most recent call last)" in said:  # of a store's library
            said = said.splitlines()[-1]
        raise PublishError(f"{gold.schema}.{table} could not be delivered: {said}") from error
    return rows


def columns_of(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """The columns of a relation with their DuckDB types, in order."""
    described = connection.execute(f"describe select * from {relation}")  # noqa: S608  # quoted
    return {str(row[0]): str(row[1]) for row in described.fetchall()}


def columns_held(
    connection: duckdb.DuckDBPyConnection, database: str, schema: str, table: str
) -> dict[str, str]:
    """The columns of a table with their DuckDB types, in order; none if there is no such table."""
    query = """
        select column_name, data_type from information_schema.columns
        where table_catalog = ? and table_schema = ? and table_name = ?
        order by ordinal_position
    """
    return dict(connection.execute(query, [database, schema, table]).fetchall())


def check_count(table: str, rows: int, delivered: int) -> None:
    """Refuse a copy that has other than its source's rows.

    Raises:
        PublishError: with both counts.
    """
    if rows != delivered:
        raise PublishError(f"{table}: {delivered} rows were copied, gold has {rows}")
