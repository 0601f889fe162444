"""DuckDB, the embedded default: one file a client, one writer a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from medallion.exceptions import BuildFailed
from medallion.locks import LOCK_SECONDS, one_at_a_time
from medallion.settings import Settings
from medallion.warehouses.base import Warehouse


def _environment(settings: Settings, client_id: str) -> dict[str, str]:
    path = settings.warehouse(client_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    return {"MEDALLION_DUCKDB_PATH": str(path), **settings.storage_variables, **settings.logins}


@contextmanager
def _one_writer(settings: Settings, client_id: str, patience: float = LOCK_SECONDS) -> Iterator[None]:
    # Who only looks at clients' files does without.
    from medallion.warehouses.held import wait_for

    path = settings.warehouse(client_id)
    with one_at_a_time(path, doing="building", error=BuildFailed, patience=patience):
        wait_for(path, patience)  # a person's DuckDB knows nothing of our lock
        yield


DUCKDB = Warehouse("duckdb", _environment, _one_writer)
