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
    """
    names = batches.schema.names
    if loader == "bulk":
        done = cursor.bulkcopy_arrow(table, batches, timeout=0, table_lock=True, column_mappings=names)
        return int(done["rows_copied"])
    listed, marks = ", ".join(map(bracketed, names)), ", ".join("?" * len(names))
    statement = f"insert into {table} ({listed}) values ({marks})"  # noqa: S608  # quoted
    count = 0
    for batch in batches:
        rows = [tuple(row.values()) for row in batch.to_pylist()]
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            cursor.executemany(statement, rows[start : start + _ROWS_AT_ONCE])
        count += len(rows)
    return count
