"""Arrow batches → one Parquet file, the same bytes for the same rows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet

from medallion.exceptions import DamagedError
from medallion.interval import Interval
from medallion.storage import Root

#: Rows of a row group, as DuckDB reads them best.
_GROUP = 122_880
#: Marks, in a file's own metadata, an entity's first run that brought all rows.
_WHOLE = "medallion.whole"
TECHNICAL = pa.schema([("_interval_start", pa.timestamp("us")), ("_run_date", pa.date32())])


def write_part(
    path: Path,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    interval: Interval,
    *,
    whole: bool = False,
) -> int:
    """Write an entity's rows, each with its interval's start and day, and see them safely on disk.

    Args:
        path: the file to write.
        schema: the columns to write; a column that a batch lacks is null.
        batches: the rows, in order.
        interval: whose rows they are.
        whole: mark the file as holding all rows there were, not just the interval's.

    Returns:
        The number of rows.
    """
    landed = pa.schema([*schema, *TECHNICAL])
    rows = 0
    with pa.parquet.ParquetWriter(
        path, landed, compression="zstd", compression_level=1, store_schema=False, write_page_checksum=True
    ) as writer:
        for group in _groups(_aligned(batch, schema) for batch in batches):
            writer.write_table(_stamped(group, landed, interval), row_group_size=_GROUP)
            rows += group.num_rows
        if whole:
            writer.add_key_value_metadata({_WHOLE: "true"})
    _sync(path)
    return rows


def columns_of(path: Root) -> pa.Schema:
    """The columns of a part as its source gave them, without those that landing adds.

    Raises:
        DamagedError: if it is no whole Parquet file.
    """
    with _reading(path) as file:
        schema = pa.parquet.read_schema(file).remove_metadata()
    return pa.schema([field for field in schema if field.name not in TECHNICAL.names])


def rows_of(path: Root) -> int:
    """How many rows a part has; raises as :func:`columns_of`."""
    with _reading(path) as file:
        return int(pa.parquet.read_metadata(file).num_rows)


def is_whole(path: Root) -> bool:
    """True if the part holds all rows there were; raises as :func:`columns_of`."""
    with _reading(path) as file:
        return _WHOLE.encode() in (pa.parquet.read_metadata(file).metadata or {})


def check_part(path: Root) -> None:
    """Read all of a part, and hold its pages against the checksums they were written with.

    Bronze's reader does not: it takes what a flipped bit left for rows, where that still unpacks.

    Raises:
        DamagedError: if they are not as they were written.
    """
    with _reading(path) as file:
        part = pa.parquet.ParquetFile(file, page_checksum_verification=True)
        for _ in part.iter_batches(batch_size=_GROUP, use_threads=False):
            pass


@contextmanager
def _reading(path: Root) -> Iterator[IO[bytes]]:
    """Open a part, and say which one it is that cannot be read."""
    with path.open("rb") as file:
        try:
            yield file
        except (pa.ArrowException, OSError) as error:  # Arrow raises the second without a number
            if getattr(error, "errno", None):
                raise
            raise DamagedError({path: error}) from error


def _groups(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in tables of one size, whatever sizes the reader's blocks had."""
    waiting: list[pa.Table] = []
    count = 0
    for table in tables:
        waiting.append(table)
        count += table.num_rows
        while count >= _GROUP:
            joined = pa.concat_tables(waiting)
            yield joined.slice(0, _GROUP).combine_chunks()
            waiting, count = [joined.slice(_GROUP)], count - _GROUP
    if count:
        yield pa.concat_tables(waiting).combine_chunks()


def _aligned(batch: pa.RecordBatch, schema: pa.Schema) -> pa.Table:
    """The batch in the columns and types of the schema."""
    if batch.schema.equals(schema):
        return pa.Table.from_batches([batch])
    have = set(batch.schema.names)
    columns = [
        batch.column(field.name) if field.name in have else pa.nulls(len(batch), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)  # casts what is narrower


def _stamped(table: pa.Table, landed: pa.Schema, interval: Interval) -> pa.Table:
    start = pa.scalar(interval.start.replace(tzinfo=None), pa.timestamp("us"))
    day = pa.scalar(interval.run_date, pa.date32())
    stamps = [pa.repeat(value, table.num_rows) for value in (start, day)]
    return pa.table([*table.columns, *stamps], schema=landed)


def _sync(path: Path) -> None:
    with path.open("rb") as handle:
        os.fsync(handle.fileno())
