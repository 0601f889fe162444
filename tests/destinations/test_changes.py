# ruff: noqa: S608 - the names in the SQL are the test's own
"""Deliveries of what changed, to a DuckDB file and a real PostgreSQL: readers have gold, whatever came."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from gold import Writer, build_gold
from medallion.clients import Destination
from medallion.exceptions import DeliveryRefused
from medallion.ledger.judged import Judged

Publish = Callable[..., Any]
Rows = list[tuple[date | None, int]]
DAYS = [date(2026, 1, 1) + timedelta(days=number) for number in range(8)]
FIRST: Rows = [(DAYS[0], 1), (DAYS[0], 2), (DAYS[1], 3), (None, 4), (None, 4)]


class Shelf:
    """A destination, and a session of its reader's."""

    def __init__(self, destination: Destination, query: Callable[[str], list[Any]], deliver: Publish) -> None:
        self.destination, self.query = destination, query
        self._deliver = deliver

    def deliver(self, *tables: str, **knobs: Any) -> Any:
        return self._deliver(self.destination, *tables, **knobs)

    def rows(self, table: str = "daily") -> list[Any]:
        found = self.query(f"select * from acme.{table}")
        return sorted(found, key=lambda row: (row[0] is None, row))


@pytest.fixture(params=["duckdb", "postgres"])
def shelf(
    request: pytest.FixtureRequest, deliver: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shelf]:
    if request.param == "duckdb":
        path = tmp_path / "destinations" / "shelf.duckdb"

        def ask(query: str) -> list[Any]:
            with duckdb.connect(path) as session:
                return session.execute(query).fetchall()

        yield Shelf(Destination(name="shelf", type="duckdb", path="shelf.duckdb"), ask, deliver)
        return
    server = request.getfixturevalue("server")
    with psycopg.connect(server, autocommit=True) as session:
        session.execute("drop schema if exists acme cascade")

        def look(query: str) -> list[Any]:
            asked = session.execute(query.encode())
            return asked.fetchall() if asked.description else []

        monkeypatch.setenv("SHELF_URL", server)
        yield Shelf(Destination(name="shelf", type="postgres", env="SHELF_URL"), look, deliver)


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(tmp_path)


def test_only_keys_that_changed_are_copied(shelf: Shelf, writer: Writer) -> None:
    writer.build(daily=FIRST)
    assert shelf.deliver("daily").copied == {}
    writer.build(daily=[*FIRST[:2], (DAYS[1], 5), (DAYS[2], 6), (DAYS[2], 6), *FIRST[3:]])
    delivery = shelf.deliver("daily", run_id="run_2")
    assert (dict(delivery.copied), dict(delivery.tables)) == ({"daily": 3}, {"daily": 7})
    assert shelf.rows() == writer.rows("daily")


def test_keys_that_are_gone_and_keys_without_a_value(shelf: Shelf, writer: Writer) -> None:
    writer.build(daily=FIRST)
    shelf.deliver("daily")
    writer.build(daily=[(DAYS[1], 3), (None, 4)])
    assert shelf.deliver("daily", run_id="run_2").copied == {"daily": 1}
    assert shelf.rows() == [(DAYS[1], 3), (None, 4)]


def test_whatever_is_built_and_delivered_the_destination_is_gold(shelf: Shelf, writer: Writer) -> None:
    chance = random.Random(6)
    parts = 0
    for number in range(12):
        rows: Rows = [
            (chance.choice([*DAYS, None]), chance.randrange(3)) for _ in range(chance.randrange(15))
        ]
        kept = [row for row in writer.rows("daily") if row[0] != DAYS[number % 8]] if number else []
        writer.build(
            daily=rows if chance.random() < 0.3 else [*kept, (DAYS[number % 8], number)],
            other=rows,
            anew=chance.random() < 0.1,
        )
        if chance.random() < 0.7:
            parts += len(shelf.deliver("daily", "other", run_id=f"run_{number}").copied)
            assert (shelf.rows(), shelf.rows("other")) == (writer.rows("daily"), writer.rows("other"))
    assert parts > 4


def test_what_is_made_anew_is_delivered_whole(shelf: Shelf, writer: Writer, tmp_path: Path) -> None:
    build_gold(tmp_path, "acme", {"as_of": "select 1 as n"})
    for number in range(2):
        writer.build(daily=FIRST, anew=True)
        assert shelf.deliver("daily", "as_of", run_id=f"run_{number}").copied == {}
    assert (shelf.rows(), shelf.rows("as_of")) == (writer.rows("daily"), [(1,)])


