"""Brings a database to the tables this version knows, with Alembic, once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from sqlalchemy import Connection, Engine, inspect, text

from medallion.exceptions import RegistryError

MIGRATIONS = Path(__file__).parent / "migrations"
#: The last migration: a process whose database has it need not import Alembic.
HEAD = "0007"
#: Any number, the same in every process: PostgreSQL's lock of whoever migrates.
_LOCK = 20_261_121


def upgrade(engine: Engine) -> None:
    """Bring the database's tables up to date; safe from several processes at once.

    Args:
        engine: the database.

    Raises:
        RegistryError: if a newer Medallion has upgraded it.
        sqlalchemy.exc.OperationalError: if it cannot be reached.
    """
    with engine.connect() as connection:
        version = _version(connection)
    if version == HEAD:
        return
    if version and version > HEAD:
        raise RegistryError(
            f"{engine.url.render_as_string(hide_password=True)} was upgraded by a newer Medallion, to "
            f"{version}; this one knows {HEAD}: upgrade Medallion, or restore a backup of before"
        )
    with _alone(engine), engine.begin() as connection:
        if _version(connection) != HEAD:
            _migrate(connection)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("select version_num from alembic_version")).scalar()


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Keep others from migrating meanwhile: a file beside SQLite's, a lock of PostgreSQL's own."""
    if engine.dialect.name != "sqlite":
        with engine.connect() as connection:
            connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": _LOCK})
            try:
                yield
            finally:
                connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": _LOCK})
    elif engine.url.database:
        with FileLock(f"{engine.url.database}.migrating"):
            yield
    else:
        yield
