"""Registry and ledger as one SQLite file, from whichever database they are in, and back into either."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, func, inspect, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from medallion.backup.follow import Follower
from medallion.connections import shown
from medallion.database import engine_of, metadata, upgrade
from medallion.database.upgrade import HEAD, MIGRATIONS
from medallion.exceptions import BackupError, RegistryError
from medallion.ledger import tables as _ledger  # noqa: F401  (its tables join the metadata)
from medallion.registry import tables
from medallion.registry.cipher import Cipher

#: Rows a statement.
_BATCH = 1_000
_SQLITE = "sqlite"
#: A database that does not answer or refuses a row, or that a newer Medallion has migrated.
_NO_ANSWER = (SQLAlchemyError, CommandError)


def dump(url: str, into: Path, follow: Follower) -> None:
    """Copy the database as it is at one moment, while others go on writing.

    Raises:
        BackupError: if there is none, or it does not answer.
    """
    parsed = make_url(url)
    try:
        if parsed.get_backend_name() == _SQLITE:
            _copy_file(Path(parsed.database or ""), into)
        else:
            _copy_out(engine_of(url), into, follow)
    except (*_NO_ANSWER, sqlite3.Error) as error:
        raise BackupError(f"{shown(parsed)} cannot be copied: {_first_line(error)}") from error


def _copy_file(path: Path, into: Path) -> None:
    if not path.is_file():
        raise BackupError(f"there is nothing to back up: {path} is not there; MEDALLION_HOME names the home")
    with closing(sqlite3.connect(path, timeout=30)) as source, closing(sqlite3.connect(into)) as copy:
        source.backup(copy)


def _copy_out(engine: Engine, into: Path, follow: Follower) -> None:
    copy = _plain(into)
    upgrade(copy)
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as source, copy.begin() as to:
        _copy_rows(source, to, follow)


def schema_revision(database: Path) -> str:
    """The last migration of a SQLite file.

    Raises:
        BackupError: if it is no database of Medallion's.
    """
    try:
        with closing(sqlite3.connect(database)) as connection:
            ((check,),) = connection.execute("pragma quick_check(1)").fetchall()
            ((revision,),) = connection.execute("select version_num from alembic_version").fetchall()
    except (sqlite3.Error, ValueError) as error:
        raise BackupError(f"registry and ledger cannot be read: {error}") from error
    if check != "ok":
        raise BackupError(f"registry and ledger are damaged: {check}")
    return str(revision)


def check_revision(revision: str) -> None:
    """Refuse a database that this version does not know.

    Raises:
        BackupError: naming the revision, and the newest that is known.
    """
    known = {path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py")}
    if revision not in known:
        raise BackupError(
            f"its database is of schema {revision}, this Medallion knows up to {HEAD}: "
            "restore it with the version that wrote it, or a newer one"
        )


def bring_up_to_date(database: Path) -> None:
    """Migrate a SQLite file to the tables of this version.

    Raises:
        BackupError: if a migration fails.
    """
    try:
        upgrade(_plain(database))
    except _NO_ANSWER as error:
        raise BackupError(f"its database cannot be brought to schema {HEAD}: {_first_line(error)}") from error


def count_rows(database: Path) -> dict[str, int]:
    """The rows of each table in a SQLite file, of whichever schema."""
    engine = _plain(database)
    with engine.connect() as connection:
        there = set(inspect(connection).get_table_names())
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in sorted(metadata.tables.values(), key=lambda table: table.name)
            if table.name in there
        }


def is_encrypted(database: Path) -> bool:
    """Say whether any definition in a SQLite file needs a key."""
    return why_sealed(database, "") is not None


def why_sealed(database: Path, keys: str) -> str | None:
    """Say why definitions in a SQLite file cannot be read with these keys; None if all can."""
    with _plain(database).connect() as connection:
        for table in (tables.configuration, tables.revision):
            try:
                cipher = Cipher(keys)
                for (sealed,) in connection.execute(select(table.c.config_json)):
                    cipher.open(str(sealed))
            except RegistryError as error:
                return str(error)
    return None


def tables_in_use(url: str) -> list[str]:
    """The tables of a database that have rows already, brought up to date; none if it is not there.

    Raises:
        BackupError: if it does not answer.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == _SQLITE and not Path(parsed.database or "").is_file():
        return []
    try:
        with engine_of(url).connect() as connection:
            return [
                table.name
                for table in metadata.sorted_tables
                if connection.execute(select(1).select_from(table).limit(1)).first()
            ]
    except _NO_ANSWER as error:
        raise BackupError(f"{shown(parsed)} cannot be read: {_first_line(error)}") from error


@contextmanager
def loading(database: Path, url: str, follow: Follower) -> Iterator[None]:
    """Copy every row of a SQLite file, which is up to date; they are there once the block ends well.

    Raises:
        BackupError: if a row cannot be written; none is there then.
    """
    parsed = make_url(url)
    try:
        engine = engine_of(url)
        with _plain(database).connect() as source, engine.begin() as to:
            _copy_rows(source, to, follow)
            if parsed.get_backend_name() != _SQLITE:
                _count_on(to)
            yield
    except _NO_ANSWER as error:
        raise BackupError(f"{shown(parsed)} cannot be filled: {_first_line(error)}") from error


def _copy_rows(source: Connection, to: Connection, follow: Follower) -> None:
    for table in metadata.sorted_tables:
        follow.doing(f"table {table.name}")
        rows = source.execution_options(yield_per=_BATCH).execute(select(table))
        for batch in rows.mappings().partitions():
            to.execute(table.insert(), [dict(row) for row in batch])


def _count_on(connection: Connection) -> None:
    """Let PostgreSQL number new rows after those that came with their numbers."""
    for table in metadata.sorted_tables:
        if "id" in table.c and (last := connection.execute(select(func.max(table.c.id))).scalar()):
            connection.execute(
                text("select setval(pg_get_serial_sequence(:name, 'id'), :last)"),
                {"name": f'"{table.name}"', "last": last},
            )


def _plain(database: Path) -> Engine:
    """The engine of a file that nobody else uses, and that is left as it is."""
    return create_engine(f"sqlite:///{database}", poolclass=NullPool)


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
