"""What comes back from a backup is what was there, whichever databases it goes between."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from alembic import command
from alembic.config import Config
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

from medallion.backup.follow import Follower
from medallion.backup.make import back_up
from medallion.backup.restore import restore
from medallion.database import engine_of, utcnow
from medallion.database.upgrade import HEAD, MIGRATIONS
from medallion.exceptions import BackupError
from medallion.ledger import open_ledger, tables
from medallion.registry import tables as registry
from medallion.settings import Settings
from unit.backup.conftest import fill, on, read, rows_of, tree

EVENT = {"platform": "default", "subject": "acme", "action": "look", "actor": "ann", "detail": "{}"}
KEPT = ("warehouse", "destinations", "reports", "outbox")

#: Former deliveries, what is half-written, and links that lead elsewhere.
LEFT_OUT = (
    "destinations/lake/acme/versions/1",
    "destinations/lake/acme/versions/1/orders.parquet",
    "destinations/outside",
    "reports/acme/.run_report.json.99",
)


def _kept(home: Path) -> dict[str, bytes | str | None]:
    return {
        name: what
        for name, what in tree(home).items()
        if name.split("/")[0] in KEPT and not name.endswith(".lock")
    }


def test_files_and_rows_come_back_as_they_were(settings: Settings, empty: Settings, archive: Path) -> None:
    restored = restore(empty, archive)

    assert restored.done
    assert rows_of(empty.database_url) == rows_of(settings.database_url)
    assert all(len(rows) == 3 for rows in rows_of(empty.database_url).values())
    found, expected = (_kept(one.home) for one in (empty, settings))
    for name in LEFT_OUT:
        expected.pop(name)
    assert found == expected
    assert "destinations/lake/acme/current" in found
    with duckdb.connect(empty.warehouse("acme")) as connection:
        assert connection.execute("select sum(n) from t").fetchall() == [(499500,)]


@pytest.mark.parametrize(("source", "target"), [("sqlite", "postgres"), ("postgres", "sqlite")])
def test_a_database_of_one_kind_restores_onto_the_other(
    source: str,
    target: str,
    settings: Settings,
    empty: Settings,
    own_schema: Callable[[], str],
    tmp_path: Path,
) -> None:
    if source == "postgres":
        settings = on(settings, own_schema())
        fill(engine_of(settings.database_url))
    else:
        empty = on(empty, own_schema())
    archive = tmp_path / "moved.tar.gz"
    manifest = back_up(settings, archive)
    restore(empty, archive)

    assert rows_of(empty.database_url) == rows_of(settings.database_url)
    assert set(manifest.tables.values()) == {3}
    assert "s3cret" not in read(archive)["medallion_backup.json"].decode()
    ledger = open_ledger(empty.database_url)
    with ledger.engine.begin() as connection:  # new rows are numbered after those that were brought
        told = connection.execute(registry.audit_event.insert().values(**EVENT, happened_at=utcnow()))
    assert told.inserted_primary_key[0] > 3_000


def test_postgresql_is_copied_as_it_was_at_one_moment(
    settings: Settings, own_schema: Callable[[], str], tmp_path: Path
) -> None:
    settings = on(settings, own_schema())
    engine = engine_of(settings.database_url)
    fill(engine)
    copied: list[str] = []

    class Meanwhile(Follower):
        def doing(self, what: str) -> None:
            copied.append(what)
            if what == "table waiver":
                with engine.begin() as connection:
                    connection.execute(tables.waiver.delete())

    assert back_up(settings, tmp_path / "x.tar.gz", follow=Meanwhile()).tables["waiver"] == 3
    assert copied.index("table waiver") > copied.index("table audit_event")
    assert rows_of(settings.database_url)["waiver"] == []


def test_landing_is_listed_and_what_differs_is_said(
    settings: Settings, empty: Settings, archive: Path
) -> None:
    name = "landing/acme/crm/people/year=2026/month=01/day=15/part-0.parquet"
    assert json.loads(read(archive)["landing.jsonl"])["path"] == name
    assert restore(empty, archive, dry_run=True).missing == [name]

    (empty.home / name).parent.mkdir(parents=True)
    (empty.home / name).write_text("landeD")
    assert restore(empty, archive, dry_run=True).differing == [name]
    (empty.home / name).write_text("landed")
    restored = restore(empty, archive)
    assert (restored.missing, restored.differing) == ([], [])


def test_landing_comes_along_where_it_is_asked_for(
    settings: Settings, empty: Settings, tmp_path: Path
) -> None:
    archive = tmp_path / "all.tar.gz"
    back_up(settings, archive, with_landing=True)
    assert restore(empty, archive, dry_run=True).missing == []
    assert restore(empty, archive).missing == []
    landed = {name: what for name, what in tree(settings.home / "landing").items() if ".staging" not in name}
    assert tree(empty.home / "landing") == landed


def test_a_dry_run_and_a_no_write_nothing(empty: Settings, archive: Path) -> None:
    assert not restore(empty, archive, dry_run=True).done
    assert not restore(empty, archive, agreed=lambda _: False).done
    assert not empty.home.exists()


def test_an_older_database_comes_to_the_tables_of_this_version(
    settings: Settings, empty: Settings, tmp_path: Path
) -> None:
    old = tmp_path / "old.db"
    _migrate(old, "0001")
    with closing(sqlite3.connect(old)) as connection:
        connection.execute(
            "insert into extraction (dag_id, run_id, source, entity, rows, files, bytes, landed_at) "
            "values ('d', 'r', 'crm', 'people', 7, 1, 9, '2026-01-15 00:00:00')"
        )
        connection.commit()
    archive = tmp_path / "old.tar.gz"
    manifest = back_up(on(settings, f"sqlite:///{old}"), archive)
    assert manifest.schema_revision == "0001"
    restore(empty, archive)

    with engine_of(empty.database_url).connect() as connection:
        ((rows, changes),) = connection.execute(
            tables.extraction.select().with_only_columns(
                tables.extraction.c.rows, tables.extraction.c.changes
            )
        ).all()
    assert (rows, changes) == (7, [])
    with closing(sqlite3.connect(old)) as connection:  # to copy it is not to migrate it
        assert connection.execute("select version_num from alembic_version").fetchall() == [("0001",)]
    assert HEAD != "0001"


def _migrate(path: Path, revision: str) -> None:
    with create_engine(f"sqlite:///{path}", poolclass=NullPool).begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        assert inspect(connection).has_table("extraction")


def test_what_was_encrypted_stays_so_and_a_missing_key_is_named(
    settings: Settings, empty: Settings, tmp_path: Path
) -> None:
    from medallion.registry.cipher import Cipher

    key = Fernet.generate_key().decode()
    sealed = Cipher(key).seal('{"secret": 1}')
    with engine_of(settings.database_url).begin() as connection:
        connection.execute(registry.configuration.update().values(config_json=sealed))
    archive = tmp_path / "sealed.tar.gz"
    assert back_up(settings, archive).encrypted
    assert b"secret" not in read(archive)["registry.db"]

    said = restore(empty, archive, dry_run=True).sealed
    assert said == "the registry is encrypted, and MEDALLION_FERNET_KEY is not set"
    other = replace(empty, fernet_keys=Fernet.generate_key().decode())
    assert "not in MEDALLION_FERNET_KEY" in str(restore(other, archive, dry_run=True).sealed)
    assert restore(replace(empty, fernet_keys=key), archive).sealed is None
    assert {row[3] for row in rows_of(empty.database_url)["configuration"]} == {sealed}


def test_a_row_that_the_database_refuses_leaves_nothing(
    settings: Settings, empty: Settings, own_schema: Callable[[], str], tmp_path: Path
) -> None:
    """SQLite keeps texts of any length; PostgreSQL keeps to the columns' lengths."""
    with engine_of(settings.database_url).begin() as connection:
        connection.execute(tables.waiver.update().values(signed_by="x" * 300))
    archive = tmp_path / "long.tar.gz"
    back_up(settings, archive)
    empty = on(empty, own_schema())
    with pytest.raises(BackupError, match=r"postgresql://127.* cannot be filled: value too long"):
        restore(empty, archive)
    assert tree(empty.home) == {}
    assert not any(rows_of(empty.database_url).values())


def test_an_installation_without_a_database_is_none(empty: Settings, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"nothing to back up: .*registry\.db is not there"):
        back_up(empty, tmp_path / "none" / "x.tar.gz")
    assert tree(tmp_path / "none") == {}
