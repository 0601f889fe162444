"""A SQL Server database as destination: many clients, a schema each; a delivery is one transaction.

Gold is bulk-copied into a schema beside, ``<client>_delivery``, which bulk copies reach only from a session
of their own; one transaction then puts those rows in the place of the last delivery's. A table whose columns
are the same keeps its grants, views and indexes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb
from sqlalchemy import URL

from medallion.connections import shown, without_secret
from medallion.exceptions import PublishError
from medallion.publish.columns import Dialect, selected
from medallion.publish.delivery import LOG, Delivered, Gold
from medallion.publish.source import check_count, columns_of, count, reading, relation
from medallion.publish.sqlserver_session import Connect, session

_DIALECT = Dialect(
    "SQL Server",
    {
        "BOOLEAN": "bit",
        "SMALLINT": "smallint",
        "INTEGER": "int",
        "BIGINT": "bigint",
        "FLOAT": "real",
        "DOUBLE": "float",
        "VARCHAR": "nvarchar(max)",
        "BLOB": "varbinary(max)",
        "DATE": "date",
        "TIME": "time(6)",
        "TIMESTAMP": "datetime2(6)",
        "TIMESTAMP WITH TIME ZONE": "datetimeoffset(6)",
    },
    decimal="decimal",
)
_LOG_COLUMNS = """
    run_id nvarchar(250) not null, interval_start datetime2(6) not null, config_version nvarchar(50) not null,
    delivered_at datetime2(6) not null, table_name nvarchar(128) not null, row_count bigint not null
"""
# https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/sp-getapplock-transact-sql
_LOCK = """
    set nocount on;
    declare @held int;
    exec @held = sp_getapplock
        @Resource = ?, @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = ?;
    select @held;
"""
_COLUMNS = """
    select cols.name, types.name, cols.max_length, cols.precision, cols.scale
    from sys.columns as cols
    inner join sys.types as types on types.user_type_id = cols.user_type_id
    where cols.object_id = object_id(?)
    order by cols.column_id
"""
_TABLES = "select name from sys.tables where schema_id = schema_id(?) order by name"
_SIZE = """
    select coalesce(sum(units.total_pages), 0) * 8192
    from sys.partitions as parts
    inner join sys.allocation_units as units on units.container_id = parts.partition_id
    where parts.object_id = object_id(?)
