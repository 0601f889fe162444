"""A table or view of a database, read by SQLAlchemy, in Arrow batches."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from medallion.connections import parsed, without_secret
from medallion.extract.columns import check_columns
from medallion.extract.files import BadFileError
from medallion.extract.reader import BadSourceError, Span

_CHUNK = 50_000
#: The drivers that are installed, where a URL names only its database.
_DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mssql": "mssql+mssqlpython",
}


@dataclass(frozen=True)
class SqlReader:
    """Reads one table.

    Args:
        url: the database's address with its login.
        table: its name, with the schema before it where it has one.
        cursor: the column that says when a row belongs; None reads all rows.
        span: the rows that are wanted, by that column.
        expected: columns that must be there.
    """

    url: str = field(repr=False)
    table: str
    cursor: str | None
    span: Span
    expected: Sequence[str]
    parts: int = 1

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table

    def schema(self) -> pa.Schema:
        """The table's columns as the database declares them."""
        with self._connected() as connection:
            table = self._reflected(connection)
            check_columns([column.name for column in table.columns], self.expected)
            self._bounds(table)
            return pa.schema([(column.name, _arrow_type(column.type)) for column in table.columns])

    def batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows, in those of the table's columns that are wanted."""
        with self._connected() as connection:
            table = self._reflected(connection)
            columns = [column for column in table.columns if column.name in schema.names]
            query = sa.select(*columns).where(*self._bounds(table))
            streamed = connection.execution_options(stream_results=True).execute(query)
            for rows in streamed.partitions(_CHUNK):
                yield _batch(columns, rows)

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        """A connection of its own; what goes wrong is told without the login."""
        url = parsed(self.url)
        url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
        try:
            with sa.create_engine(url, poolclass=NullPool).connect() as connection:
                yield connection
        except BadFileError as error:
            raise BadSourceError(self.table, error) from None
        except sa.exc.NoSuchTableError:
            raise BadSourceError(
                self.table, "no such table or view; expected one that the login may read"
            ) from None
        except Exception as error:  # every driver has errors of its own, and some of them quote the login
            raise BadSourceError(self.table, f"cannot be read: {without_secret(error, url)}") from None

    def _reflected(self, connection: sa.Connection) -> sa.Table:
        """The table with its columns alone: a reader need not see keys, indexes and other tables."""
        schema, _, name = self.table.rpartition(".")
        columns = sa.inspect(connection).get_columns(name, schema=schema or None)
        described = (sa.Column(one["name"], one["type"]) for one in columns)
        return sa.Table(name, sa.MetaData(schema=schema or None), *described)

    def _bounds(self, table: sa.Table) -> list[sa.ColumnElement[bool]]:
        """The conditions that the cursor's column has to meet."""
        if self.cursor is None:
            return []
        column, bounds = table.columns[self.cursor], []
        if self.span.start is not None:
            bounds.append(column >= _as_column(self.span.start, column))
        if self.span.end is not None:
            bounds.append(column < _as_column(self.span.end, column))
        return bounds


def _as_column(moment: datetime, column: sa.Column[Any]) -> object:
    """The moment as the column holds times: with a zone, in UTC without, as its day or as ISO text."""
    utc = moment.astimezone(UTC)
    if isinstance(column.type, sa.DateTime):
        return utc if column.type.timezone else utc.replace(tzinfo=None)
    if isinstance(column.type, sa.Date):
        return date(moment.year, moment.month, moment.day)
    if isinstance(column.type, sa.String):
        return utc.strftime("%Y-%m-%dT%H:%M:%S")
    raise BadFileError(f"cursor {column.name} is of type {column.type}", "a time, a day or ISO text")


def _arrow_type(kind: sa.types.TypeEngine[Any]) -> pa.DataType:
    """What a column lands as; a number without limits and what has no type in Arrow land as text, exactly."""
    known: dict[type, pa.DataType] = {
        sa.Boolean: pa.bool_(),
        sa.Integer: pa.int64(),
        sa.Float: pa.float64(),
        sa.DateTime: pa.timestamp("us"),  # in UTC, as all of landing
        sa.Date: pa.date32(),
        sa.LargeBinary: pa.binary(),
    }
    for one, arrow in known.items():
        if isinstance(kind, one):
            return arrow
    if isinstance(kind, sa.Numeric) and kind.precision is not None and kind.precision <= 38:
        return pa.decimal128(kind.precision, kind.scale or 0)
    return pa.string()


def _batch(columns: Sequence[sa.Column[Any]], rows: Sequence[sa.Row[Any]]) -> pa.RecordBatch:
    arrays = []
    for column, values in zip(columns, zip(*rows, strict=True), strict=True):
        kind = _arrow_type(column.type)
        change = _change(kind)
        plain = [None if value is None else change(value) for value in values] if change else values
        arrays.append(pa.array(plain, kind))
    return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in columns])


def _change(kind: pa.DataType) -> Callable[[Any], Any] | None:
    """How a driver's value becomes one that Arrow takes; None where it is one."""
    if pa.types.is_timestamp(kind):
        return lambda value: value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if pa.types.is_string(kind):
        return lambda value: value if isinstance(value, str) else _text(value)
    return None


def _text(value: object) -> str:
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)
