"""Real files that are held, full, damaged or not there, and what DuckDB and SQLite say of them."""

import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from dbt.contracts.graph.manifest import Manifest

from medallion.database import engine_of
from medallion.exceptions import BuildFailed, DamagedError, PublishError, WarehouseError
from medallion.extract import check_landing
from medallion.extract.parts import columns_of, is_whole, rows_of, write_part
from medallion.failures import Action, classify
from medallion.interval import Interval
from medallion.ledger import Ledger, RunKey
from medallion.ledger.tables import failed_try
from medallion.publish.source import attach
from medallion.settings import Settings
from medallion.warehouses import writing
from medallion.warehouses.duckdb_reading import read_only
from medallion.warehouses.held import wait_for

HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


@pytest.fixture
def held(tmp_path):
    """A client's warehouse that another process has open."""
    path = Settings(project=tmp_path, home=tmp_path).warehouse("shop")
    path.parent.mkdir()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "held\n"
    yield path
    holder.communicate("")


def test_whoever_has_a_warehouse_open_is_named_to_a_writer(held):
    with pytest.raises(
        BuildFailed, match=r"(?s)shop\.duckdb is in use; waited 0 s for it.*PID \d+"
    ) as caught:
        wait_for(held, 0.0)
    assert (classify(caught.value).kind, classify(caught.value).action) == ("locked", Action.WAIT)


def test_a_warehouse_that_another_process_holds(held, tmp_path):
    with duckdb.connect() as connection, pytest.raises(PublishError) as caught:
        attach(connection, held, "source", 0.0)
    assert (classify(caught.value).kind, classify(caught.value).action) == ("locked", Action.WAIT)
    with (
        pytest.raises(WarehouseError) as caught,
        read_only(Settings(project=tmp_path, home=tmp_path), "shop"),
    ):
        pass
    assert classify(caught.value).kind == "locked"


def _duckdb(sql, **config):
    with duckdb.connect(config=config) as connection:
        connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("copy (select range from range(9)) to '/dev/full' (format csv)", "disk full"),
        ("select * from read_csv('nowhere/*.csv')", "not delivered"),
        ("select cast('a' as integer)", "data wrong"),
        ("create table a (i integer primary key); insert into a values (1), (1)", "data wrong"),
        ("select i from range(3)", "schema changed"),
        ("select * from nowhere", "schema changed"),
        ("select nothing_of_the_kind(1)", "SQL wrong"),
        ("selec 1", "SQL wrong"),
    ],
)
def test_what_duckdb_says(sql, kind):
    with pytest.raises(duckdb.Error) as caught:
        _duckdb(sql)
    assert classify(caught.value).kind == kind


def test_too_little_memory():
    with pytest.raises(duckdb.Error) as caught:
        _duckdb("select list(range) from range(9000000)", memory_limit="10MB", temp_directory="")
    assert classify(caught.value).kind == "out of memory"


def test_two_transactions_that_change_the_same_row():
    with duckdb.connect() as one, one.cursor() as other:
        one.execute("create table a (i integer); insert into a values (1); begin; update a set i = 2")
        with pytest.raises(duckdb.Error) as caught:
            other.execute("update a set i = 3")
    assert (classify(caught.value).kind, classify(caught.value).action) == ("deadlock", Action.AT_ONCE)


def test_a_disk_without_room_and_a_file_that_is_not_there(tmp_path):
    with (
        pytest.raises(OSError, match="No space left") as caught,
        Path("/dev/full").open("wb", buffering=0) as full,
    ):
        full.write(b"x")
    assert (classify(caught.value).kind, classify(caught.value).sign) == ("disk full", "errno ENOSPC")
    with pytest.raises(FileNotFoundError) as caught:
        (tmp_path / "nothing").read_bytes()
    assert classify(caught.value).kind == "not delivered"
    with pytest.raises(NotADirectoryError) as caught:
        list(Path("/dev/full").iterdir())
    assert classify(caught.value).kind == "unknown"


@pytest.mark.parametrize("damage", ["random", "flipped", "cut"])
def test_a_damaged_duckdb_file(tmp_path, damage):
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create table a as select range as i, repeat('x', 200) as x from range(50000)")
    whole = bytearray(path.read_bytes())
    for place in range(13_000, len(whole), 4096):
        whole[place] ^= 0xFF
    path.write_bytes(
        {"random": os.urandom(20_000), "flipped": bytes(whole), "cut": bytes(whole[:20_000])}[damage]
    )
    with pytest.raises(duckdb.Error) as caught, duckdb.connect(path) as connection:
        connection.execute("select sum(i), sum(length(x)) from a").fetchall()
    assert (classify(caught.value).kind, classify(caught.value).action) == ("corrupt", Action.STOP)


