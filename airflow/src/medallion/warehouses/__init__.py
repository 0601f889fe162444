"""The dbt targets: one file each, declared as data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from medallion.exceptions import ConfigError
from medallion.settings import Settings
from medallion.warehouses.base import Warehouse
from medallion.warehouses.duckdb import DUCKDB
from medallion.warehouses.reading import Reading
from medallion.warehouses.sqlserver import SQLSERVER

WAREHOUSES = {warehouse.target: warehouse for warehouse in (DUCKDB, SQLSERVER)}


def warehouse_of(settings: Settings) -> Warehouse:
    """The warehouse of this installation.

    Raises:
        ConfigError: if ``MEDALLION_TARGET`` names none.
    """
    try:
        return WAREHOUSES[settings.target]
    except KeyError:
        raise ConfigError(
            f"MEDALLION_TARGET: must be one of {', '.join(WAREHOUSES)}, is {settings.target}"
        ) from None


@contextmanager
def dbt_environment(settings: Settings, client_id: str) -> Iterator[None]:
    """Set the variables that ``dbt/profiles.yml`` reads for a client, for as long as the block runs."""
    values = warehouse_of(settings).environment(settings, client_id)
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def writing(settings: Settings, client_id: str) -> AbstractContextManager[object]:
    """Hold the client's warehouse for one writer."""
    return warehouse_of(settings).lock(settings, client_id)


def reading(settings: Settings, client_id: str, patience: float = 0.0) -> AbstractContextManager[Reading]:
    """Open a client's warehouse to be looked at.

    Args:
        settings: where it is.
        client_id: whose.
        patience: seconds to wait for a writer.

    Raises:
        WarehouseError: if it is not there, cannot be opened, or a writer holds it.
    """
    return warehouse_of(settings).reading(settings, client_id, patience)


__all__ = ["WAREHOUSES", "Reading", "Warehouse", "dbt_environment", "reading", "warehouse_of", "writing"]
