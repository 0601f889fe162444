"""What has to be there before a stack's parts start: databases, users, clients. Safe to repeat."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from medallion.airflow_api.named import CONNECTION, named_airflow
from medallion.clients import Catalog, load_catalog
from medallion.connections import variable_of
from medallion.database import engine_of
from medallion.embedded.commands import DAYS_AROUND
from medallion.embedded.prepare import clients_to_run, make_extracts, make_ready
from medallion.exceptions import ConfigError, RunnerError
from medallion.registry.find import live_ids
from medallion.settings import Settings
from medallion.warehouses import warehouse_of

_ADMIN_PASSWORD, _SAMPLE_ROWS = "MEDALLION_ADMIN_PASSWORD", "MEDALLION_SAMPLE_ROWS"


def set_up(settings: Settings) -> Iterator[str]:
    """Bring databases to their version, make the first users, take the clients in.

    Yields:
        What has been done, a line for each step.

    Raises:
        ConfigError: if the environment lacks a password, or holds what it may not.
        RunnerError: if Airflow's database cannot be brought to its version.
        RegistryError: if registry and ledger cannot be reached.
    """
    catalog = load_catalog(settings.configs)
    password = _needed(_ADMIN_PASSWORD)
    rows = _sample_rows()
    _migrate_airflow()
    yield "Airflow's database is at its version"
    engine_of(settings.database_url)  # which upgrades it
    yield "registry and ledger are at their version"
    yield from _people(catalog, password)
    yield from warehouse_of(settings).set_up(settings, sorted({*catalog.clients, *live_ids(settings)}))
    if rows:
        _write_samples(catalog, settings, rows)
        yield f"sample extracts are there, about {rows:,} rows of new business a client and day"
    troubled = make_ready(catalog, settings)
    yield f"{len(catalog.clients)} clients are taken in, {len(troubled)} of them with trouble"
    yield from (f"{name}: {reason}" for name, reason in troubled.items())


def _needed(variable: str) -> str:
    if said := os.environ.get(variable):
        return said
    raise ConfigError(_not_set(variable))


def _not_set(variable: str) -> str:
    return f"{variable} is not set: docker-compose.yml sets it, from what `make env` writes to .env"


def _sample_rows() -> int:
    said = os.environ.get(_SAMPLE_ROWS) or "0"
    if not said.isdigit():
        raise ConfigError(f"{_SAMPLE_ROWS} must be a whole number, or empty for no samples, is {said!r}")
    return int(said)


def _migrate_airflow() -> None:
    done = subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=False)
    if done.returncode:
        raise RunnerError(f"`airflow db migrate` ended with {done.returncode}; what it said stands above")


def _people(catalog: Catalog, password: str) -> Iterator[str]:
    from medallion.orchestration.people import Login, make_people

    named = {role for one in catalog.clients.values() for role in (*one.access.see, *one.access.trigger)}
    service = named_airflow()
    if service is None:
        raise ConfigError(_not_set(variable_of(CONNECTION)))
    made = make_people(password, Login(service.username, service.password), sorted(named))
    yield f"users and roles are there{': new are ' + ', '.join(made) if made else ''}"


def _write_samples(catalog: Catalog, settings: Settings, rows: int) -> None:
    today = datetime.now(UTC).date()
    with suppress(ConfigError):  # no client is enabled yet: there is nothing to write
        clients, _ = clients_to_run(catalog, settings)
        around = [today + timedelta(days=number) for number in DAYS_AROUND]
        make_extracts(clients, catalog, around, settings, rows_a_day=rows)
