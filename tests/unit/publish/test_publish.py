"""What holds for every kind of destination."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from medallion.clients import Destination
from medallion.exceptions import PublishError

Build = Callable[..., Path]
Publish = Callable[..., Any]
Read = Callable[..., list[Any]]

both = pytest.mark.parametrize("kind", ["duckdb", "parquet"])

BREAKS = "select case when range = 900 then error('the disk is on fire') else range end as n from range(1000)"
NEVER_ENDS = "select sum(a.range * b.range) as n from range(100000000) a, range(100000000) b"


@both
def test_all_tables_are_delivered_and_counted(
    build: Build, deliver: Publish, delivered: Read, kind: str
) -> None:
    build(daily="select unnest([1, 2, 3]) as n", customers="select 'x' as n where false")
    delivery = deliver("daily", "customers", kind=kind)
    assert (delivery.destination, delivery.tables) == ("shared", {"daily": 3, "customers": 0})
    assert delivery.bytes > 0
    assert delivered("daily", kind) == [1, 2, 3]
    assert delivered("customers", kind) == []


@both
def test_the_next_delivery_takes_the_place_of_the_last(
    build: Build, deliver: Publish, delivered: Read, kind: str
) -> None:
    build(daily="select 1 as n")
    deliver("daily", kind=kind)
    build(daily="select 'other columns' as n, 2 as m")
    deliver("daily", kind=kind)
    assert delivered("daily", kind) == ["other columns"]


@both
def test_a_table_no_longer_delivered_disappears(
    build: Build, deliver: Publish, delivered: Read, kind: str
) -> None:
    build(daily="select 1 as n", former="select 1 as n")
    deliver("daily", "former", kind=kind)
    deliver("daily", kind=kind)
    with pytest.raises(Exception, match="former"):
        delivered("former", kind)


@both
def test_a_delivery_that_breaks_midway_leaves_the_last_good_one(
    build: Build, deliver: Publish, delivered: Read, kind: str
) -> None:
    build(daily="select 1 as n", former="select 1 as n")
    deliver("daily", "former", kind=kind)
    build(daily="select 2 as n", new="select 2 as n", views={"boom": BREAKS})
    with pytest.raises(PublishError, match=r"^acme: shared: acme_gold\.boom could not.*the disk is on fire"):
        deliver("daily", "new", "boom", kind=kind)
    assert [delivered(table, kind) for table in ("daily", "former")] == [[1], [1]]
    with pytest.raises(Exception, match="new"):
        delivered("new", kind)


@both
def test_a_table_that_is_not_there_is_named(build: Build, deliver: Publish, kind: str) -> None:
    build(daily="select 1 as n")
    with pytest.raises(PublishError, match=r"(?s)acme_gold\.weekly could not be delivered.*does not exist"):
        deliver("daily", "weekly", kind=kind)


@both
def test_a_source_that_counts_otherwise_than_its_copy_is_refused(
    build: Build, deliver: Publish, delivered: Read, kind: str
) -> None:
    build(daily="select 1 as n")
    deliver("daily", kind=kind)
    build(
        daily="select 2 as n",
        views={"moving": "select unnest(range(cast(random() * 100000 as bigint))) as n"},
    )
    with pytest.raises(PublishError, match=r"moving: \d+ rows were copied, gold has \d+"):
        deliver("daily", "moving", kind=kind)
    assert delivered("daily", kind) == [1]


@both
def test_clients_share_a_destination_without_touching_each_other(
    build: Build, deliver: Publish, delivered: Read, kind: str
) -> None:
    for number, client in enumerate(("acme", "globex")):
        build(client, daily=f"select {number} as n")
        deliver("daily", client=client, kind=kind)
    deliver("daily", client="acme", kind=kind)
    assert delivered("daily", kind, "acme") == [0]
    assert delivered("daily", kind, "globex") == [1]


KILLED = textwrap.dedent(
    """
    import sys
    from datetime import UTC, datetime
    from pathlib import Path

    from medallion.clients import Destination
    from medallion.publish import publish

    home, kind, path = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    run = {"run_id": "run_2", "interval_start": datetime(2026, 1, 16, tzinfo=UTC), "config_version": "x"}
    publish(
        "acme", Destination(name="shared", type=kind, path=path), warehouse=home / "acme.duckdb",
        schema="acme_gold", tables=["daily", "endless"], root=home / "destinations", run=run,
    )
    """
)


@pytest.mark.slow
@both
def test_a_delivery_killed_midway_leaves_the_last_good_one(
    build: Build, deliver: Publish, delivered: Read, tmp_path: Path, root: Path, kind: str
) -> None:
    build(daily="select 1 as n", former="select 1 as n")
    deliver("daily", "former", kind=kind)
    build(daily="select range as n from range(200000)", views={"endless": NEVER_ENDS})
    path = "lake" if kind == "parquet" else "data_warehouse.duckdb"
    holder = root / ("lake/.acme.holder" if kind == "parquet" else "data_warehouse.duckdb.holder")
    with subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path), kind, path]) as process:
        _wait_until(holder.exists, process)
        time.sleep(0.8)  # the first table takes a few milliseconds, the second for ever
        assert process.poll() is None
        process.kill()
    assert delivered("daily", kind) == [1]
    assert delivered("former", kind) == [1]
    deliver("daily", kind=kind)
    assert len(delivered("daily", kind)) == 200_000


def _wait_until(true: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("client", "tables"),
    [("acme", ["daily; drop table x"]), ("acme", ['a"b']), ("../acme", ["daily"]), ("acme", ["_delivery"])],
)
def test_names_that_are_none_are_refused(
    build: Build, deliver: Publish, client: str, tables: list[str]
) -> None:
    build(daily="select 1 as n")
    with pytest.raises(PublishError, match="must be lower-case letters"):
        deliver(*tables, client=client)


def test_nothing_to_deliver_is_refused(build: Build, deliver: Publish) -> None:
    build(daily="select 1 as n")
    with pytest.raises(PublishError, match="no table in gold"):
        deliver()


def test_a_warehouse_that_is_not_there_is_named(deliver: Publish) -> None:
    with pytest.raises(PublishError, match=r"no warehouse to deliver from: .*acme\.duckdb"):
        deliver("daily")


def test_a_path_out_of_the_root_is_refused(build: Build, deliver: Publish) -> None:
    build(daily="select 1 as n")
    destination = Destination.model_construct(name="shared", type="duckdb", path="../out.duckdb")
    with pytest.raises(PublishError, match="must stay below"):
        deliver("daily", destination=destination)


def test_an_absolute_path_is_taken_as_it_is(build: Build, deliver: Publish, tmp_path: Path) -> None:
    build(daily="select 1 as n")
    path = tmp_path / "elsewhere" / "source.duckdb"  # a name that is also one of SQL's here
    delivery = deliver("daily", destination=Destination(name="own", type="duckdb", path=str(path)))
    assert delivery.place == str(path)
    assert path.is_file()


@pytest.mark.parametrize("kind", ["duckdb", "parquet"])
@pytest.mark.parametrize(
    "hostile",
    ["'; drop table daily; --", '"; drop table daily; --', "=cmd|'/C calc'!A0", "<b>x</b>", "{{ 1 }}"],
)
def test_cells_and_columns_are_delivered_as_what_they_are(build, deliver, root, kind, hostile):
    cell, column = hostile.replace("'", "''"), hostile.replace('"', '""')
    build(daily=f"""select '{cell}' as "{column}" """)
    for run in ("run_1", "run_2"):
        deliver("daily", kind=kind, run_id=run)
        if kind == "parquet":
            found = duckdb.read_parquet(str(root / "lake/acme/current/daily.parquet"))
            assert (found.columns, found.fetchall()) == ([hostile], [(hostile,)])
        else:
            with duckdb.connect(root / "data_warehouse.duckdb", read_only=True) as consumer:
                found = consumer.table("acme.daily")
                assert (found.columns, found.fetchall()) == ([hostile], [(hostile,)])