"""
_BATCH = 100_000  # rows of an Arrow batch


def deliver(gold: Gold, url: URL, patience: float, connect: Connect | None = None) -> Delivered:
    """Replace the client's tables in the database by gold's.

    Args:
        gold: what to deliver; the client's id is the schema.
        url: the database, with a login that may make schemas and tables or owns them.
        patience: seconds to wait for another delivery, or for readers.
        connect: opens sessions; None for Microsoft's driver.

    Returns:
        The schema, the rows by table, their size, and which tables were replaced.

    Raises:
        PublishError: if a table cannot be read or copied whole, or is held too long. What readers see is then
            as it was.
    """
    import mssql_python  # its driver is loaded only where it is used

    place = f"{shown(url)}/{gold.client_id}"
    with reading(gold, patience) as source:
        source.execute("begin")
        try:
            with (
                session(connect or mssql_python.connect, url, autocommit=False) as switching,
                session(connect or mssql_python.connect, url, autocommit=True) as loading,
            ):
                return _Delivering(gold, source, loading.cursor(), switching.cursor(), place).done(patience)
        except (mssql_python.Error, duckdb.Error, RuntimeError) as error:
            # Not from the error: a driver's message may hold the password.
            raise PublishError(f"{place}: {without_secret(error, url)}") from None


class _Delivering:
    """One delivery: ``loading`` commits each statement, ``switching`` all of them at the end."""

    def __init__(
        self, gold: Gold, source: duckdb.DuckDBPyConnection, loading: Any, switching: Any, place: str
    ) -> None:
        self.gold, self.source, self.loading, self.switching = gold, source, loading, switching
        self.place = place
        self.schema, self.beside = gold.client_id, f"{gold.client_id}_delivery"
        self.notes: list[str] = []

    def done(self, patience: float) -> Delivered:
        """Load all tables beside, then switch to them."""
        self._hold(patience)
        self._make_schema(self.loading, self.beside)
        self._clear()
        columns = {table: self._loaded(table) for table in self.gold.tables}
        self._make_schema(self.switching, self.schema)
        rows = {table: self._switched(table, columns[table]) for table in self.gold.tables}
        self._log(rows)
        size = sum(int(self._value(_SIZE, _target(self.schema, table))) for table in rows)
        self.switching.connection.commit()
        self._clear()
        return Delivered(self.place, rows, size, tuple(self.notes))

    def _hold(self, patience: float) -> None:
        """Wait for another delivery of the client."""
        milliseconds = max(1, round(patience * 1000))
        self.switching.execute(f"set lock_timeout {milliseconds}")
        self.switching.execute("set xact_abort on")
        if self._value(_LOCK, f"medallion:{self.schema}", milliseconds) < 0:
            raise PublishError(f"{self.place} is in use by another delivery; waited {patience:.0f} s for it")

    def _make_schema(self, cursor: Any, schema: str) -> None:
        cursor.execute("select schema_id(?)", (schema,))
        if cursor.fetchone()[0] is None:
            cursor.execute(f"create schema {_quoted(schema)}")

    def _clear(self) -> None:
        """Drop what is beside: this delivery's, or that of one that broke."""
        self.loading.execute(_TABLES, (self.beside,))
        for (table,) in self.loading.fetchall():
            self.loading.execute(f"drop table {_target(self.beside, table)}")

    def _loaded(self, table: str) -> dict[str, str]:
        """Bulk-copy a table of gold beside, and return its columns."""
        with self._named(table):
            columns = columns_of(self.source, self.gold, table)
            types = {name: _DIALECT.type_of(kind, name) for name, kind in columns.items()}
            self._create(self.loading, _target(self.beside, table), types)
            batches = self.source.sql(selected(self.gold, table, columns)).to_arrow_reader(_BATCH)
            self.loading.bulkcopy_arrow(_target(self.beside, table), batches, timeout=0, table_lock=True)
        return types

    def _switched(self, table: str, types: Mapping[str, str]) -> int:
        """Put the rows beside in the place of those that are there."""
        target = _target(self.schema, table)
        with self._named(table):
            found = self._columns(table)
            if found and list(found.items()) != list(types.items()):
                self.switching.execute(f"drop table {target}")
                self.notes.append(f"{table}: its columns changed, so it was replaced; grants on it are gone")
                found = {}
            if found:
                self.switching.execute(f"delete from {target} with (tablockx)")  # noqa: S608  # quoted
            else:
                self._create(self.switching, target, types)
            names = ", ".join(map(_quoted, types))
            self.switching.execute(
                f"insert into {target} ({names}) "  # noqa: S608
                f"select {names} from {_target(self.beside, table)}"
            )
            rows = count(self.source, relation(self.gold, table))
            check_count(table, rows, self._value(f"select count_big(*) from {target}"))  # noqa: S608
        return rows

    def _log(self, rows: Mapping[str, int]) -> None:
        """Write the delivery down; that of the same run before it never was."""
        log = _target(self.schema, LOG)
        if not self._columns(LOG):
            self.switching.execute(f"create table {log} ({_LOG_COLUMNS})")
        self._drop_former(log, rows)
        self.switching.execute(f"delete from {log} where run_id = ?", (self.gold.run["run_id"],))  # noqa: S608
        for row in self.gold.log_rows(rows):
            self.switching.execute(f"insert into {log} values (?, ?, ?, ?, ?, ?)", tuple(row))  # noqa: S608

    def _drop_former(self, log: str, rows: Mapping[str, int]) -> None:
        """Drop what the last delivery brought and this one does not; other tables are not ours."""
        last = f"(select max(delivered_at) from {log})"  # noqa: S608
        self.switching.execute(f"select table_name from {log} where delivered_at = {last}")  # noqa: S608
        for (table,) in self.switching.fetchall():
            if table not in rows:
                self.switching.execute(f"drop table if exists {_target(self.schema, table)}")

    def _create(self, cursor: Any, target: str, types: Mapping[str, str]) -> None:
        columns = ", ".join(f"{_quoted(name)} {kind} null" for name, kind in types.items())
        cursor.execute(f"create table {target} ({columns})")

    def _columns(self, table: str) -> dict[str, str]:
        """The columns that a table has now, in order; none if there is no such table."""
        self.switching.execute(_COLUMNS, (_target(self.schema, table),))
        return {row[0]: _spelled(*row[1:]) for row in self.switching.fetchall()}

    def _value(self, query: str, *parameters: object) -> Any:
        self.switching.execute(query, parameters)
        return self.switching.fetchone()[0]

    @contextmanager
    def _named(self, table: str) -> Iterator[None]:
        """Say of which table an error is."""
        import mssql_python

        try:
            yield
        except (mssql_python.Error, duckdb.Error, RuntimeError) as error:
            what = f"{self.gold.schema}.{table}"
            raise PublishError(f"{what} could not be delivered: {str(error).strip()}") from error


def _spelled(kind: str, length: int, precision: int, scale: int) -> str:
    """Write a column's type as ``create table`` takes it."""
    if kind in ("decimal", "numeric"):
        return f"decimal({precision},{scale})"
    if kind in ("nvarchar", "varbinary"):
        return f"{kind}({'max' if length == -1 else length})"
    return f"{kind}({scale})" if kind in ("datetime2", "datetimeoffset", "time") else kind


def _target(schema: str, table: str) -> str:
    return f"{_quoted(schema)}.{_quoted(table)}"


def _quoted(name: str) -> str:
    return "[" + name.replace("]", "]]") + "]"