def test_a_damaged_warehouse_is_not_taken_for_one_in_use(tmp_path):
    settings = Settings(project=tmp_path, home=tmp_path)
    path = settings.warehouse("shop")
    path.parent.mkdir()
    path.write_bytes(os.urandom(20_000))
    with (
        pytest.raises(WarehouseError, match=f"{path} cannot be opened: .*not a valid") as caught,
        read_only(settings, "shop", patience=30),
    ):
        pass
    assert classify(caught.value).kind == "corrupt"
    with pytest.raises(DamagedError, match=f"{path} is damaged: ") as caught, writing(settings, "shop"):
        pass
    assert classify(caught.value).kind == "corrupt"


def test_a_commit_on_a_full_disk_is_no_deadlock():
    """As DuckDB raises it where the log finds no room, and where two transactions change a row."""
    full = duckdb.TransactionException(
        'TransactionContext Error: Failed to commit: Could not write file "a.wal": No space left on device'
    )
    conflict = duckdb.TransactionException("TransactionContext Error: Conflict on update!")
    assert (classify(full).kind, classify(conflict).kind) == ("disk full", "deadlock")


@pytest.mark.parametrize("damage", ["random", "cut", "page"])
def test_a_damaged_landing_file(tmp_path, damage):
    place = tmp_path / "shop/sales/orders/year=2026/month=01/day=15/part-0.parquet"
    place.parent.mkdir(parents=True)
    batch = pa.record_batch({"i": list(range(5000)), "x": [f"{i * i}" for i in range(5000)]})
    day = Interval(datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC))
    write_part(place, batch.schema, [batch], day)
    partition = day.partition_path(sub_daily=False)
    check_landing(tmp_path, "shop", [partition])
    whole = place.read_bytes()
    page = whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:]
    place.write_bytes({"random": os.urandom(5000), "cut": whole[:-9], "page": page}[damage])
    with pytest.raises(DamagedError, match=f"{place} is damaged: ") as caught:
        check_landing(tmp_path, "shop", ["year=2025/month=01/day=01", partition])
    assert (classify(caught.value).kind, classify(caught.value).action) == ("corrupt", Action.STOP)
    if damage != "page":
        for look in (columns_of, is_whole, rows_of):
            with pytest.raises(DamagedError):
                look(place)


@pytest.mark.parametrize("left", [b"\xc1", b"garbage", b""])
def test_a_damaged_manifest(left):
    with pytest.raises(ValueError, match=r"^$|extra data|incomplete") as caught:
        Manifest.from_msgpack(left)
    assert classify(caught.value).kind == "corrupt"


def test_a_damaged_ledger_is_named(tmp_path):
    path = tmp_path / "registry.db"
    url = f"sqlite:///{path}"
    ledger, key = Ledger(engine_of(url)), RunKey("dag", "run")
    ledger.start_build(key, "bronze", 1)
    path.write_bytes(path.read_bytes()[:4096] + os.urandom(200_000))
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    for use in (lambda: ledger.start_build(key, "bronze", 1), lambda: ledger.rows_of(failed_try, key)):
        with pytest.raises(DamagedError, match=f"^{path} is damaged: ") as caught:
            use()
        assert classify(caught.value).kind == "corrupt"
    engine_of.cache_clear()
    path.write_bytes(os.urandom(9000))
    with pytest.raises(DamagedError, match="file is not a database"):
        engine_of(url)


def test_a_registry_that_is_damaged_or_locked(tmp_path):
    (tmp_path / "damaged.db").write_bytes(os.urandom(9000))
    damaged, waiting = (
        sqlite3.connect(tmp_path / "damaged.db"),
        sqlite3.connect(tmp_path / "a.db", timeout=0.01),
    )
    holder = sqlite3.connect(tmp_path / "a.db")
    try:
        with pytest.raises(sqlite3.DatabaseError) as caught:
            damaged.execute("select * from run")
        assert classify(caught.value).kind == "corrupt"
        holder.execute("create table a (i integer)")
        holder.execute("begin exclusive")
        with pytest.raises(sqlite3.OperationalError) as caught:
            waiting.execute("insert into a values (1)")
        assert classify(caught.value).kind == "locked"
    finally:
        for one in (damaged, waiting, holder):
            one.close()
