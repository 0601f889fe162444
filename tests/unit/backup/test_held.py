"""A DuckDB file is copied whole, or not at all, whoever works on it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from medallion.backup.follow import Follower
from medallion.backup.held import copy_duckdb, is_duckdb, is_its_log
from medallion.backup.make import back_up
from medallion.exceptions import BackupError
from medallion.locks import one_at_a_time
from medallion.settings import Settings
from unit.backup.conftest import read

HOLD = """
import duckdb, sys
held = duckdb.connect(sys.argv[1], read_only=len(sys.argv) > 2)
if len(sys.argv) == 2:
    held.execute("insert into t select 7")
print("held", flush=True)
input()
"""


class Heard(Follower):
    def __init__(self) -> None:
        self.waits: list[str] = []

    def waiting(self, why: str) -> None:
        self.waits.append(why)


@contextmanager
def held(path: Path, *mode: str) -> Iterator[Any]:
    """Another process has the file open with DuckDB: to write, or just to read."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, path, *mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
    finally:
        holder.communicate("\n")


@pytest.fixture
def warehouse(settings: Settings) -> Path:
    return settings.warehouse("acme")


def _count(path: Path) -> int:
    with duckdb.connect(path) as connection:
        ((count,),) = connection.execute("select count(*) from t").fetchall()
    return int(count)


def test_a_file_that_is_written_is_left_out_and_who_writes_is_named(
    settings: Settings, warehouse: Path, tmp_path: Path
) -> None:
    with held(warehouse) as holder:
        manifest = back_up(settings, tmp_path / "x.tar.gz", wait=0)
        user = f"process {holder.pid}" if sys.platform == "linux" else "another process"
    assert manifest.skipped == {
        "warehouse/acme.duckdb": f"acme.duckdb is in use by {user}: it could not be copied"
    }
    assert {"destinations/gold", "registry.db"} <= set(read(tmp_path / "x.tar.gz"))
    assert "warehouse/acme.duckdb" not in read(tmp_path / "x.tar.gz")


def test_a_writer_is_waited_for(warehouse: Path, tmp_path: Path) -> None:
    heard = Heard()
    with held(warehouse) as holder:
        threading.Timer(0.5, lambda: holder.stdin.write("\n") and holder.stdin.flush()).start()
        copies = copy_duckdb(warehouse, tmp_path, 30, heard)
    assert _count(copies[0]) == 1_001
    (said,) = heard.waits
    assert said.startswith("acme.duckdb is in use by ")
    assert said.endswith("waiting up to 30 s")


def test_a_build_of_ours_is_waited_for_also_between_its_openings(warehouse: Path, tmp_path: Path) -> None:
    heard = Heard()
    with (
        one_at_a_time(warehouse, doing="building", error=BackupError),
        pytest.raises(BackupError, match=r"acme.duckdb is in use by process \d+ on .* \(building, since"),
    ):
        copy_duckdb(warehouse, tmp_path, 0.2, heard)
    assert "(building, since" in heard.waits[0]
    assert copy_duckdb(warehouse, tmp_path, 0, heard) == [tmp_path / "acme.duckdb"]


def test_a_reader_is_no_hindrance(warehouse: Path, tmp_path: Path) -> None:
    with held(warehouse, "read only"):
        (copy,) = copy_duckdb(warehouse, tmp_path, 0, Follower())
    assert _count(copy) == 1_000


def test_nobody_may_write_until_the_copy_is_there(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen from within the copying of the log, which comes after the file itself."""
    warehouse.with_name("acme.duckdb.wal").touch()
    tried: list[int] = []
    copy = shutil.copyfile

    def meanwhile(source: Path, target: Path) -> None:
        writer = [sys.executable, "-c", "import duckdb, sys; duckdb.connect(sys.argv[1])", str(warehouse)]
        tried.append(subprocess.run(writer, capture_output=True, check=False).returncode)
        copy(source, target)

    monkeypatch.setattr("medallion.backup.held.shutil.copyfile", meanwhile)
    copy_duckdb(warehouse, tmp_path, 0, Follower())
    assert tried == [1]
    monkeypatch.undo()
    assert _count(warehouse) == 1_000


def test_the_log_of_a_killed_writer_comes_along(warehouse: Path, tmp_path: Path) -> None:
    with held(warehouse) as holder:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    copies = copy_duckdb(warehouse, tmp_path, 0, Follower())
    assert [path.name for path in copies] == ["acme.duckdb", "acme.duckdb.wal"]
    assert is_its_log(warehouse.with_name("acme.duckdb.wal"))
    assert _count(copies[0]) == 1_001


def test_a_delivery_that_goes_on_is_left_out(settings: Settings, tmp_path: Path) -> None:
    folder = settings.destinations / "lake" / "acme"
    with one_at_a_time(folder.with_name(".acme"), doing="delivering", error=BackupError):
        manifest = back_up(settings, tmp_path / "x.tar.gz", wait=0)
    assert list(manifest.skipped) == ["destinations/lake/acme"]
    assert manifest.links == {}


def test_what_is_a_database_is_known_by_its_content(warehouse: Path, settings: Settings) -> None:
    assert is_duckdb(warehouse)
    assert is_duckdb(settings.destinations / "gold")
    assert not is_duckdb(settings.reports / "index.html")
    assert not is_its_log(settings.reports / "index.html")


def test_rows_written_meanwhile_are_all_in_the_copy_or_none(settings: Settings, tmp_path: Path) -> None:
    """A ledger that is written without a pause: pairs of rows, each pair in one transaction."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITE, settings.home / "registry.db"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        time.sleep(0.2)
        counts = [
            back_up(settings, tmp_path / f"{number}.tar.gz").tables["audit_event"] for number in range(3)
        ]
    finally:
        writer.kill()
        writer.communicate()
    assert counts[0] > 3
    assert counts == sorted(counts)
    assert [count % 2 for count in counts] == [1, 1, 1]


WRITE = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
database.execute("pragma journal_mode=wal")
print("writing", flush=True)
insert = (
    "insert into audit_event (platform, subject, action, actor, detail, happened_at) "
    "values ('default', 'acme', 'look', 'ann', '{}', '2026-01-15 00:00:00')"
)
while True:
    database.execute("begin")
    database.execute(insert)
    database.execute(insert)
    database.execute("commit")
"""
