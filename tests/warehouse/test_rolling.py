"""Rolling weeks of AdventureWorks against figures computed from its files, by other means."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest

from medallion.clients import load_catalog
from medallion.pipeline import make_plan, shape_of, slim_manifest
from medallion.reports import read_day
from medallion.settings import Settings, load_settings

pytestmark = pytest.mark.adventureworks

WEEKS = """
    select order_date, order_count, window_days, window_order_count, revenue, window_revenue
    from {gold}.adventureworks_rolling_sales
    order by order_date
"""
#: Three days, counted by hand: one of the first week, the busiest of a quiet week, and the last of all.
KNOWN = {
    date(2011, 6, 2): (5, 3, 52, Decimal("15012.1782"), Decimal("532749.6151")),
    date(2011, 10, 1): (96, 7, 132, Decimal("2344867.2975"), Decimal("2449685.2431")),
    date(2011, 12, 24): (8, 7, 45, Decimal("25568.7082"), Decimal("148410.7828")),
}
WITHOUT_ORDERS = [date(2011, 7, 16), date(2011, 8, 11), date(2011, 9, 23)]


@pytest.fixture(scope="module")
def files(adventureworks):
    """Orders and their value by day, read with nothing but Python."""
    orders, value = Counter(), Counter()
    with (adventureworks / "sales" / "salesorderheader.csv").open(encoding="utf-8") as file:
        for order in csv.DictReader(file):
            day = date.fromisoformat(order["orderdate"][:10])
            orders[day] += 1
            value[day] += Decimal(order["subtotal"])
    return orders, value


@pytest.mark.parametrize("day", KNOWN)
def test_three_days_are_as_counted_by_hand(built, day):
    assert [found for first, *found in built.rows(WEEKS) if first == day] == [list(KNOWN[day])]


def test_every_day_is_as_the_files_say(built, files):
    orders, value = files
    first, last = min(orders), max(orders)
    days = [first + timedelta(number) for number in range((last - first).days + 1)]
    assert [day for day in days if day not in orders] == WITHOUT_ORDERS
    expected = []
    for day in days:
        window = [day - timedelta(back) for back in range(7) if day - timedelta(back) >= first]
        revenue = sum(value[one] for one in window)
        expected.append(
            (day, orders[day], len(window), sum(orders[one] for one in window), value[day], revenue)
        )
    assert built.rows(WEEKS) == expected


def test_averages_and_growth_follow_from_the_windows(built):
    query = """
        select count(*)
        from {gold}.adventureworks_rolling_sales
        where abs(average_daily_orders - window_order_count / window_days) > 0.0001
            or abs(average_daily_revenue - window_revenue / window_days) > 0.0001
            or abs(order_growth - (order_count / (window_order_count / window_days) - 1)) > 0.000002
            or abs(revenue_growth - (revenue / (window_revenue / window_days) - 1)) > 0.000002
            or order_growth is null or revenue_growth is null
    """
    assert built.value(query) == 0


@pytest.fixture(scope="module")
def read(built, project, tmp_path_factory):
    """Read a day as its report does: by the client's plan, from its warehouse."""
    home = tmp_path_factory.mktemp("home")
    (home / "warehouse").mkdir()
    built.rows("checkpoint")
    # A copy, for dbt still holds the file in this very process.
    shutil.copy(built.path, home / "warehouse" / f"{built.client}.duckdb")
    client = load_catalog(load_settings().configs).client("adventure_works")
    manifest = {"metadata": {"project_name": "medallion"}, "nodes": project.manifest()}
    slim = slim_manifest(manifest, shape_of(client))
    plan = make_plan(client.model_copy(update={"id": built.client}), slim)
    return lambda day: read_day(Settings(project=home, home=home), plan, day, patience=0)


@pytest.mark.parametrize("day", KNOWN)
def test_a_days_report_reads_the_same_figures(read, day):
    seen = read(day)
    assert seen.problem == ""
    (weeks,) = seen.weeks
    assert (weeks.mart, weeks.last_day) == ("adventureworks_rolling_sales", max(KNOWN))
    names = ("order_count", "window_days", "window_order_count", "revenue", "window_revenue")
    assert [weeks.days[day][name] for name in names] == [
        float(one) if isinstance(one, Decimal) else one for one in KNOWN[day]
    ]
    assert max(weeks.days) == day
    assert min(weeks.days) == max(day - timedelta(days=89), date(2011, 5, 31))


def test_a_days_report_counts_the_rows_that_its_run_landed(built, read):
    landed = read(date(2026, 1, 15)).rows
    orders = built.value("select count(*) from {bronze}.bronze_adventureworks_sales__orders")
    assert landed["bronze", "bronze_adventureworks_sales__orders"] == orders > 0
    assert landed["silver", "clean_adventureworks_sales__orders"] > 0
    assert not any(layer == "gold" for layer, _ in landed)
    assert set(read(date(2026, 1, 14)).rows.values()) == {0}
