"""The retailer with all steps, with few, and with single sources."""

# ruff: noqa: S608  # the SQL is ours

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dbt.cli.main import dbtRunner

from warehouse.retailer import SOURCES, Retailer, Run, expected_rules, planted_in, retail_client, six_hours

ALL = ("clean", "normalize", "enrich", "validate", "aggregate")
NIGHT = six_hours("2026-01-15T00:00")
DETAIL = {
    "crm": {"retail_customers"},
    "sales": {"retail_order_lines", "retail_orders"},
    "inventory": {"retail_stock"},
}
AGGREGATED = {
    "retail_customer_value",
    "retail_daily_sales",
    "retail_days_of_cover",
    "retail_product_performance",
    "retail_warehouse_position",
}
JUDGED = [
    "crm__customers",
    "sales__orders",
    "sales__order_lines",
    "sales__payments",
    "inventory__products",
    "inventory__stock",
]


@pytest.fixture(scope="module")
def retailer(tmp_path_factory: pytest.TempPathFactory) -> Retailer:
    return Retailer(tmp_path_factory.mktemp("shapes"))


@pytest.fixture(scope="module")
def full(retailer: Retailer) -> Run:
    return retailer.run(retail_client("full", ALL), NIGHT)


def test_all_steps_measure_the_same_before_validate_moves_rows(full: Run) -> None:
    assert full.rules == expected_rules(planted_in([full]))


@pytest.mark.parametrize("entity", JUDGED)
def test_every_row_is_valid_or_in_quarantine_with_its_rule(full: Run, entity: str) -> None:
    name = entity.partition("__")[2]
    valid, broken = (
        full.query(f"select count(*) from {{silver}}.{step}_{entity}")[0][0]
        for step in ("validate", "quarantine")
    )
    assert valid + broken == planted_in([full])[name]["keys"]
    named = full.query(
        f"select distinct unnest(string_split(_broken_rules, ',')) from {{silver}}.quarantine_{entity}"
    )
    acting = {
        node.name
        for node in full.plan.layer("silver").rules
        if node.rule and node.rule.on_fail == "quarantine" and node.model.endswith(f"validate_{entity}")
    }
    assert {rule for (rule,) in named} == acting


def test_each_quarantine_rule_takes_out_the_rows_it_counts(full: Run) -> None:
    taken = dict(
        full.query(
            " union all ".join(
                f"select unnest(string_split(_broken_rules, ',')) as broken, count(*) "
                f"from {{silver}}.quarantine_{entity} group by broken"
                for entity in JUDGED
            )
        )
    )
    assert taken == {
        rule: full.rules[rule][1]
        for rule in (
            "crm_customer_is_not_from_the_future",
            "inventory_stock_has_product",
            "inventory_stock_is_not_negative",
            "sales_line_has_order",
            "sales_line_quantity_is_positive",
            "sales_order_is_not_from_the_future",
            "sales_payment_has_order",
            "sales_payment_is_positive",
        )
    }


def test_rules_that_keep_rows_flag_them_up_to_gold(full: Run) -> None:
    flagged = full.query(
        "select count(*) from {gold}.retail_orders where flags like '%sales_currency_is_known%'"
    )
    assert flagged > [(0,)]


def test_aggregated_marts_agree_with_silver(full: Run) -> None:
    assert set(full.plan.marts) == AGGREGATED | {mart for marts in DETAIL.values() for mart in marts}
    agreed = [row.status for node, row in full.rows.items() if ".retail_" in node and "add_up_to" in node]
    assert agreed == ["pass"] * 4


def test_unit_tests_of_the_models_pass(retailer: Retailer, full: Run, tmp_path: Path, monkeypatch) -> None:
    project = str(retailer.settings.dbt_project)
    monkeypatch.setenv("MEDALLION_DUCKDB_PATH", str(full.path))
    variables = {"client": "full", "sources": list(SOURCES), "landing": str(retailer.settings.landing)}
    tested = dbtRunner().invoke(
        [
            *("test", "--select", "test_type:unit", "--vars", json.dumps(variables)),
            *("--project-dir", project, "--profiles-dir", project, "--target-path", str(tmp_path)),
            *("--log-path", str(tmp_path), "--log-level", "none", "--quiet"),
        ]
    )
    outcomes = {result.node.name: str(result.status) for result in tested.result.results}
    assert len(outcomes) >= 10
    assert set(outcomes.values()) == {"pass"}, outcomes


@pytest.mark.parametrize(
    ("sources", "steps"),
    [
        (("sales",), ()),
        (("crm",), ALL),
        (("inventory",), ("validate", "aggregate")),
        (SOURCES, ("normalize", "enrich", "aggregate")),
    ],
    ids=lambda value: "_".join(value) or "none",
)
def test_sources_stand_alone_and_any_steps_build(
    retailer: Retailer, sources: tuple[str, ...], steps: tuple[str, ...]
) -> None:
    client = retail_client("_".join(("few", *sources, *steps))[:50], steps, sources)
    run = retailer.run(client, NIGHT, orders_a_day=400)
    assert {row.status for row in run.rows.values()} <= {"success", "pass", "warn"}
    silver = {name.partition("_")[0] for name in run.tables() if "__" in name} - {"bronze", "quarantine"}
    assert silver == set(steps) - {"aggregate"} - (
        {"normalize", "enrich"} if sources == ("inventory",) else set()
    )
    assert {mart for source in sources for mart in DETAIL[source]} <= set(run.plan.marts)
    expected = "aggregate" in steps and sources != ("crm",)  # crm alone has nothing to add up
    assert bool(set(run.plan.marts) & AGGREGATED) == expected
    if "clean" not in steps:
        assert [rule for rule in run.rules if rule.endswith("_key_is_unique")]


def test_without_clean_the_keys_rule_counts_every_copy(retailer: Retailer) -> None:
    run = retailer.run(retail_client("copies", (), ("sales",)), NIGHT, orders_a_day=400)
    copies = run.query(
        """select sum(n) from (
            select count(*) as n from {bronze}.bronze_sales__orders group by order_id having count(*) > 1
        )"""
    )[0][0]
    assert run.rules["sales_order_key_is_unique"] == (planted_in([run])["orders"]["rows"], copies)
    assert run.query("select count(*), count(distinct order_id) from {gold}.retail_orders") == [(100, 100)]
