"""SQL Server, the production target; its address and login come from the environment alone."""

from __future__ import annotations

from medallion.settings import Settings
from medallion.warehouses.base import Warehouse


def _environment(_settings: Settings, _client_id: str) -> dict[str, str]:
    return {}  # dbt/profiles.yml reads MEDALLION_SQLSERVER_* as the deployment set them


SQLSERVER = Warehouse("sqlserver", _environment)
