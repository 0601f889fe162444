"""Any set of transformations builds and tells the same truth, as far as it can know it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

PRODUCTION = ("adventureworks_production",)
BUILD = ("build", "--exclude-resource-type", "unit_test")
PRODUCT = (
    "productid,name,safetystocklevel,finishedgoodsflag,class,makeflag,productnumber,reorderpoint,modifieddate,rowguid,"
    "productmodelid,weightunitmeasurecode,standardcost,productsubcategoryid,listprice,daystomanufacture,productline,"
    "color,sellstartdate,weight"
)
PRODUCTS = f"""{PRODUCT}
1,Old,1,t,H ,t,A-1,1,2014-02-08 10:00:00,a,,LB ,1,7,9,0,R ,Red,2008-04-30 00:00:00,2.5
1, New ,1,t,H ,t,A-1,1,2014-02-09 10:00:00,a,,LB ,1,7,9,0,R ,Red,2008-04-30 00:00:00,2.5
2,Dear,1,t,,t,A-2,1,2014-02-08 10:00:00,b,,,9,8,1,0,,,2008-04-30 00:00:00,
"""
SUBCATEGORIES = """productsubcategoryid,productcategoryid,name,modifieddate
7,1,Helmets,2008-04-30 00:00:00
"""
CATEGORIES = """productcategoryid,name,modifieddate
1,Accessories,2008-04-30 00:00:00
"""
SUBSETS = [
    (),
    ("clean",),
    ("normalize",),
    ("enrich",),
    ("validate",),
    ("clean", "enrich"),
    ("normalize", "validate"),
    ("clean", "normalize", "enrich"),
    ("clean", "normalize", "enrich", "validate"),
]


@pytest.fixture(scope="module")
def three_products(project, tmp_path_factory):
    """Lands two products, one of them in two versions; good for any client id."""
    folder = tmp_path_factory.mktemp("products")

    def land(client: str) -> None:
        files = {"products": PRODUCTS, "subcategories": SUBCATEGORIES, "categories": CATEGORIES}
        for entity, text in files.items():
            csv: Path = folder / f"{entity}.csv"
            csv.write_text(text, encoding="utf-8")
            project.land(csv, "adventureworks_production", entity, client)

    return land


@pytest.mark.parametrize("steps", SUBSETS, ids=lambda steps: "_".join(steps) or "none")
def test_any_steps_build_exactly_their_models(steps, project, three_products):
    client = "_".join(("steps", *steps))
    three_products(client)
    built = project.dbt(*BUILD, client=client, transformations=steps, sources=PRODUCTION)
    silver = {name.partition("_")[0] for name in built.tables()} - {"bronze", "quarantine"}
    assert silver == set(steps)
    assert ("quarantine_adventureworks_production__products" in built.tables()) == ("validate" in steps)
    assert "error" not in built.statuses.values()
    assert "fail" not in built.statuses.values()
    # Versions of one product enter only where `clean` has not taken the last: then the key's rule counts both.
    entering = 2 if "clean" in steps else 3
    assert built.rules["product_price_covers_cost"] == (entering, 1)
    assert built.rules.get("product_key_is_unique") == (None if "clean" in steps else (3, 2))


def test_the_last_version_of_a_product_is_kept_clean(project, three_products):
    three_products("versions")
    built = project.dbt(*BUILD, client="versions", transformations=("clean",), sources=PRODUCTION)
    assert built.rows(
        "select product_name, class_code from {silver}.clean_adventureworks_production__products order by product_id"
    ) == [("New", "H"), ("Dear", None)]


@pytest.mark.adventureworks
def test_without_any_silver_step_gold_still_has_every_order(project, land_adventureworks):
    land_adventureworks("bare")
    built = project.dbt(*BUILD, client="bare", transformations=("aggregate",))
    assert set(built.statuses.values()) == {"success", "pass"}
    assert not [table for table in built.tables() if "validate" in table or "clean" in table]
    assert built.rows(
        "select sum(order_count), sum(order_value), sum(online_order_count) from {gold}.adventureworks_daily_sales"
    ) == [(1566, Decimal("12527981.9927"), 1160)]
    assert built.rows("select sum(has_order), count(*) from {gold}.adventureworks_order_lines") == [
        (5675, 5716)
    ]
    assert built.value("select count(ship_to_country_code) from {gold}.adventureworks_orders") == 0


@pytest.mark.adventureworks
def test_without_validate_rules_measure_the_same_and_bad_rows_stay(project, land_adventureworks):
    land_adventureworks("measured")
    built = project.dbt(*BUILD, client="measured", transformations=("clean", "normalize", "enrich"))
    assert built.rules["line_has_order"] == (5716, 41)
    assert built.rules["order_has_ship_to_address"] == (1566, 69)
    assert not [table for table in built.tables() if table.startswith(("validate", "quarantine"))]
    assert built.value("select count(*) from {gold}.adventureworks_order_lines") == 5716


@pytest.mark.adventureworks
def test_a_source_alone_builds_without_what_it_would_join(project, land_adventureworks):
    alone = ("adventureworks_sales",)
    land_adventureworks("alone", alone)
    built = project.dbt(*BUILD, client="alone", sources=alone)
    assert set(built.statuses.values()) == {"success", "pass"}
    assert "line_has_order" not in built.rules
    assert {"adventureworks_daily_sales", "validate_adventureworks_sales__orders"} <= built.tables()
    assert "adventureworks_product_performance" not in built.tables()


def test_a_snapshot_is_read_of_its_own_interval_only(project, three_products, tmp_path):
    three_products("days")
    fewer = tmp_path / "products.csv"
    fewer.write_text("\n".join(PRODUCTS.splitlines()[:2]) + "\n", encoding="utf-8")
    for entity, text in {"subcategories": SUBCATEGORIES, "categories": CATEGORIES}.items():
        (tmp_path / f"{entity}.csv").write_text(text, encoding="utf-8")
    for entity in ("products", "subcategories", "categories"):
        project.land(
            tmp_path / f"{entity}.csv", "adventureworks_production", entity, "days", "2026-01-16T00:00:00"
        )
    for interval, rows in (("2026-01-15T00:00:00", 3), ("2026-01-16T00:00:00", 1)):
        built = project.dbt("run", client="days", transformations=(), sources=PRODUCTION, interval=interval)
        assert built.value("select count(*) from {bronze}.bronze_adventureworks_production__products") == rows
