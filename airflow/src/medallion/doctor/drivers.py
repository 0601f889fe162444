"""The drivers that this installation's warehouse, registry, sources and destinations need."""

from __future__ import annotations

import ctypes
import importlib
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from medallion.deployment.odbc import driver_library
from medallion.doctor.finding import BAD, OK, WARN, Finding
from medallion.registry.definition import Definition
from medallion.settings import Settings


class Driver(NamedTuple):
    """A driver: its package, the module that loads its library (none if that takes long), and for what.

    Where the module leaves its library for the first session, ``library`` says where it is.
    """

    package: str
    module: str | None
    serves: str
    library: Callable[[], Path] | None = None


_DRIVERS = (
    Driver("duckdb", "duckdb", "duckdb"),
    Driver("dbt-duckdb", None, "duckdb"),
    Driver("dbt-sqlserver", None, "sqlserver"),
    # Its wheel brings Microsoft's ODBC driver, which wants libraries of the system.
    Driver("mssql-python", "mssql_python", "sqlserver", driver_library),
    Driver("psycopg", "psycopg", "postgres"),
    Driver("adbc-driver-postgresql", "adbc_driver_postgresql", "postgres"),
)


def drivers(settings: Settings, definitions: Iterable[Definition]) -> Iterator[Finding]:
    """Load each driver; those that nobody here uses may be missing."""
    used = _used(settings, definitions)
    for one in _DRIVERS:
        yield driver(one, needed=one.serves in used)


def driver(one: Driver, *, needed: bool) -> Finding:
    """Load a driver."""
    try:
        version = metadata.version(one.package)
        if one.module:
            importlib.import_module(one.module)
        if one.library and needed:  # it wants libraries of the system, which a laptop on DuckDB does without
            ctypes.CDLL(str(one.library()))
    except (ImportError, OSError) as error:
        said = f"{one.package} cannot be loaded: {str(error).strip().splitlines()[0]}"
        todo = "make the environment anew: make environment"
        if not isinstance(error, metadata.PackageNotFoundError):
            todo += "; if a library of the system is named, install that"
        unused = "" if needed else f" (nothing here uses {one.serves})"
        return Finding("drivers", BAD if needed else WARN, said + unused, todo)
    return Finding("drivers", OK, f"{one.package} {version}")


def _used(settings: Settings, definitions: Iterable[Definition]) -> set[str]:
    used = {settings.target, "duckdb"}
    if settings.database_url.startswith("postgres"):
        used.add("postgres")
    for one in definitions:
        used.add(one.destination.type)
    return used
