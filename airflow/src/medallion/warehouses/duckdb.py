"""DuckDB, the embedded default: one file a client, one writer a file."""

from __future__ import annotations

from contextlib import AbstractContextManager

from medallion.exceptions import BuildFailed
from medallion.locks import one_at_a_time
from medallion.settings import Settings
from medallion.warehouses.base import Warehouse


def _environment(settings: Settings, client_id: str) -> dict[str, str]:
    path = settings.warehouse(client_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    return {"MEDALLION_DUCKDB_PATH": str(path), **settings.storage_variables, **settings.logins}


def _one_writer(settings: Settings, client_id: str) -> AbstractContextManager[None]:
    return one_at_a_time(settings.warehouse(client_id), doing="building", error=BuildFailed)


DUCKDB = Warehouse("duckdb", _environment, _one_writer)
