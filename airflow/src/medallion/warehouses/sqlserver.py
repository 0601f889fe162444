"""SQL Server, the production target: all clients in one database, each in schemas of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.exceptions import WarehouseError
from medallion.settings import Settings
from medallion.warehouses.base import Entities, Warehouse
from medallion.warehouses.reading import Reading

if TYPE_CHECKING:
    from medallion.warehouses.landing_tables import LandingTables


def _environment(settings: Settings, client_id: str) -> dict[str, str]:
    from medallion.warehouses.sqlserver_address import login_variables, switches

    # The rest dbt/profiles.yml reads as the deployment set it.
    schema = {"MEDALLION_SQLSERVER_SCHEMA": settings.schema_of(client_id, "work")}
    return {**login_variables(settings.name_of(client_id)), **switches(), **schema}


def _one_writer(settings: Settings, client_id: str) -> AbstractContextManager[None]:
    # The ledger's library, which whoever only reads clients' files does without.
    from medallion.warehouses.leased import one_lease

    return one_lease(settings, client_id)


def _database(_client_id: str) -> str:
    from medallion.warehouses.sqlserver_address import database

    return database()


def _take_landing(settings: Settings, client_id: str, entities: Entities) -> int:
    from medallion.clients import load_catalog
    from medallion.warehouses.landing_tables import landed_entities

    contracts = load_catalog(settings.configs).sources
    keys = {(source, name): contracts[source].entities[name].keys for source, name in entities}
    landings = landed_entities(settings.landing, client_id, keys)
    with _landing_tables(settings.name_of(client_id)) as tables:
        return tables.take(landings, settings.landing).rows


def _take_releases(settings: Settings, client_id: str, folder: Path) -> None:
    with _landing_tables(settings.name_of(client_id)) as tables:
        for file in sorted(folder.glob("*.parquet")):
            tables.replace(f"released__{file.stem}", file)


@contextmanager
def _landing_tables(client_id: str) -> Iterator[LandingTables]:
    import mssql_python  # its driver is loaded only where it is used

    from medallion.connections import shown, without_secret
    from medallion.warehouses.landing_tables import LandingTables
    from medallion.warehouses.sqlserver_address import address_of, loader
    from medallion.warehouses.sqlserver_session import session

    url = address_of(client_id)
    try:
        with (
            session(mssql_python.connect, url, autocommit=False) as switching,
            session(mssql_python.connect, url, autocommit=True) as loading,
        ):
            yield LandingTables(client_id, loading, switching, loader())
    except (mssql_python.Error, RuntimeError) as error:
        # Not from the error: a driver's message may hold the password.
        said = " ".join(without_secret(error, url).split())
        raise WarehouseError(f"{shown(url)}/{client_id}_landing cannot be loaded: {said}") from None


def _reading(settings: Settings, client_id: str, patience: float) -> AbstractContextManager[Reading]:
    from medallion.warehouses.sqlserver_reading import read_only

    return read_only(settings, client_id, patience)


@contextmanager
def _gold(settings: Settings, client_id: str, tables: Sequence[str], patience: float) -> Iterator[Path]:
    from medallion.warehouses.leased import one_lease
    from medallion.warehouses.sqlserver_gold import copied_gold

    with tempfile.TemporaryDirectory(prefix="medallion-gold-") as folder:
        file = Path(folder) / f"{client_id}.duckdb"
        # Nobody builds meanwhile: the tables are of one moment.
        with one_lease(settings, client_id, patience):
            copied_gold(settings.name_of(client_id), tables, file)
        yield file


def _set_up(settings: Settings, client_ids: Sequence[str]) -> Iterator[str]:
    from medallion.warehouses.sqlserver_setup import set_up

    yield from set_up([settings.name_of(client_id) for client_id in client_ids])


def _may_hold(_settings: Settings, _client_id: str) -> bool:
    return True


SQLSERVER = Warehouse(
    "sqlserver",
    _environment,
    _one_writer,
    database=_database,
    take_landing=_take_landing,
    take_releases=_take_releases,
    reading=_reading,
    gold=_gold,
    set_up=_set_up,
    may_hold=_may_hold,
    landing_schema=True,
    deadlocks=3,
    concurrent_writers=True,
)
