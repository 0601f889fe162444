"""Homes with a little of everything, archives of them, and archives that were tampered with."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import tarfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import JSON, Date, DateTime, Engine, Float, Integer, LargeBinary, select

from medallion.backup.make import back_up
from medallion.database import engine_of, metadata
from medallion.ledger import tables as _ledger  # noqa: F401
from medallion.registry import tables as _registry  # noqa: F401
from medallion.settings import Settings

PROJECT = Path(__file__).resolve().parents[3]
Rows = dict[str, list[tuple[Any, ...]]]
#: What a text may hold that a careless copy would change.
ODD = 'it\'s 100% "odd"\n\té 𝄞 \\N $1 :name'


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that has all kinds of things, and its backup beside it; the database has three rows a table."""
    made = home_of(tmp_path_factory.mktemp("furnished") / "home")
    fill(engine_of(made.database_url))
    _furnish(made.home)
    back_up(made, made.home.with_name("backup.tar.gz"))
    return made.home


@pytest.fixture
def settings(furnished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The installation, the test's own."""
    for name in [name for name in os.environ if name.startswith("MEDALLION_")]:
        monkeypatch.delenv(name)
    shutil.copytree(furnished, tmp_path / "home", symlinks=True)
    return home_of(tmp_path / "home")


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    """An installation that is not there yet."""
    return home_of(tmp_path / "new" / "home")


@pytest.fixture
def archive(furnished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(furnished.with_name("backup.tar.gz"), tmp_path))


def home_of(home: Path) -> Settings:
    return Settings(PROJECT, home, database_url=f"sqlite:///{home / 'registry.db'}")


def on(settings: Settings, url: str) -> Settings:
    return replace(settings, database_url=url)


def _furnish(home: Path) -> None:
    texts = {
        "reports/index.html": "<p>all</p>",
        "reports/acme/year=2026/month=01/day=15/run_report.json": "{}",
        "reports/acme/.run_report.json.99": "half",
        "outbox/2026.eml": ODD,
        "landing/acme/crm/people/year=2026/month=01/day=15/part-0.parquet": "landed",
        "landing/.staging/acme/crm/writing/people.parquet": "half",
        "destinations/lake/acme/versions/1/orders.parquet": "old",
        "destinations/lake/acme/versions/2/orders.parquet": "new",
        "airflow/airflow.db": "not ours to keep",
        "warehouse/acme.duckdb.lock": "",
    }
    for name, text in texts.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")
    (home / "destinations/lake/acme/current").symlink_to("versions/2", target_is_directory=True)
    (home / "destinations" / "outside").symlink_to("/etc", target_is_directory=True)
    for name in ("warehouse/acme.duckdb", "destinations/gold"):
        with duckdb.connect(home / name) as connection:
            connection.execute("create table t as select range as n from range(1000)")


#: What `fill` leaves.
TABLES = len(metadata.tables)
ROWS = 3 * TABLES


def fill(engine: Engine) -> None:
    """Put three rows into every table: of odd texts, of edges, and of nothing where that may be."""
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            for number in (1, 2, 3):
                values = {column.name: _value(column, number) for column in table.c}
                connection.execute(table.insert().values(values))


def _value(column: Any, number: int) -> Any:
    if column.foreign_keys:
        (other,) = column.foreign_keys
        return _value(other.column, number)
    if column.nullable and number == 3:
        return None
    for kind, made in {
        JSON: {ODD: [number, None, 0.1, True]},
        DateTime: datetime(2026, 1, number, 23, 59, 59, 999_999 * (number == 1)),
        Date: date(2026, 1, number),
        Float: 0.1 * number,
        LargeBinary: bytes([number, 0, 255]),
        Integer: number * 1_000,
    }.items():
        if isinstance(column.type, kind):
            return made
    return f"{number}{ODD}"[: column.type.length]


def rows_of(url: str) -> Rows:
    """Every row of every table, in order of its key."""
    with engine_of(url).connect() as connection:
        return {
            table.name: [
                tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))
            ]
            for table in metadata.sorted_tables
        }


def tree(folder: Path) -> dict[str, bytes | str | None]:
    """All there is under a folder: files with their bytes, links with their targets, folders."""
    found: dict[str, bytes | str | None] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = str(path.readlink())
        else:
            found[name] = path.read_bytes() if path.is_file() else None
    return found


Members = dict[str, bytes]


def read(archive: Path) -> Members:
    with tarfile.open(archive) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]


def write(archive: Path, members: Members, *others: tarfile.TarInfo) -> None:
    """Write an archive anew: sound as gzip and tar, whatever its members are; others stand before them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for info in others:
            tar.addfile(info)
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    archive.write_bytes(gzip.compress(packed.getvalue(), 1))


def change_manifest(archive: Path, **facts: Any) -> None:
    members = read(archive)
    said = json.loads(members.pop("medallion_backup.json")) | facts
    write(archive, members | {"medallion_backup.json": json.dumps(said).encode()})
