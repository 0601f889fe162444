"""The dbt targets: one file each, declared as data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from medallion.exceptions import ConfigError
from medallion.settings import Settings
from medallion.warehouses.base import Warehouse
from medallion.warehouses.duckdb import DUCKDB
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


__all__ = ["WAREHOUSES", "Warehouse", "dbt_environment", "warehouse_of", "writing"]
