"""A PostgreSQL database as destination: many clients, a schema each; a delivery is one transaction.

A table whose columns are the same keeps its grants, views and indexes: its rows, or those of the keys that
changed, are deleted and copied in anew. Not truncated: a reader with an older snapshot would find it empty,
and all others would wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
from adbc_driver_postgresql import dbapi
from sqlalchemy import URL

from medallion.connections import shown, without_secret
from medallion.exceptions import PublishError
from medallion.publish.delivery import FORMER, LOG, Copied, Delivered, Gold, copied_of
from medallion.publish.source import check_count, columns_of, count, reading, relation
from medallion.publish.stamps import Changes, Stamps, begin
from medallion.sql_words import quoted
from medallion.warehouses.columns import Dialect, selected

_DIALECT = Dialect(
    "PostgreSQL",
    {
        "BOOLEAN": "boolean",
        "SMALLINT": "smallint",
        "INTEGER": "integer",
        "BIGINT": "bigint",
        "FLOAT": "real",
        "DOUBLE": "double precision",
        "VARCHAR": "text",
        "BLOB": "bytea",
        "DATE": "date",
        "TIME": "time without time zone",
        "TIMESTAMP": "timestamp without time zone",
        "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    },
    decimal="numeric",
)
_LOG_COLUMNS = """
    run_id text not null, interval_start timestamp not null, config_version text not null,
    delivered_at timestamp not null, table_name text not null, row_count bigint not null, gold_build text
"""
#: Holds the keys of rows to be replaced, while a delivery lasts.
_CHANGED = "_delivery_changed"
_COLUMNS = """
    select attname, format_type(atttypid, atttypmod)
    from pg_attribute
    where attrelid = to_regclass($1) and attnum > 0 and not attisdropped
    order by attnum
"""
_LOCK = "select pg_advisory_xact_lock(hashtext('medallion'), hashtext($1))"
_SIZE = "select pg_total_relation_size($1::regclass)"
_HOLDERS = """
    select distinct format('process %s of %s (%s)', pid, usename, application_name)
    from pg_locks join pg_stat_activity using (pid)
    where granted and pid <> pg_backend_pid() and (
        relation in (select oid from pg_class where relnamespace = to_regnamespace($1))
        or locktype = 'advisory' and objid::bigint = hashtext($2)::bigint & 4294967295
    )
"""
_BATCH = 100_000  # rows of an Arrow batch
_LOCK_TIMEOUT = "55P03"  # lock_not_available


def deliver(gold: Gold, url: URL, patience: float) -> Delivered:
    """Make the client's tables in the database those of gold.

    Args:
        gold: what to deliver; the client's id is the schema.
        url: the database, with a login that may make the schema or owns it.
        patience: seconds to wait for another delivery, or for a reader of a table to be replaced.

    Returns:
        The schema, the rows by table, their size, and which tables were replaced.

    Raises:
        PublishError: if a table cannot be read or copied whole, or is held too long. The database is then as
            it was.
    """
    place = f"{shown(url)}/{gold.client_id}"
    with reading(gold, patience) as source, _connected(url, place) as target:
        stamps = begin(source, gold)
        try:
            return _in_one_transaction(target, stamps, place, patience)
        except (dbapi.Error, duckdb.Error) as error:
            target.rollback()
            said = _held_by(target, gold, patience) if _timed_out(error) else str(error).strip()
            raise PublishError(f"{place}: {said}") from error


def _connected(url: URL, place: str) -> dbapi.Connection:
    try:
        return dbapi.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    except dbapi.Error as error:
        # Not from the error: the driver's message may hold the password.
        raise PublishError(f"{place}: {without_secret(error, url)}") from None


def _in_one_transaction(target: dbapi.Connection, stamps: Stamps, place: str, patience: float) -> Delivered:
    gold = stamps.gold
    with target.cursor() as cursor:
        former = _prepare(cursor, gold, patience)
        copies = [_Copy(stamps, cursor, table, former.get(table)) for table in gold.tables]
        # Tables to be replaced come last: from then on their readers wait.
        done = [copy.done() for copy in sorted(copies, key=lambda copy: copy.replaces)]
        found = {copied.table: copied.rows for copied in done}
        rows = {table: found[table] for table in gold.tables}
        for table in former.keys() - rows.keys():  # other tables are not ours
            cursor.execute(f"drop table if exists {_target(gold, table)}")
        _log(cursor, gold, rows, stamps.latest)
        size = sum(_value(cursor, _SIZE, _target(gold, table)) for table in rows)
    target.commit()
    notes = [
        f"{copy.table}: its columns changed, so it was replaced; grants on it are gone"
        for copy in copies
        if copy.replaces
    ]
    return Delivered(place, rows, size, tuple(notes), copied_of(done))


def _prepare(cursor: dbapi.Cursor, gold: Gold, patience: float) -> dict[str, str | None]:
    """Hold the client's schema, make what is missing, and return what the last delivery brought."""
    settings = {"lock_timeout": f"{max(1, round(patience * 1000))}ms", "application_name": gold.doing[:63]}
    for name, value in settings.items():
        cursor.execute("select set_config($1, $2, true)", (name, value))
    cursor.execute(_LOCK, (gold.client_id,))
    if _value(cursor, "select to_regnamespace($1)::text", quoted(gold.client_id)) is None:
        cursor.execute(f"create schema {quoted(gold.client_id)}")
    log = _columns(cursor, gold, LOG)
    if not log:
        cursor.execute(f"create table {_target(gold, LOG)} ({_LOG_COLUMNS})")
    elif "gold_build" not in log:
        cursor.execute(f"alter table {_target(gold, LOG)} add column gold_build text")
    cursor.execute(FORMER.format(log=_target(gold, LOG)))
    return dict(cursor.fetchall())


