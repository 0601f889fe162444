"""Any set of transformations builds and tells the same truth, as far as it can know it."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations

import pytest

pytestmark = pytest.mark.slow

PRODUCTION = ("adventureworks_production",)
STEPS = ("clean", "normalize", "enrich", "validate")
SUBSETS = [chosen for count in range(len(STEPS) + 1) for chosen in combinations(STEPS, count)]
#: One product in two versions, and one whose price does not cover its cost.
PRODUCTS = [
    {"productid": "1", "name": "Old", "class": "H ", "standardcost": "1", "listprice": "9"},
    {"productid": "1", "name": " New ", "class": "H ", "standardcost": "1", "listprice": "9"},
    {"productid": "2", "name": "Dear", "class": " ", "standardcost": "9", "listprice": "8"},
]
for number, product in enumerate(PRODUCTS):
    product["modifieddate"] = f"2014-02-08 10:00:0{number}"


@pytest.fixture(scope="module")
def one_source(project, tmp_path_factory):
    return project.of_one_source(*PRODUCTION, tmp_path_factory.mktemp("one_source"))


@pytest.mark.parametrize("steps", SUBSETS, ids=lambda steps: "_".join(steps) or "none")
def test_any_steps_build_exactly_their_models(steps, one_source):
    client = "_".join(("steps", *steps))
    one_source.land_rows("adventureworks_production", {"products": PRODUCTS}, client)
    built = one_source.build(client, steps, sources=PRODUCTION)
    assert {"error", "fail"}.isdisjoint(built.statuses.values())
    silver = {name.partition("_")[0] for name in built.tables()} - {"bronze", "quarantine", "run"}
    assert silver == set(steps)
    assert ("quarantine_adventureworks_production__products" in built.tables()) == ("validate" in steps)
    # Both versions of a product enter where `clean` has not taken the last: its key's rule counts them.
    assert built.rules["product_price_covers_cost"] == (2 if "clean" in steps else 3, 1)
    assert built.rules.get("product_key_is_unique") == (None if "clean" in steps else (3, 2))
    if "clean" in steps:
        cleaned = "select product_name, class_code from {silver}.clean_adventureworks_production__products"
        assert sorted(built.rows(cleaned)) == [("Dear", None), ("New", "H")]


@pytest.mark.adventureworks
def test_without_any_silver_step_gold_still_has_every_order(project, land_adventureworks):
    land_adventureworks("bare")
    built = project.build("bare", ("aggregate",))
    assert set(built.statuses.values()) == {"success", "pass"}
    assert {name.partition("_")[0] for name in built.tables()} == {"bronze", "adventureworks", "run"}
    sums = "select sum(order_count), sum(order_value), sum(online_order_count) from {gold}"
    assert built.rows(f"{sums}.adventureworks_daily_sales") == [(1566, Decimal("12527981.9927"), 1160)]
    lines = built.rows("select sum(has_order), count(*) from {gold}.adventureworks_order_lines")
    assert lines == [(5675, 5716)]
    assert built.value("select count(ship_to_country_code) from {gold}.adventureworks_orders") == 0


@pytest.mark.soak
@pytest.mark.adventureworks
def test_without_validate_rules_measure_the_same_and_bad_rows_stay(project, land_adventureworks):
    land_adventureworks("measured")
    built = project.build("measured", ("clean", "normalize", "enrich"))
    assert built.rules["line_has_order"] == (5716, 41)
    assert built.rules["order_has_ship_to_address"] == (1566, 69)
    assert not [table for table in built.tables() if table.startswith(("validate", "quarantine"))]
    assert built.value("select count(*) from {gold}.adventureworks_order_lines") == 5716


@pytest.mark.soak
@pytest.mark.adventureworks
def test_a_source_alone_builds_without_what_it_would_join(project, land_adventureworks):
    alone = ("adventureworks_sales",)
    land_adventureworks("alone", alone)
    built = project.build("alone", sources=alone)
    assert set(built.statuses.values()) == {"success", "pass"}
    assert "line_has_order" not in built.rules
    assert {"adventureworks_daily_sales", "validate_adventureworks_sales__orders"} <= built.tables()
    assert "adventureworks_product_performance" not in built.tables()


def test_a_snapshot_is_read_of_its_own_interval_only(project):
    for interval, rows in (("2026-01-15T00:00:00", PRODUCTS), ("2026-01-16T00:00:00", PRODUCTS[:1])):
        project.land_rows("adventureworks_production", {"products": rows}, "days", interval)
    built = project.build("days", (), sources=PRODUCTION, interval="2026-01-16T00:00:00")
    assert built.value("select count(*) from {bronze}.bronze_adventureworks_production__products") == 1
