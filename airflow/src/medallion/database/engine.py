"""One SQLAlchemy engine a process and database, with the tables brought up to date at first use."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, ExceptionContext, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from medallion.database.upgrade import upgrade
from medallion.exceptions import DamagedError, RegistryError

#: What SQLite says of a file that is no whole database, and of a disk without room.
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_FULL = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")


def utcnow() -> datetime:
    """Now, in UTC without zone, as every table keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)


@lru_cache
def engine_of(url: str) -> Engine:
    """The engine for a SQLAlchemy URL, its tables up to date.

    Args:
        url: ``sqlite:///…`` or ``postgresql+psycopg://…``.

    Raises:
        sqlalchemy.exc.OperationalError: if the database cannot be reached.
        DamagedError: if it is a file that is damaged; whoever reads or writes it later raises it as well.
        RegistryError: the same of a file whose disk is full, or if a newer Medallion has upgraded it.
    """
    parsed = make_url(url)
    engine = _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _pooled(parsed)
    upgrade(engine)
    return engine


def import_driver(url: str) -> None:
    """Import what talks to a database, without a word to it: a process's forks need not do so."""
    _with_driver(make_url(url)).get_dialect().import_dbapi()


def _with_driver(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _pooled(url: URL) -> Engine:
    """Connections are kept, tried before use, and never shared with a fork: workers are forks."""
    url = _with_driver(url)
    engine = create_engine(
        url, pool_size=2, max_overflow=8, pool_pre_ping=True, connect_args={"connect_timeout": 10}
    )
    os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    return engine


def _sqlite(url: URL) -> Engine:
    """Connections are closed after use: to open a file costs nothing, and an idle one may hold a lock."""
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _wal(connection: Any, _: Any) -> None:
        # Readers (the triggerer) must not wait for writers (the builds), nor hold them up.
        connection.execute("pragma journal_mode=wal")
        connection.execute("pragma synchronous=normal")

    @event.listens_for(engine, "handle_error")
    def _name_the_file(failed: ExceptionContext) -> None:
        error = failed.original_exception
        said = str(getattr(error, "sqlite_errorname", ""))
        if said.startswith(_DAMAGED):
            raise DamagedError({url.database: error}) from error
        if said.startswith(_FULL):
            raise RegistryError(f"{url.database} cannot be written, its disk is full: {error}") from error

    return engine
