"""Arrow's batches → a table of SQL Server, by the driver's bulk copy or by plain inserts."""

from __future__ import annotations

from typing import Any

from medallion.warehouses.sqlserver_types import bracketed

_ROWS_AT_ONCE = 1_000


def add_rows(cursor: Any, table: str, batches: Any, loader: str) -> int:
    """Add rows to a table.

    Args:
        cursor: of a session that commits each statement; a bulk copy opens one of its own beside it.
        table: quoted, with its schema.
        batches: a reader of Arrow's record batches, whose columns are named as the table's.
        loader: ``bulk`` or ``insert``.

    Returns:
        How many rows.

    Raises:
        RuntimeError: if the driver breaks down in a bulk copy, or the server refuses it.
    """
    names = batches.schema.names
    if loader == "bulk":
        return _bulk_copied(cursor, table, batches)
    listed, marks = ", ".join(map(bracketed, names)), ", ".join("?" * len(names))
    statement = f"insert into {table} ({listed}) values ({marks})"  # noqa: S608  # quoted
    count = 0
    for batch in batches:
        rows = [tuple(row.values()) for row in batch.to_pylist()]
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            cursor.executemany(statement, rows[start : start + _ROWS_AT_ONCE])
        count += len(rows)
    return count


def _bulk_copied(cursor: Any, table: str, batches: Any) -> int:
    names = batches.schema.names
    try:
        done = cursor.bulkcopy_arrow(table, batches, timeout=0, table_lock=True, column_mappings=names)
    except BaseException as error:
        # A panic of the driver's core is no Exception and has no type that can be imported: it was seen with
        # a server that speaks TDS otherwise than Microsoft's.
        if type(error).__name__ != "PanicException":
            raise
        raise RuntimeError(
            f"the driver broke down in a bulk copy ({error}); "
            "with MEDALLION_SQLSERVER_LOADER=insert rows come by plain inserts"
        ) from None
    return int(done["rows_copied"])