def test_a_delivery_again_is_whole_and_mends_what_others_changed(shelf: Shelf, writer: Writer) -> None:
    writer.build(daily=FIRST)
    for damage in (None, "update acme.daily set n = 99", "delete from acme.daily where n = 3"):
        if damage:
            shelf.query(damage)
        assert shelf.deliver("daily").copied == {}
        assert shelf.rows() == writer.rows("daily")


def test_rows_that_others_took_away_or_added_come_back(shelf: Shelf, writer: Writer) -> None:
    writer.build(daily=FIRST)
    shelf.deliver("daily")
    for number, damage in enumerate(("delete from acme.daily where n = 3", "drop table acme.daily")):
        shelf.query(damage)
        writer.build(daily=[*FIRST, (DAYS[5], number)])
        assert shelf.deliver("daily", run_id=f"run_{number}").copied == {}
        assert shelf.rows() == writer.rows("daily")


def test_a_table_that_is_new_to_the_destination_comes_whole(shelf: Shelf, writer: Writer) -> None:
    writer.build(daily=FIRST, other=FIRST)
    shelf.deliver("daily")
    writer.build(daily=[*FIRST, (DAYS[5], 1)], other=FIRST)
    assert shelf.deliver("daily", "other", run_id="run_2").copied == {"daily": 1}
    assert shelf.rows("other") == writer.rows("other")


def test_a_destination_far_behind_gets_whole_tables(shelf: Shelf, writer: Writer) -> None:
    writer.build(daily=FIRST)
    shelf.deliver("daily")
    for number in range(3):
        writer.build(daily=[*FIRST, (DAYS[5], number)])
    writer.forget(2)
    assert shelf.deliver("daily", run_id="run_2").copied == {}
    assert shelf.rows() == writer.rows("daily")


def test_a_warehouse_restored_from_before_the_delivery_is_delivered_whole(
    shelf: Shelf, writer: Writer, tmp_path: Path
) -> None:
    writer.build(daily=FIRST)
    shelf.deliver("daily")
    backup = writer.path.read_bytes()
    writer.build(daily=[*FIRST, (DAYS[5], 1)])
    shelf.deliver("daily", run_id="run_2")
    writer.path.write_bytes(backup)
    writer.build(daily=[*FIRST, (DAYS[6], 1)])
    assert shelf.deliver("daily", run_id="run_3").copied == {}
    assert shelf.rows() == writer.rows("daily")


def test_a_log_of_before_there_were_stamps_gets_their_column(shelf: Shelf, writer: Writer) -> None:
    writer.build(daily=FIRST)
    shelf.deliver("daily")
    shelf.query("alter table acme._delivery drop column gold_build")
    for number in range(2):
        writer.build(daily=[*FIRST, (DAYS[5], number)])
        parts = shelf.deliver("daily", run_id=f"run_{number}").copied
    assert parts == {"daily": 1}
    assert shelf.rows() == writer.rows("daily")


@pytest.mark.parametrize(
    ("builds", "judged", "said"),
    [
        (
            [("run_1", 1), ("run_2", 2)],
            Judged(frozenset({1})),
            "run_2 has built since. Clear its tasks",
        ),
        ([("run_1", 1), ("run_2", 2), ("run_1", 3)], Judged(frozenset({1, 3})), "run_2 has built since"),
        ([("run_1", 1), ("", 0)], Judged(frozenset({1})), "dbt by hand has built since"),
        ([("run_1", 1)], Judged(frozenset({1, 2})), "not all that this run built"),
        ([("run_2", 1)], Judged(frozenset({1})), "not all that this run built"),
        ([("run_1", 1), ("run_1", 2)], Judged(frozenset({1}), frozenset({2})), "built after quality_val"),
    ],
)
def test_gold_that_was_not_judged_is_refused(
    shelf: Shelf, writer: Writer, builds: list[tuple[str, int]], judged: Judged, said: str
) -> None:
    writer.build("run_0", 0, daily=FIRST)
    shelf.deliver("daily", run_id="run_0")
    for number, (run_id, build_id) in enumerate(builds):
        writer.build(run_id, build_id, daily=[*FIRST, (DAYS[5], number)])
    with pytest.raises(DeliveryRefused, match=rf"acme: shelf: .*{said}"):
        shelf.deliver("daily", run_id="run_1", judged=judged)
    assert len(shelf.rows()) == len(FIRST)


def test_gold_that_was_judged_is_delivered_after_whatever_was_before(shelf: Shelf, writer: Writer) -> None:
    for run_id, build_id in (("run_1", 1), ("run_2", 2), ("run_1", 3), ("run_1", 4)):
        writer.build(run_id, build_id, daily=[*FIRST, (DAYS[5], build_id)])
    shelf.deliver("daily", judged=Judged(frozenset({3, 4})))
    assert shelf.rows() == writer.rows("daily")
