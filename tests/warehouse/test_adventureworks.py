"""The known truth of the AdventureWorks files, found again in what the project builds from them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from dbt.artifacts.schemas.results import TestStatus

pytestmark = pytest.mark.adventureworks

ORDER_VALUE = Decimal("12527981.9927")


def test_every_node_but_three_rules_is_good(built):
    assert len(built.statuses) > 150
    bad = {name: status for name, status in built.statuses.items() if status not in ("success", "pass")}
    assert bad == dict.fromkeys(
        ("line_has_order", "order_has_ship_to_address", "customer_person_exists"), str(TestStatus.Warn)
    )


def test_bronze_has_every_row_of_the_files(built):
    counted = {
        entity: built.value(f"select count(*) from {{bronze}}.bronze_adventureworks_{entity}")  # noqa: S608
        for entity in ("sales__orders", "sales__order_lines", "sales__customers", "person__people")
    }
    assert counted == {
        "sales__orders": 1566,
        "sales__order_lines": 5716,
        "sales__customers": 19820,
        "person__people": 2057,
    }


def test_gold_has_every_order_on_its_day(built):
    assert built.rows(
        """
        select count(*), sum(order_count), min(order_date), max(order_date)
        from {gold}.adventureworks_daily_sales
        """
    ) == [(205, 1566, date(2011, 5, 31), date(2011, 12, 24))]


def test_gold_has_every_month_as_the_files_do(built):
    counted = "select month(order_date), sum(order_count) from {gold}.adventureworks_daily_sales group by 1"
    months = sorted(built.rows(counted))
    assert months == [(5, 43), (6, 141), (7, 231), (8, 250), (9, 157), (10, 327), (11, 230), (12, 187)]


def test_gold_has_the_whole_order_value(built):
    assert built.value("select sum(order_value) from {gold}.adventureworks_daily_sales") == ORDER_VALUE
    assert built.value("select sum(lifetime_value) from {gold}.adventureworks_customer_value") == ORDER_VALUE


def test_gold_has_the_same_value_in_lines_that_have_an_order(built):
    lines = built.value("select sum(line_value) from {gold}.adventureworks_order_lines")
    assert lines == Decimal("12527981.992754")
    assert built.value("select sum(revenue) from {gold}.adventureworks_product_performance") == lines
    assert round(lines, 2) == round(ORDER_VALUE, 2)


def test_gold_has_the_channel_mix(built):
    assert built.rows(
        """
        select
            sum(online_order_count),
            sum(offline_order_count),
            sum(online_order_value) + sum(offline_order_value)
        from {gold}.adventureworks_daily_sales
        """
    ) == [(1160, 406, ORDER_VALUE)]
    assert (
        built.value(
            "select count(*) from {gold}.adventureworks_daily_sales "
            "where abs(online_order_share - online_order_count / order_count) > 0.000001"
        )
        == 0
    )


def test_margin_is_what_the_files_say(built, adventureworks: Path):
    expected = duckdb.execute(
        """
        select sum(cast(orderqty as decimal(9, 0)) * cast(standardcost as decimal(18, 4)))
        from read_csv($lines, all_varchar = true) as lines
        semi join read_csv($orders, all_varchar = true) as orders on orders.salesorderid = lines.salesorderid
        join read_csv($products, all_varchar = true) as products on products.productid = lines.productid
        """,
        {
            "lines": str(adventureworks / "sales" / "salesorderdetail.csv"),
            "orders": str(adventureworks / "sales" / "salesorderheader.csv"),
            "products": str(adventureworks / "production" / "product.csv"),
        },
    ).fetchall()[0][0]
    cost, margin = built.rows("select sum(cost), sum(margin) from {gold}.adventureworks_product_performance")[
        0
    ]
    assert cost == expected
    assert margin == Decimal("12527981.992754") - expected


def test_customers_are_those_who_ordered(built):
    assert built.rows(
        "select count(*), sum(order_count), min(recency_days), max(recency_days) "
        "from {gold}.adventureworks_customer_value"
    ) == [(1365, 1566, 0, 207)]


def test_rules_measure_the_known_defects_and_no_others(built):
    failing = {name: counts for name, counts in built.rules.items() if counts[1]}
    assert failing == {
        "line_has_order": (5716, 41),
        "order_has_ship_to_address": (1566, 69),
        "customer_person_exists": (19119, 17719),
    }
    assert len(built.rules) == 21


def test_each_rule_is_told_once(built):
    assert len(built.events) == len(built.rules)


def test_scores_part_the_three_thresholds(built):
    score = {name: 1 - failing / population for name, (population, failing) in built.rules.items()}
    assert round(score["line_has_order"], 5) == 0.99283
    assert round(score["order_has_ship_to_address"], 5) == 0.95594


def test_quarantine_holds_the_lines_without_an_order(built):
    assert built.rows(
        """
        select _broken_rules, count(*), sum(has_order)
        from {silver}.quarantine_adventureworks_sales__order_lines
        group by all
        """
    ) == [("line_has_order", 41, 0)]
    assert built.value("select count(*) from {silver}.validate_adventureworks_sales__order_lines") == 5675


def test_orders_without_an_address_are_kept_and_flagged(built):
    assert built.value("select count(*) from {silver}.quarantine_adventureworks_sales__orders") == 0
    assert built.rows("select flags, count(*) from {gold}.adventureworks_orders group by all order by 1") == [
        ("", 1497),
        ("order_has_ship_to_address", 69),
    ]


def test_customers_whose_person_is_missing_are_kept_and_flagged(built):
    assert built.rows(
        "select _flags, count(*) from {silver}.validate_adventureworks_sales__customers group by 1 order by 1"
    ) == [("", 2101), ("customer_person_exists", 17719)]


def test_silver_has_no_blanks_around_and_no_empty_text(built):
    product = "{silver}.clean_adventureworks_production__products"
    assert built.rows(f"select distinct class_code from {product} order by 1") == [  # noqa: S608
        ("H",), ("L",), ("M",), (None,),
    ]  # fmt: skip


def test_schemas_are_the_clients_layers(built):
    schemas = built.rows("select distinct table_schema from information_schema.tables order by 1")
    assert schemas == [("full_bronze",), ("full_gold",), ("full_silver",), ("full_work",)]


def test_every_column_is_documented_where_it_first_appears(built, project):
    """Bronze and gold document all of theirs, a silver model those that the ones before it have not."""
    manifest = project.manifest()
    documented = {node["name"]: set(node["columns"]) for node in manifest.values()}
    there: dict[str, set[str]] = {}
    layers = built.tables()
    for table, column in built.rows("select table_name, column_name from information_schema.columns"):
        if table in layers:
            there.setdefault(table, set()).add(column)
    known: dict[str, set[str]] = {}
    for name in sorted(there, key=_depth):
        before = (
            known.setdefault(name.partition("_")[2], set())
            if not name.startswith("adventureworks")
            else set()
        )
        assert there[name] - before - documented[name] == set(), name
        assert documented[name] - there[name] == set(), name
        before |= documented[name]


def _depth(name: str) -> int:
    steps = ("bronze", "clean", "normalize", "enrich", "quarantine", "validate")
    step = name.partition("_")[0]
    return steps.index(step) if step in steps else len(steps)


def test_unit_tests_of_the_models_pass(built, project):
    tested = project.dbt("test", "--select", "test_type:unit,package:medallion", client=built.client)
    assert len(tested.statuses) >= 8
    assert set(tested.statuses.values()) == {"pass"}


def test_the_same_interval_again_leaves_the_same_rows(built, project):
    def fingerprint() -> list[tuple[str, int, int]]:
        return [
            (table, *built.rows(f'select count(*), bit_xor(hash(t)) from {schema}."{table}" as t')[0])  # noqa: S608
            for schema, table in sorted(
                built.rows(
                    "select table_schema, table_name from information_schema.tables "
                    "where table_schema not like '%_work'"
                )
            )
        ]

    before = fingerprint()
    project.dbt("run", client=built.client)
    assert fingerprint() == before
