"""The retailer with all steps, with few, and with single sources."""

# ruff: noqa: S608  # the SQL is ours

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from medallion.transform.manifest import manifest_for
from medallion.transform.runner import dbt_runner
from warehouse.retailer import Retailer, Run, planted_in, retail_client, retail_rules, six_hours

pytestmark = pytest.mark.slow

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
    "retail_rolling_sales",
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


@pytest.mark.soak
def test_all_steps_measure_the_same_before_validate_moves_rows(full: Run) -> None:
    assert full.rules == retail_rules(planted_in([full]))


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


def test_the_run_summary_counts_what_quarantine_took(full: Run) -> None:
    told = full.query(
        "select entity, quarantined_rows, landed_rows - kept_rows from {gold}.run_summary_sales"
    )
    held = {
        entity: full.query(f"select count(*) from {{silver}}.quarantine_sales__{entity}")[0][0]
        for entity, *_ in told
    }
    assert {entity: quarantined for entity, quarantined, _ in told} == held
    assert all(0 < quarantined < left for _, quarantined, left in told)


def test_rules_that_keep_rows_flag_them_up_to_gold(full: Run) -> None:
    flagged = full.query(
        "select count(*) from {gold}.retail_orders where flags like '%sales_currency_is_known%'"
    )
    assert flagged > [(0,)]


def test_aggregated_marts_agree_with_silver(full: Run) -> None:
    assert set(full.plan.marts) == AGGREGATED | {mart for marts in DETAIL.values() for mart in marts} | {
        f"run_summary_{source}" for source in DETAIL
    }
    agreed = [row.status for node, row in full.rows.items() if ".retail_" in node and "add_up_to" in node]
    assert agreed == ["pass"] * 4


def test_unit_tests_of_the_models_pass(retailer: Retailer, full: Run, tmp_path: Path, monkeypatch) -> None:
    project = str(retailer.settings.dbt_project)
    monkeypatch.setenv("MEDALLION_DUCKDB_PATH", str(full.path))
    manifest = manifest_for(retailer.settings, full.plan.shape, full.plan.manifest, "full")
    variables = {
        "client": "full",
        "sources": list(full.plan.shape.sources),
        "transformations": list(full.plan.shape.transformations),
        "landing": str(retailer.settings.landing),
    }
    tested = dbt_runner(manifest).invoke(
        [
            *("test", "--select", "test_type:unit", "--vars", json.dumps(variables)),
            *("--project-dir", project, "--profiles-dir", project, "--target-path", str(tmp_path)),
            *("--log-path", str(tmp_path), "--log-level", "none", "--quiet"),
        ]
    )
    ran = [result for result in tested.result.results if result.node.resource_type == "unit_test"]
    outcomes = {result.node.name: str(result.status) for result in ran}
    assert len(outcomes) == 13
    assert set(outcomes.values()) == {"pass"}, outcomes


@pytest.fixture(scope="module")
def few(retailer: Retailer) -> dict[str, Run]:
    """Sales alone, and the other two without it, each with few steps and without `clean`."""
    shapes = {
        "alone": (("sales",), ("enrich", "aggregate")),
        "others": (("crm", "inventory"), ("normalize", "validate", "aggregate")),
    }
    return {
        name: retailer.run(retail_client(name, steps, sources), NIGHT, rows_a_day=4000)
        for name, (sources, steps) in shapes.items()
    }


@pytest.mark.soak
@pytest.mark.parametrize("name", ["alone", "others"])
def test_sources_stand_alone_with_few_steps(few: dict[str, Run], name: str) -> None:
    run = few[name]
    assert {row.status for row in run.rows.values()} <= {"success", "pass", "warn"}
    built = {table.partition("_")[0] for table in run.tables() if "__" in table}
    steps = set(run.plan.shape.transformations) - {"aggregate"}
    assert built - {"bronze", "quarantine"} == steps
    assert {mart for source in run.plan.shape.sources for mart in DETAIL[source]} <= set(run.plan.marts)


def test_marts_of_several_sources_are_left_out_where_one_is_missing(few: dict[str, Run]) -> None:
    assert set(few["alone"].plan.marts) & AGGREGATED == {"retail_daily_sales", "retail_rolling_sales"}
    assert set(few["others"].plan.marts) & AGGREGATED == {"retail_warehouse_position"}


def test_the_last_day_without_an_order_is_a_day_of_zero(retailer: Retailer) -> None:
    client = retail_client("quiet", ("clean", "aggregate"), ("sales",))
    weeks = "select order_date, order_count, window_order_count from {gold}.retail_rolling_sales order by 1"
    busy = retailer.run(client, six_hours("2026-01-15T18:00"), rows_a_day=400).query(weeks)
    last, orders, week = busy[-1]
    assert orders > 0
    quiet = retailer.run(client, six_hours("2026-01-17T18:00"), rows_a_day=400, emptied=True).query(weeks)
    zero = [(last + timedelta(days=later), 0, week) for later in (1, 2)]
    assert quiet == [*busy, *zero]


def test_what_another_source_would_say_is_null_without_it(few: dict[str, Run]) -> None:
    joined = "count(has_product), count(product_name), count(line_cost_eur)"
    assert few["alone"].query(f"select {joined} from {{gold}}.retail_order_lines") == [(0, 0, 0)]
    assert "sales_line_has_product" not in few["alone"].rules
    assert few["alone"].rules["sales_line_has_order"][1] > 0


@pytest.mark.parametrize(
    ("client", "rule", "entity", "key"),
    [
        ("alone", "sales_order_key_is_unique", "sales__orders", "order_id"),
        ("alone", "sales_line_key_is_unique", "sales__order_lines", "order_id, line_number"),
        ("alone", "sales_payment_key_is_unique", "sales__payments", "payment_id"),
        ("others", "crm_customer_key_is_unique", "crm__customers", "customer_id"),
        ("others", "inventory_product_key_is_unique", "inventory__products", "product_id"),
        ("others", "inventory_stock_key_is_unique", "inventory__stock", "warehouse_id, product_id"),
    ],
)
def test_without_clean_the_keys_rule_counts_every_copy(
    few: dict[str, Run], client: str, rule: str, entity: str, key: str
) -> None:
    copies = few[client].query(
        f"""select sum(n) from (
            select count(*) as n from {{bronze}}.bronze_{entity} group by {key} having count(*) > 1
        )"""
    )[0][0]
    planted = planted_in([few[client]])[entity.partition("__")[2]]
    assert few[client].rules[rule] == (planted["rows"], copies)
    assert copies > 0


def test_without_clean_gold_still_has_each_key_once(few: dict[str, Run]) -> None:
    counts = few["alone"].query("select count(*), count(distinct order_id) from {gold}.retail_orders")
    keys = planted_in([few["alone"]])["orders"]["keys"]
    assert counts == [(keys, keys)]
    untidy = few["others"].query("select count(*) from {gold}.retail_customers where email <> trim(email)")
    assert untidy > [(0,)]  # nobody listed `clean`
