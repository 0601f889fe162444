"""DuckDB, the embedded default: one file a client, one writer a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from medallion.exceptions import BuildFailed
from medallion.locks import LOCK_SECONDS, one_at_a_time
from medallion.settings import Settings
from medallion.warehouses.base import Entities, Warehouse
from medallion.warehouses.reading import Reading


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


def _reads_landing_itself(_settings: Settings, _client_id: str, _entities: Entities) -> int:
    return 0


def _reads_releases_itself(_settings: Settings, _client_id: str, _folder: Path) -> None:
    return None


def _reading(settings: Settings, client_id: str, patience: float) -> AbstractContextManager[Reading]:
    # Who only looks at clients' files does without DuckDB.
    from medallion.warehouses.duckdb_reading import read_only

    return read_only(settings, client_id, patience)


@contextmanager
def _gold(settings: Settings, client_id: str, _tables: Sequence[str], _patience: float) -> Iterator[Path]:
    yield settings.warehouse(client_id)


def _set_up(_settings: Settings, _client_ids: Sequence[str]) -> Iterator[str]:
    yield from ()  # the first build makes a client's file


def _may_hold(settings: Settings, client_id: str) -> bool:
    return settings.warehouse(client_id).exists()


def _file_name(client_id: str) -> str:
    return client_id  # DuckDB calls a database as its file


DUCKDB = Warehouse(
    "duckdb",
    _environment,
    _one_writer,
    database=_file_name,
    take_landing=_reads_landing_itself,
    take_releases=_reads_releases_itself,
    reading=_reading,
    gold=_gold,
    set_up=_set_up,
    may_hold=_may_hold,
)
