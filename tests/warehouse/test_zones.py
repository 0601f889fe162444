"""A shop in Berlin over both changes of its clocks: each of its rows is landed once, on its own day."""

# ruff: noqa: S608  # the SQL is ours, the files are the test's own

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from medallion.clients import Client
from medallion.interval import Interval
from medallion.pipeline import Calendar, calendar_of
from medallion.pipeline.days import intervals_of_day
from warehouse.retailer import Retailer, Run, retail_client

pytestmark = pytest.mark.slow

BERLIN = "Europe/Berlin"
DAYS = [date(2026, 3, day) for day in (28, 29, 30)] + [date(2026, 10, day) for day in (24, 25, 26)]
ENTITIES = {"orders": "order_id", "order_lines": "order_id, line_number", "payments": "payment_id"}


def berliner(client_id: str, every: timedelta) -> Client:
    client = retail_client(client_id, ("clean", "aggregate"), sources=("sales",))
    return client.model_copy(update={"schedule_interval": every, "timezone": BERLIN})


@pytest.fixture(scope="module")
def retailer(tmp_path_factory: pytest.TempPathFactory) -> Retailer:
    return Retailer(tmp_path_factory.mktemp("berlin"))


@pytest.fixture(scope="module")
def intervals() -> list[Interval]:
    return [one for day in DAYS for one in intervals_of_day(Calendar(timedelta(days=1), BERLIN), day)]


@pytest.fixture(scope="module")
def shop(retailer: Retailer, intervals: list[Interval]) -> Run:
    client = berliner("berlin", timedelta(days=1))
    return [retailer.run(client, interval) for interval in intervals][-1]


def sampled(retailer: Retailer, client_id: str, entity: str, what: str, more: str = "") -> list[Any]:
    folder = retailer.settings.samples / client_id / "sales" / entity
    return duckdb.execute(
        f"select {what} from read_json_auto('{folder}/*.jsonl', filename = true) {more}"
    ).fetchall()


def test_each_day_is_as_long_as_the_clocks_make_it(intervals: list[Interval]) -> None:
    hours = [(one.end - one.start) / timedelta(hours=1) for one in intervals]
    assert hours == [24, 23, 24, 24, 25, 24]
    assert [one.run_date for one in intervals] == DAYS


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_row_is_landed_once_on_its_local_day(retailer: Retailer, shop: Run, entity: str) -> None:
    keys = ENTITIES[entity]
    here = shop.query(
        f"select {keys}, updated_at::varchar, count(*) from {{bronze}}.bronze_sales__{entity} group by all"
    )
    there = sampled(
        retailer, "berlin", entity, f"{keys}, updated_at::timestamp::varchar, count(*)", "group by all"
    )
    assert len(here) > 100
    assert sorted(here) == sorted(there)
    by_day = shop.query(
        f"select _run_date, count(*) from {{bronze}}.bronze_sales__{entity} group by all order by 1"
    )
    in_files = sampled(retailer, "berlin", entity, "count(*)", "group by filename order by filename")
    assert by_day == [(day, count) for day, (count,) in zip(DAYS, in_files, strict=True)]


def test_landing_has_a_folder_for_each_local_day(retailer: Retailer, shop: Run) -> None:
    folder = retailer.settings.landing / "berlin" / "sales" / "orders"
    found = sorted(path.parent.relative_to(folder).as_posix() for path in folder.rglob("*.parquet"))
    assert found == [f"year={day:%Y}/month={day:%m}/day={day:%d}" for day in DAYS]


def test_golds_days_add_up_to_the_orders_of_the_files(retailer: Retailer, shop: Run) -> None:
    last = "qualify row_number() over (partition by order_id order by updated_at desc) = 1"
    orders = sampled(
        retailer, "berlin", "orders", "order_id, status, ordered_at::timestamp::date as day", last
    )
    days = shop.query(
        "select order_date, sum(order_count), sum(cancelled_order_count) "
        "from {gold}.retail_daily_sales group by 1 order by 1"
    )
    counted = Counter(day for _, _, day in orders)
    cancelled = Counter(day for _, status, day in orders if status == "cancelled")
    assert days == [(day, counted[day], cancelled[day]) for day in sorted(counted)]
    assert sum(cancelled.values()) > 0


@pytest.mark.soak
def test_the_day_of_a_change_again_leaves_the_same_rows(
    retailer: Retailer, shop: Run, intervals: list[Interval]
) -> None:
    before = shop.contents()
    for number in (1, 4):
        assert retailer.run(shop.plan.client, intervals[number]).contents() == before


@pytest.mark.soak
def test_both_times_of_the_hour_that_comes_twice_are_landed(retailer: Retailer) -> None:
    client = berliner("hourly", timedelta(hours=1))
    night = intervals_of_day(calendar_of(client), date(2026, 10, 25))[1:4]
    last = [retailer.run(client, interval) for interval in night][-1]
    landed = last.query(
        "select _interval_start, count(*) from {bronze}.bronze_sales__orders group by 1 order by 1"
    )
    in_files = sampled(retailer, "hourly", "orders", "count(*)", "group by filename order by filename")
    assert landed == [
        (one.start.replace(tzinfo=None), count) for one, (count,) in zip(night, in_files, strict=True)
    ]
    folders = (retailer.settings.landing / "hourly" / "sales" / "orders").rglob("hour=*")
    assert sorted(path.name for path in folders) == ["hour=0100", "hour=0200", "hour=02b00"]
