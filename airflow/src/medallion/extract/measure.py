"""What a staged file says of its rows: blanks, and when they happened; DuckDB reads each file once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from medallion.extract.parts import columns_of
from medallion.interval import Interval
from medallion.sql_words import quoted
from medallion.storage import Root, readable_by

#: What Python's datetime can hold, and DuckDB's can leave; a time beyond it is none.
_READABLE = "between timestamp '0001-01-01' and timestamp '9999-12-31'"


@dataclass(frozen=True)
class Measured:
    """What one scan of a file gave.

    Attributes:
        blanks: rows in which a column is null or blank, by the column.
        timed: rows whose event_time is filled.
        outside: those of them that did not happen inside the interval, or whose time cannot be read.
        newest: the last moment that an event_time names, in UTC without zone.
    """

    blanks: Mapping[str, int] = field(default_factory=dict)
    timed: int = 0
    outside: int = 0
    newest: datetime | None = None


class Files:
    """Measures Parquet files, all over one connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def measure(
        self, path: Path, interval: Interval, filled: Sequence[str], event_time: str | None, *, later: bool
    ) -> Measured:
        """Scan a file once.

        Args:
            path: the file; its columns' names are compared without case.
            interval: what rows are held against.
            filled: the columns whose blanks are counted.
            event_time: the column that says when a row happened.
            later: whether a moment after the interval's end may be the newest.
        """
        types = _types_of(path)
        asked = [_count(_is_blank(one, types)) for one in filled]
        dated = event_time is not None and event_time.casefold() in types
        if event_time and dated:
            moment, inside = moment_sql(event_time, types), inside_sql(event_time, types, interval)
            timed = f"not ({_is_blank(event_time, types)})"
            newest = moment if later else f"case when {moment} < {_literal(interval.end)} then {moment} end"
            asked += [
                _count(timed),
                _count(f"{timed} and not coalesce({inside}, false)"),
                f"max({newest}) filter ({moment} {_READABLE})",
            ]
        if not asked:
            return Measured()
        found = self._read(", ".join(asked), path)
        blanks = dict(zip(filled, found, strict=False))
        return Measured(blanks, *found[len(filled) :])

    def newest(self, path: Root, event_time: str, end: datetime) -> datetime | None:
        """The last moment before ``end`` that a landed file's event_time names; None if it names none."""
        types = _types_of(path)
        if event_time.casefold() not in types:
            return None  # landed before the contract named it
        moment = moment_sql(event_time, types)
        before = f"{moment} {_READABLE} and {moment} < {_literal(end)}"
        found: tuple[datetime | None, ...] = self._read(f"max({moment}) filter ({before})", path)
        return found[0]

    def _read(self, asked: str, path: Root) -> tuple[Any, ...]:
        readable_by(self._connection, path)
        # Names and times are quoted here; the path is a value.
        query = f"select {asked} from read_parquet($1, hive_partitioning = false)"  # noqa: S608
        return self._connection.execute(query, [str(path)]).fetchone() or ()


@contextmanager
def measuring() -> Iterator[Files]:
    """Open what measures files."""
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        connection.execute("set TimeZone = 'UTC'")  # landing's times are in UTC
        yield Files(connection)


def _types_of(path: Root) -> dict[str, pa.DataType]:
    return {one.name.casefold(): one.type for one in columns_of(path)}


def _count(condition: str) -> str:
    return f"count(*) filter ({condition})"


def _literal(moment: datetime) -> str:
    return f"timestamp '{moment:%Y-%m-%d %H:%M:%S.%f}'"


def _text(column: str) -> str:
    """The column as text, blank as null, as bronze reads it."""
    return f"nullif(trim(cast({quoted(column)} as varchar)), '')"


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_time(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def _is_blank(column: str, types: Mapping[str, pa.DataType]) -> str:
    kind = types.get(column.casefold())
    if kind is None:
        return "true"  # schema_changes: freeze leaves out a column that the contract named only later
    return f"{_text(column) if _is_text(kind) else quoted(column)} is null"


def moment_sql(column: str, types: Mapping[str, pa.DataType]) -> str:
    """The column as a moment in UTC; null where it is none."""
    if _is_time(types[column.casefold()]):
        return f"cast({quoted(column)} as timestamp)"
    return f"cast(try_cast({_text(column)} as timestamptz) as timestamp)"


def inside_sql(column: str, types: Mapping[str, pa.DataType], interval: Interval) -> str:
    """Whether a row happened inside the interval; a day without a time does if any of it lies inside."""
    moment, kind = moment_sql(column, types), types[column.casefold()]
    last = Interval(interval.end - timedelta(microseconds=1), interval.end, interval.zone).run_date
    by_day = f"{moment} between date '{interval.run_date}' and date '{last}'"
    by_time = f"{moment} >= {_literal(interval.start)} and {moment} < {_literal(interval.end)}"
    if _is_time(kind):
        return by_day if pa.types.is_date(kind) else by_time
    return f"case when length({_text(column)}) <= 10 then {by_day} else {by_time} end"
