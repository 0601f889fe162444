"""A client's DuckDB file opened to be looked at: nothing of it is changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from medallion.exceptions import WarehouseError
from medallion.settings import Settings
from medallion.warehouses.held import is_held, patiently


@contextmanager
def read_only(
    settings: Settings, client_id: str, patience: float = 0.0
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a client's warehouse, read only.

    Args:
        settings: where the warehouses are.
        client_id: whose.
        patience: seconds to wait for a writer that holds it.

    Raises:
        WarehouseError: if it is not there, damaged, or held by a writer, who is named.
    """
    path = settings.warehouse(client_id)
    if not path.is_file():
        raise WarehouseError(f"{client_id} has no warehouse yet: `medallion run {client_id}` builds it")
    try:
        connection = patiently(patience)(duckdb.connect, path, read_only=True)
    except duckdb.Error as error:
        if not is_held(error):
            raise WarehouseError(f"{path} cannot be opened: {str(error).strip()}") from error
        holder = path.with_name(f"{path.name}.holder")
        named = holder.read_text("utf-8") if holder.is_file() else str(error).strip()
        raise WarehouseError(f"{path.name} is in use by {named}; try again when it is done") from error
    with connection:
        yield connection
