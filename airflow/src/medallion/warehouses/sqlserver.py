"""SQL Server, the production target; its address and login come from the environment alone."""

from __future__ import annotations

from contextlib import AbstractContextManager

from medallion.settings import Settings
from medallion.warehouses.base import Warehouse


def _environment(_settings: Settings, _client_id: str) -> dict[str, str]:
    return {}  # dbt/profiles.yml reads MEDALLION_SQLSERVER_* as the deployment set them


def _one_writer(settings: Settings, client_id: str) -> AbstractContextManager[None]:
    # The ledger's library, which whoever only reads clients' files does without.
    from medallion.warehouses.leased import one_lease

    return one_lease(settings, client_id)


SQLSERVER = Warehouse("sqlserver", _environment, _one_writer, concurrent_writers=True)
