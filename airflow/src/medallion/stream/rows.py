"""Rows of landing, held against others by what tells an event from another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb
import pyarrow as pa
import pyarrow.parquet

from medallion.extract.measure import inside_sql
from medallion.extract.parts import TECHNICAL
from medallion.interval import Interval
from medallion.sql_words import quoted
from medallion.storage import Root


def read_rows(path: Root, columns: Sequence[str] | None = None) -> pa.Table | None:
    """The rows of a part without what landing adds, or some of its columns; None if there is no such part."""
    try:
        with path.open("rb") as file:
            table = pa.parquet.read_table(file, columns=list(columns) if columns else None)
    except FileNotFoundError:
        return None
    return table.drop_columns([name for name in TECHNICAL.names if name in table.column_names])


def identities(parts: Iterable[Root], identity: Sequence[str]) -> pa.Table:
    """What tells the events of some parts from others, as text; parts that are not there have none."""
    schema = pa.schema([(name, pa.string()) for name in identity])
    found = [read_rows(path, identity) for path in parts]
    texts = [_as_text(table, schema) for table in found if table is not None and table.num_rows]
    return pa.concat_tables([schema.empty_table(), *texts])


def _as_text(table: pa.Table, schema: pa.Schema) -> pa.Table:
    return pa.table([table.column(name).cast(pa.string()) for name in schema.names], schema=schema)


def unseen(fresh: pa.Table, held: pa.Table, identity: Sequence[str]) -> pa.Table:
    """The rows whose event is not among the held ones, each event once, in their order.

    Args:
        fresh: the rows.
        held: identities, as :func:`identities` gives them.
        identity: the columns that tell an event from another.
    """
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        connection.register("fresh", _numbered(fresh))
        connection.register("held", held)
        names = ", ".join(f"cast({quoted(name)} as varchar)" for name in identity)
        same = " and ".join(
            f"held.{quoted(name)} is not distinct from cast(fresh.{quoted(name)} as varchar)"
            for name in identity
        )
        chosen = connection.sql(
            f"""
            select _place from fresh
            where not exists (select 1 from held where {same})
            qualify row_number() over (partition by {names} order by _place) = 1
            order by _place
            """  # noqa: S608  # quoted
        )
        return fresh.take(chosen.to_arrow_table().column("_place"))


def compared(
    batch: pa.Table, stream: pa.Table, identity: Sequence[str], event_time: str, interval: Interval
) -> tuple[dict[str, int], pa.Table]:
    """Hold a batch's rows against those of a stream.

    Args:
        batch: rows as a batch brought them.
        stream: rows as events brought them.
        identity: the columns that tell an event from another.
        event_time: the column that says when it happened.
        interval: the batch's; what happened outside is not counted.

    Returns:
        Counts of events: ``batch_rows``, ``stream_rows``, ``same``, ``differing`` (in a column that both
        have), ``batch_only`` and ``stream_only``; and the rows of the stream that the batch has not.
    """
    both = [name for name in batch.column_names if name in stream.column_names and name not in identity]
    said = ", '|', ".join(f"coalesce({_alike(batch, stream, name)}, '∅')" for name in both) or "''"
    keys = ", ".join(f"cast({quoted(name)} as varchar) as k{place}" for place, name in enumerate(identity))
    on = " and ".join(
        f"batch.k{place} is not distinct from stream.k{place}" for place in range(len(identity))
    )
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        connection.execute("set TimeZone = 'UTC'")  # landing's times are in UTC
        for name, table in (("batch", batch), ("stream", stream)):
            types = {field.name.casefold(): field.type for field in table.schema}
            inside = f"coalesce({inside_sql(event_time, types, interval)}, false)"
            connection.register(f"{name}_rows", _numbered(table))
            connection.execute(
                f"create temp table {name} as "  # noqa: S608
                f"select {keys}, bool_or({inside}) as _inside, list(_place) as _places, "
                f"list(distinct concat({said})) as _values from {name}_rows group by all"
            )
        names = ("batch_rows", "stream_rows", "same", "differing", "batch_only", "stream_only")
        alike = "list_has_any(batch._values, stream._values)"
        counted = connection.execute(
            f"""
            select
                count(*) filter (batch._inside),
                count(*) filter (stream._inside),
                count(*) filter (batch._inside and {alike}),
                count(*) filter (batch._inside and not {alike}),
                count(*) filter (batch._inside and stream._places is null),
                count(*) filter (stream._inside and batch._places is null)
            from batch full join stream on {on}
            """  # noqa: S608  # quoted
        ).fetchall()
        left = connection.sql(
            f"select unnest(stream._places) as place from stream anti join batch on {on} order by 1"  # noqa: S608
        )
        rest = stream.take(left.to_arrow_table().column("place"))
    return dict(zip(names, counted[0], strict=True)), rest


def _alike(batch: pa.Table, stream: pa.Table, name: str) -> str:
    """A column's value as text: where one side has a number, numbers are compared as such."""
    kinds = (batch.schema.field(name).type, stream.schema.field(name).type)
    column = quoted(name)
    if any(pa.types.is_floating(kind) or pa.types.is_decimal(kind) for kind in kinds):
        return f"cast(try_cast({column} as double) as varchar)"
    return f"cast({column} as varchar)"


def _numbered(table: pa.Table) -> pa.Table:
    return table.append_column("_place", pa.array(range(table.num_rows), pa.int64()))
