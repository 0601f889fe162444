from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from medallion.exceptions import PublishError

Build = Callable[..., Path]
Publish = Callable[..., Any]
Read = Callable[..., list[Any]]

HOLD = """
import duckdb, sys, time
with duckdb.connect(sys.argv[1]) as held:
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def _log(root: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(root / "data_warehouse.duckdb", read_only=True) as consumer:
        return consumer.execute(
            "select run_id, interval_start, config_version, table_name, row_count "
            "from acme._delivery order by all"
        ).fetchall()


def test_each_delivery_is_written_down(build: Build, deliver: Publish, root: Path) -> None:
    build(daily="select 1 as n")
    deliver("daily", run_id="run_1")
    build(daily="select unnest([1, 2]) as n")
    deliver("daily", run_id="run_2")
    start = datetime(2026, 1, 15)
    assert _log(root) == [("run_1", start, "abc123", "daily", 1), ("run_2", start, "abc123", "daily", 2)]


def test_a_run_that_delivers_again_is_written_down_once(build: Build, deliver: Publish, root: Path) -> None:
    build(daily="select 1 as n")
    deliver("daily")
    deliver("daily")
    assert len(_log(root)) == 1


def test_a_failed_delivery_is_not_written_down(build: Build, deliver: Publish, root: Path) -> None:
    build(daily="select 1 as n")
    deliver("daily")
    with pytest.raises(PublishError):
        deliver("daily", "weekly", run_id="run_2")
    assert [row[0] for row in _log(root)] == ["run_1"]


def test_a_table_that_no_delivery_brought_is_left_alone(
    build: Build, deliver: Publish, delivered: Read, root: Path
) -> None:
    build(daily="select 1 as n")
    deliver("daily")
    with duckdb.connect(root / "data_warehouse.duckdb") as consumer:
        consumer.execute("create table acme.notes as select 'mine' as n")
    deliver("daily", run_id="run_2")
    assert delivered("notes") == ["mine"]


def test_a_table_made_under_a_former_ones_name_is_left_alone(
    build: Build, deliver: Publish, delivered: Read, root: Path
) -> None:
    build(daily="select 1 as n", former="select 1 as n")
    deliver("daily", "former")
    deliver("daily", run_id="run_2")
    with duckdb.connect(root / "data_warehouse.duckdb") as consumer:
        consumer.execute("create table acme.former as select 'mine' as n")
    deliver("daily", run_id="run_3")
    assert delivered("former") == ["mine"]


def test_the_delivery_is_one_file(build: Build, deliver: Publish, root: Path) -> None:
    build(daily="select range as n from range(100000)")
    delivery = deliver("daily")
    assert [path.name for path in root.iterdir() if path.suffix != ".lock"] == ["data_warehouse.duckdb"]
    assert delivery.bytes == (root / "data_warehouse.duckdb").stat().st_size


def test_clients_deliver_to_one_file_at_once(build: Build, deliver: Publish, delivered: Read) -> None:
    clients = [f"client_{number}" for number in range(4)]
    for client in clients:
        build(client, daily="select range as n from range(5000)")
    threads = [
        threading.Thread(target=deliver, args=["daily"], kwargs={"client": client}) for client in clients
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(delivered("daily", client=client)) for client in clients] == [5000] * 4


@pytest.mark.parametrize("held", ["data_warehouse.duckdb", "../acme.duckdb"])
def test_a_file_that_another_process_holds_is_waited_for(
    build: Build, deliver: Publish, delivered: Read, root: Path, held: str
) -> None:
    build(daily="select 1 as n")
    root.mkdir()
    with _holding(root / held, seconds=0.4):
        deliver("daily", patience=60)
    assert delivered("daily") == [1]


@pytest.mark.parametrize("held", ["data_warehouse.duckdb", "../acme.duckdb"])
def test_a_file_that_stays_held_names_the_process(
    build: Build, deliver: Publish, root: Path, held: str
) -> None:
    build(daily="select 1 as n")
    root.mkdir()
    with _holding(root / held, seconds=30) as process:
        with pytest.raises(PublishError, match=rf"(?s)acme: shared: .*cannot be opened.*PID {process.pid}"):
            deliver("daily", patience=0.3)
        process.kill()


def test_a_delivery_that_takes_too_long_is_named_to_the_next(
    build: Build, deliver: Publish, root: Path
) -> None:
    build(daily="select 1 as n")
    build("globex", views={"slow": "select sum(a.range + b.range) as n from range(14000) a, range(14000) b"})
    first = threading.Thread(target=deliver, args=["slow"], kwargs={"client": "globex"})
    first.start()
    while not (root / "data_warehouse.duckdb.holder").exists():
        assert first.is_alive()
        time.sleep(0.01)
    with pytest.raises(PublishError, match=r"in use by process \d+ .*\(delivery of globex, run run_1"):
        deliver("daily", patience=0.05)
    first.join()


def test_a_file_that_is_no_database_is_refused(build: Build, deliver: Publish, root: Path) -> None:
    build(daily="select 1 as n")
    root.mkdir()
    (root / "data_warehouse.duckdb").write_text("id,name\n" * 1000)
    with pytest.raises(PublishError, match=r"data_warehouse\.duckdb cannot be opened"):
        deliver("daily")


def _holding(path: Path, seconds: float) -> subprocess.Popen[str]:
    """A process that has the database open, as a BI tool would."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process
