"""A SQL Server database as destination: many clients, a schema each; a delivery is one transaction.

Gold, or what changed of it, is copied into a schema beside, ``<client>_delivery``, which bulk copies reach
only from a session of their own; one transaction then puts those rows in the place of the last
delivery's. A table whose columns are the same keeps its grants, views and indexes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import duckdb
from sqlalchemy import URL

from medallion.connections import shown, without_secret
from medallion.exceptions import PublishError
from medallion.publish.delivery import FORMER, LOG, Copied, Delivered, Gold, copied_of
from medallion.publish.source import check_count, columns_of, count, reading, relation
from medallion.publish.stamps import Changes, Stamps, begin
from medallion.warehouses.columns import selected
from medallion.warehouses.sqlserver_rows import add_rows
from medallion.warehouses.sqlserver_session import Connect, session
from medallion.warehouses.sqlserver_types import DIALECT, bracketed, relation_of

_LOG_COLUMNS = """
    run_id nvarchar(250) not null, interval_start datetime2(6) not null, config_version nvarchar(50) not null,
    delivered_at datetime2(6) not null, table_name nvarchar(128) not null, row_count bigint not null,
    gold_build nvarchar(50) null
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


def deliver(
    gold: Gold, url: URL, patience: float, *, loader: str, connect: Connect | None = None
) -> Delivered:
    """Make the client's tables in the database those of gold.

    Args:
        gold: what to deliver; the client's id is the schema.
        url: the database, with a login that may make schemas and tables or owns them.
        patience: seconds to wait for another delivery, or for readers.
        loader: ``bulk`` or ``insert``, how rows come to the server.
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
        stamps = begin(source, gold)
        try:
            with (
                session(connect or mssql_python.connect, url, autocommit=False) as switching,
                session(connect or mssql_python.connect, url, autocommit=True) as loading,
            ):
                cursors = loading.cursor(), switching.cursor()
                return _Delivering(stamps, *cursors, loader, place).done(patience)
        except (mssql_python.Error, duckdb.Error, RuntimeError) as error:
            # Not from the error: a driver's message may hold the password.
            raise PublishError(f"{place}: {without_secret(error, url)}") from None


@dataclass(frozen=True)
class _Load:
    """A table of gold: its columns there and in the database, whether it was found, and what changed."""

    table: str
    columns: Mapping[str, str]
    types: Mapping[str, str]
    found: bool
    changes: Changes | None

    @property
    def keys(self) -> str:
        """The table beside that has the changed keys."""
        return f"{self.table}__changed"


class _Delivering:
    """One delivery: ``loading`` commits each statement, ``switching`` all of them at the end."""

    def __init__(self, stamps: Stamps, loading: Any, switching: Any, loader: str, place: str) -> None:
        self.stamps, self.gold, self.source = stamps, stamps.gold, stamps.connection
        self.loading, self.switching = loading, switching
        self.loader, self.place = loader, place
        self.schema, self.beside = self.gold.client_id, f"{self.gold.client_id}_delivery"
        self.notes: list[str] = []

    def done(self, patience: float) -> Delivered:
        """Load what is to change of all tables beside, then switch to it."""
        self._hold(patience)
        self._make_schema(self.loading, self.beside)
        self._clear()
        former = self._former()
        loads = [self._loaded(table, former.get(table)) for table in self.gold.tables]
        self._make_schema(self.switching, self.schema)
        copies = [self._switched(load) for load in loads]
        rows = {copied.table: copied.rows for copied in copies}
        self._log(rows, former)
        size = self._size(rows)
        self.switching.connection.commit()
        self._clear()
        return Delivered(self.place, rows, size, tuple(self.notes), copied_of(copies))

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
            cursor.execute(f"create schema {bracketed(schema)}")

    def _clear(self) -> None:
        """Drop what is beside: this delivery's, or that of one that broke."""
        self.loading.execute(_TABLES, (self.beside,))
        for (table,) in self.loading.fetchall():
            self.loading.execute(f"drop table {relation_of(self.beside, table)}")

    def _former(self) -> dict[str, str | None]:
        """The last delivery's tables, each with the build that had left it."""
        target, log = relation_of(self.schema, LOG), self._columns(LOG)
        if not log:
            return {}
        if "gold_build" not in log:
            self.switching.execute(f"alter table {target} add gold_build nvarchar(50) null")
        self.switching.execute(FORMER.format(log=target))
        return {row[0]: row[1] for row in self.switching.fetchall()}

    def _loaded(self, table: str, since: str | None) -> _Load:
        """Copy a table of gold beside, or the rows and keys of it that changed."""
        with self._named(table):
            columns = columns_of(self.source, relation(self.gold, table))
            types = {name: DIALECT.type_of(kind, name) for name, kind in columns.items()}
            found = self._columns(table)
            changes = self.stamps.changes(table, since)
            if list(found.items()) != list(types.items()):
                changes = None
            load = _Load(table, columns, types, bool(found), changes)
            self._copy_beside(load)
        return load

    def _copy_beside(self, load: _Load) -> None:
        changes, rows = load.changes, relation(self.gold, load.table)
        where = changes.touch("held") if changes else ""
        self._add(load.table, load.types, selected(rows, load.columns, where))
        if changes:
            keys = {name: kind for name, kind in load.columns.items() if name in changes.columns}
            types = {name: load.types[name] for name in keys}
            self._add(load.keys, types, selected(f"({changes.query})", keys))

    def _add(self, table: str, types: Mapping[str, str], query: str) -> None:
        target = relation_of(self.beside, table)
        self._create(self.loading, target, types)
        batches = self.source.sql(query).to_arrow_reader(_BATCH)
        add_rows(self.loading, target, batches, self.loader)

    def _switched(self, load: _Load) -> Copied:
        """Put the rows beside in the place of those that are there."""
        table, target = load.table, relation_of(self.schema, load.table)
        with self._named(table):
            rows = count(self.source, relation(self.gold, table))
            self._prepare(load)
            if load.changes:
                self._replace(load, load.changes)
                if self._rows(load) == rows:
                    return Copied(table, rows, self._rows(load, self.beside))
                # Somebody else changed the rows that are there.
                self.loading.execute(f"drop table {relation_of(self.beside, table)}")
                load = replace(load, changes=None)
                self._copy_beside(load)
            if load.found:
                self.switching.execute(f"delete from {target} with (tablockx)")  # noqa: S608  # quoted
            self._insert(load)
            check_count(table, rows, self._rows(load))
        return Copied(table, rows)

    def _prepare(self, load: _Load) -> None:
        """Make the table, where there is none with these columns."""
        target = relation_of(self.schema, load.table)
        if load.found and list(self._columns(load.table).items()) == list(load.types.items()):
            return
        if load.found:
            self.switching.execute(f"drop table {target}")
            self.notes.append(f"{load.table}: its columns changed, so it was replaced; grants on it are gone")
        self._create(self.switching, target, load.types)

    def _replace(self, load: _Load, changes: Changes) -> None:
        """Put the rows of some keys in the place of those that are there; a null is a key like others."""
        keys = [bracketed(name) for name in changes.columns]
        ours, theirs = (", ".join(f"{alias}.{key}" for key in keys) for alias in ("held", "changed"))
        self.switching.execute(
            f"delete held from {relation_of(self.schema, load.table)} as held with (tablockx) "  # noqa: S608
            f"where exists (select 1 from {relation_of(self.beside, load.keys)} as changed "
            f"where exists (select {ours} intersect select {theirs}))"
        )
        self._insert(load)

    def _insert(self, load: _Load) -> None:
        names = ", ".join(map(bracketed, load.types))
        self.switching.execute(
            f"insert into {relation_of(self.schema, load.table)} ({names}) "  # noqa: S608
            f"select {names} from {relation_of(self.beside, load.table)}"
        )

    def _rows(self, load: _Load, schema: str = "") -> int:
        return int(self._value(f"select count_big(*) from {relation_of(schema or self.schema, load.table)}"))  # noqa: S608

    def _size(self, tables: Iterable[str]) -> int:
        """Bytes that tables take, as SQL Server counts them; others that speak T-SQL may not."""
        if self._value("select object_id('sys.allocation_units')") is None:
            self.notes.append("the server does not tell how large its tables are: 0 bytes stand for that")
            return 0
        return sum(int(self._value(_SIZE, relation_of(self.schema, table))) for table in tables)

    def _log(self, rows: Mapping[str, int], former: Mapping[str, str | None]) -> None:
        """Write the delivery down; that of the same run before it never was."""
        log = relation_of(self.schema, LOG)
        if not self._columns(LOG):
            self.switching.execute(f"create table {log} ({_LOG_COLUMNS})")
        for table in former.keys() - rows.keys():  # other tables are not ours
            self.switching.execute(f"drop table if exists {relation_of(self.schema, table)}")
        self.switching.execute(f"delete from {log} where run_id = ?", (self.gold.run["run_id"],))  # noqa: S608
        for row in self.gold.log_rows(rows, self.stamps.latest):
            self.switching.execute(f"insert into {log} values (?, ?, ?, ?, ?, ?, ?)", tuple(row))  # noqa: S608

    def _create(self, cursor: Any, target: str, types: Mapping[str, str]) -> None:
        columns = ", ".join(f"{bracketed(name)} {kind} null" for name, kind in types.items())
        cursor.execute(f"create table {target} ({columns})")

    def _columns(self, table: str) -> dict[str, str]:
        """The columns that a table has now, in order; none if there is no such table."""
        self.switching.execute(_COLUMNS, (relation_of(self.schema, table),))
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