class _Copy:
    """One table's way from gold into the schema."""

    def __init__(self, stamps: Stamps, cursor: dbapi.Cursor, table: str, since: str | None) -> None:
        self.source, self.gold = stamps.connection, stamps.gold
        self.cursor, self.table = cursor, table
        self.relation, self.target = relation(self.gold, table), _target(self.gold, table)
        with self._named():
            self.columns = columns_of(self.source, self.relation)
            self.types = {name: _DIALECT.type_of(kind, name) for name, kind in self.columns.items()}
            self.found = _columns(cursor, self.gold, table)
            self.changes = stamps.changes(table, since)

    @property
    def replaces(self) -> bool:
        """Whether the table is there with other columns."""
        return bool(self.found) and list(self.found.items()) != list(self.types.items())

    def done(self) -> Copied:
        """Make the table's rows those of gold, and count them."""
        with self._named():
            if self.replaces:
                self.cursor.execute(f"drop table {self.target}")
            is_new = self.replaces or not self.found
            if self.changes is not None and not is_new:
                part = self._replace(self.changes)
                if (rows := self._rows()) == count(self.source, self.relation):
                    return Copied(self.table, rows, part)
                # Else somebody changed rows there.
            if is_new:
                self._create(self.target, self.types)
            else:
                self.cursor.execute(f"delete from {self.target}")  # noqa: S608  # quoted
            self._append(self.table, selected(self.relation, self.columns))
            rows = count(self.source, self.relation)
            check_count(self.table, rows, self._rows())
        return Copied(self.table, rows)

    def _replace(self, changes: Changes) -> int:
        """Put gold's rows of some keys in the place of those that are there."""
        held, changed = _target(self.gold, _CHANGED), dict.fromkeys(changes.columns)
        keys = {name: kind for name, kind in self.columns.items() if name in changed}
        self._create(held, {name: self.types[name] for name in keys})
        self._append(_CHANGED, selected(f"({changes.query})", keys))
        names = [quoted(name) for name in keys]
        blank = " or ".join(f"{name} is null" for name in names)
        # Only by `=` can PostgreSQL look rows up; the few keys with nulls are looked for one by one.
        self._delete(held, names, "=")
        if count(self.source, f"({changes.query})", blank):
            self._delete(f"(select * from {held} where {blank})", names, "is not distinct from")  # noqa: S608
        self.cursor.execute(f"drop table {held}")
        self._append(self.table, selected(self.relation, self.columns, changes.touch("held")))
        return count(self.source, self.relation, changes.touch("held"))

    def _delete(self, changed: str, names: Sequence[str], same: str) -> None:
        matches = " and ".join(f"held.{name} {same} changed.{name}" for name in names)
        self.cursor.execute(f"delete from {self.target} as held using {changed} as changed where {matches}")  # noqa: S608

    def _create(self, target: str, types: Mapping[str, str]) -> None:
        columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in types.items())
        self.cursor.execute(f"create table {target} ({columns})")

    def _append(self, table: str, query: str) -> None:
        batches = self.source.sql(query).to_arrow_reader(_BATCH)
        self.cursor.adbc_ingest(table, batches, "append", db_schema_name=self.gold.client_id)

    def _rows(self) -> int:
        return int(_value(self.cursor, f"select count(*) from {self.target}"))  # noqa: S608  # quoted

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Say of which table an error is; one of waiting for a lock is everybody's."""
        try:
            yield
        except (dbapi.Error, duckdb.Error) as error:
            if _timed_out(error):
                raise
            what = f"{self.gold.schema}.{self.table}"
            raise PublishError(f"{what} could not be delivered: {str(error).strip()}") from error


def _log(cursor: dbapi.Cursor, gold: Gold, rows: Mapping[str, int], build: str | None) -> None:
    """Write down the delivery; that of the same run before it never was."""
    log = _target(gold, LOG)
    cursor.execute(f"delete from {log} where run_id = $1", (gold.run["run_id"],))  # noqa: S608  # quoted
    for row in gold.log_rows(rows, build):
        cursor.execute(f"insert into {log} values ($1, $2, $3, $4, $5, $6, $7)", row)  # noqa: S608


def _columns(cursor: dbapi.Cursor, gold: Gold, table: str) -> dict[str, str]:
    """The columns that a table has now, in order; none if there is no such table."""
    cursor.execute(_COLUMNS, (_target(gold, table),))
    return dict(cursor.fetchall())


def _value(cursor: dbapi.Cursor, query: str, *parameters: str) -> Any:
    cursor.execute(query, parameters or None)
    return cursor.fetchone()[0]


def _timed_out(error: Exception) -> bool:
    return getattr(error, "sqlstate", None) == _LOCK_TIMEOUT


def _held_by(target: dbapi.Connection, gold: Gold, patience: float) -> str:
    """Say who has locks on the client's schema."""
    with target.cursor() as cursor:
        cursor.execute(_HOLDERS, (quoted(gold.client_id), gold.client_id))
        holders = ", ".join(row[0] for row in cursor.fetchall())
    return f"the schema is in use by {holders or 'another session'}; waited {patience:.0f} s for it"


def _target(gold: Gold, table: str) -> str:
    return f"{quoted(gold.client_id)}.{quoted(table)}"
