"""DuckDB, the embedded default: one file a client, one writer a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from medallion.exceptions import BuildFailed
from medallion.settings import Settings
from medallion.warehouses.base import Warehouse

#: Seconds a writer waits for another one: longer than a usual build, shorter than a task's patience.
_PATIENCE = float(os.environ.get("MEDALLION_LOCK_SECONDS", "900"))


def _environment(settings: Settings, client_id: str) -> dict[str, str]:
    path = settings.warehouse(client_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    return {"MEDALLION_DUCKDB_PATH": str(path)}


@contextmanager
def _one_writer(settings: Settings, client_id: str) -> Iterator[None]:
    """Wait for the file's writer to finish; the lock dies with its process.

    Raises:
        BuildFailed: if another process keeps it, naming that process.
    """
    path = settings.warehouse(client_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    holder = path.with_suffix(".holder")
    try:
        with FileLock(path.with_suffix(".lock"), timeout=_PATIENCE):
            holder.write_text(f"process {os.getpid()}")
            yield
    except Timeout:
        named = holder.read_text() if holder.exists() else "another process"
        raise BuildFailed(f"{path.name} is being written by {named}; waited {_PATIENCE:.0f} s") from None


DUCKDB = Warehouse("duckdb", _environment, _one_writer)
