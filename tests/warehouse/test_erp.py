"""The group's numbers against what the generator planted, and against its files."""

# ruff: noqa: S608  # the SQL is ours, the files are the test's own

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from medallion.clients import Client, client_from_dict
from medallion.interval import Interval
from medallion.transform.manifest import manifest_for
from medallion.transform.runner import dbt_runner
from warehouse.retailer import Retailer, Run, planted_in

pytestmark = pytest.mark.slow

ALL = ("clean", "normalize", "enrich", "validate", "aggregate")
ROWS_A_DAY = 100_000  # a defect at the client's tolerance is rare: in fewer rows some would never occur
SNAPSHOTS = ("materials", "suppliers")
ENTITIES = (*SNAPSHOTS, "sales_orders", "sales_order_lines", "purchase_orders", "stock_movements")
KEY_RULES = {
    "materials": "erp_material_key_is_unique",
    "suppliers": "erp_supplier_key_is_unique",
    "sales_orders": "erp_order_key_is_unique",
    "sales_order_lines": "erp_line_key_is_unique",
    "purchase_orders": "erp_purchase_key_is_unique",
    "stock_movements": "erp_movement_key_is_unique",
}
DETAIL = {"erp_orders", "erp_order_lines", "erp_purchase_orders", "erp_stock_movements"}
AGGREGATED = {
    "erp_customer_value",
    "erp_daily_sales",
    "erp_rolling_sales",
    "erp_inventory_position",
    "erp_product_performance",
    "erp_supplier_performance",
}
QUARANTINING = {
    "erp_line_has_order",
    "erp_line_price_is_positive",
    "erp_line_quantity_is_positive",
    "erp_material_price_is_positive",
    "erp_movement_is_not_from_the_future",
    "erp_movement_names_plant",
    "erp_movement_quantity_is_positive",
    "erp_movement_type_is_known",
    "erp_order_is_not_from_the_future",
    "erp_purchase_comes_after_its_order",
    "erp_purchase_is_not_from_the_future",
    "erp_purchase_price_is_positive",
    "erp_purchase_quantity_is_positive",
}


def two_hours(start: str) -> Interval:
    begin = datetime.fromisoformat(f"{start}+00:00")
    return Interval(begin, begin + timedelta(hours=2))


EARLY, LATER = two_hours("2026-01-15T06:00"), two_hours("2026-01-15T08:00")


def group_client(
    client_id: str, steps: tuple[str, ...] = ALL, sources: tuple[str, ...] = ("erp", "crm")
) -> Client:
    return client_from_dict(
        client_id,
        {
            "description": "A group of companies",
            "schedule_interval": timedelta(hours=2),
            "data_sources": list(sources),
            "transformations": list(steps),
            "destination": "data_warehouse",
            "business_rules": {"data_retention_days": 2555, "quality_threshold": 0.99},
        },
    )


def erp_rules(planted: dict[str, dict[str, int]]) -> dict[str, tuple[int, int]]:
    """Population and failing rows of each rule of erp behind `clean`; a defect's name is the rule's."""
    blank = planted["purchase_orders"]["erp_purchase_names_supplier"]
    return {
        rule: (counts["keys"] - (blank if rule == "erp_purchase_has_supplier" else 0), count)
        for entity, counts in planted.items()
        if entity in ENTITIES
        for rule, count in counts.items()
        if rule.startswith("erp_")
    }


def of_erp(run: Run) -> dict[str, tuple[int | None, int | None]]:
    return {rule: counted for rule, counted in run.rules.items() if rule.startswith("erp_")}


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Retailer:
    return Retailer(tmp_path_factory.mktemp("group"))


@pytest.fixture(scope="module")
def runs(group: Retailer) -> list[Run]:
    """Two intervals with all steps, one after the other."""
    client = group_client("group")
    return [group.run(client, interval, rows_a_day=ROWS_A_DAY) for interval in (EARLY, LATER)]


@pytest.fixture(scope="module")
def both(runs: list[Run]) -> Run:
    return runs[-1]


def test_every_rule_counts_what_was_planted(runs: list[Run]) -> None:
    for number, run in enumerate(runs, start=1):
        assert of_erp(run) == erp_rules(planted_in(runs[:number]))
    assert len(of_erp(runs[-1])) == 29
    assert all(failing for _, failing in of_erp(runs[-1]).values())


def test_every_gate_passes_with_scores_just_above_the_threshold(both: Run) -> None:
    for layer in ("bronze", "silver", "gold"):
        assert both.verdict(layer).passed, str(both.verdict(layer))
    gates = {rule.rule: rule.score for rule in both.verdict("silver").rules if rule.gates}
    gates = {rule: score for rule, score in gates.items() if rule.startswith("erp_")}
    lowest = sorted(gates, key=lambda rule: gates[rule])[:2]
    assert set(lowest) == {"erp_line_has_order", "erp_purchase_names_supplier"}
    assert 0.99 <= gates[lowest[0]] < 0.9925
    assert len(gates) == 27


@pytest.mark.soak
def test_more_defects_are_stopped_by_the_silver_gate_with_their_rules(group: Retailer) -> None:
    careless = group.run(group_client("careless"), EARLY, rows_a_day=ROWS_A_DAY, defects=2)
    verdict = careless.verdict("silver")
    assert not verdict.passed
    assert [rule.rule for rule in verdict.breaches if rule.rule.startswith("erp_")] == [
        "erp_line_has_order",
        "erp_purchase_names_supplier",
    ]


def test_bronze_reads_a_snapshot_of_its_own_interval_and_orders_of_all(runs: list[Run], both: Run) -> None:
    assert {name for name in both.snapshots if name.startswith("erp.")} == {"erp.materials", "erp.suppliers"}
    planted = planted_in(runs)
    for name in ENTITIES:
        rows = both.query(
            f"select count(*), count(distinct _interval_start) from {{bronze}}.bronze_erp__{name}"
        )
        keys = both.query(f"select count(*) from {{silver}}.clean_erp__{name}")
        assert rows == [(planted[name]["rows"], 1 if name in SNAPSHOTS else 2)], name
        assert keys == [(planted[name]["keys"],)], name


def test_each_quarantine_rule_takes_out_the_rows_it_counts(both: Run) -> None:
    taken = dict(
        both.query(
            " union all ".join(
                f"select unnest(string_split(_broken_rules, ',')) as broken, count(*) "
                f"from {{silver}}.quarantine_erp__{entity} group by broken"
                for entity in ENTITIES
            )
        )
    )
    assert taken == {rule: both.rules[rule][1] for rule in QUARANTINING}


def test_what_came_untidy_is_tidy(runs: list[Run], both: Run) -> None:
    untidy = {
        "materials": ("unit_code", "untidy_units"),
        "suppliers": ("country_code", "untidy_countries"),
        "sales_orders": ("currency_code", "untidy_currencies"),
        "sales_order_lines": ("unit_code", "untidy_units"),
        "purchase_orders": ("currency_code", "untidy_currencies"),
        "stock_movements": ("unit_code", "untidy_units"),
    }
    for entity, (column, what) in untidy.items():
        strange = f"{column} <> upper(trim({column}))"
        came = both.query(f"select count(*) from {{bronze}}.bronze_erp__{entity} where {strange}")[0][0]
        assert came >= planted_in(runs)[entity][what] > 0, entity
        assert both.query(f"select count(*) from {{silver}}.normalize_erp__{entity} where {strange}") == [
            (0,)
        ]


def test_late_and_corrected_rows_arrive(runs: list[Run], both: Run) -> None:
    planted = planted_in(runs)
    for entity, event_time in (("sales_orders", "ordered_at"), ("stock_movements", "posted_at")):
        late = both.query(
            f"select count(*) from {{silver}}.clean_erp__{entity} where {event_time} < _interval_start"
        )[0][0]
        assert late >= planted[entity]["late_rows"] > 0
    corrected = runs[1].planted[0].counts["sales_orders"]["corrected_keys"]
    paid = both.query(
        "select count(*) from {silver}.clean_erp__sales_orders where order_status = 'PAID' "
        "and _interval_start = timestamp '2026-01-15 08:00:00'"
    )
    assert paid == [(corrected,)]
    assert corrected > 0


def test_sales_and_margin_are_what_the_files_say(group: Retailer, both: Run) -> None:
    files = f"{group.settings.samples}/group/erp"
    expected = both.query(
        f"""
        with orders as (
            from '{files}/sales_orders/*.parquet'
            qualify row_number() over (partition by sales_order order by changed_at desc) = 1
        ),
        lines as (select distinct * from '{files}/sales_order_lines/*.parquet'),
        materials as (
            from '{files}/materials/20260115T0800*.parquet'
            qualify row_number() over (partition by material order by changed_at desc) = 1
        )
        select
            count(*),
            sum(round(quantity * net_price, 2) * exchange_rate),
            sum(quantity * standard_price) filter (standard_price > 0)
        from lines
        inner join orders using (sales_order)
        left join materials using (material)
        where status <> 'CANC' and quantity > 0 and net_price > 0 and ordered_at <= orders.changed_at
        """
    )
    lines = both.query(
        "select count(*), sum(line_value_eur), sum(line_cost_eur) "
        "from {gold}.erp_order_lines where is_sold = 1"
    )
    assert lines == expected
    days = both.query("select sum(revenue_eur), sum(cost_eur) from {gold}.erp_daily_sales")
    assert days == [expected[0][1:]]
    margin = both.query(
        "select sum(margin_eur) from {gold}.erp_product_performance where cost_eur > 0 or revenue_eur = 0"
    )[0][0]
    known = both.query(
        "select sum(line_value_eur - line_cost_eur) from {gold}.erp_order_lines where is_sold = 1"
    )[0][0]
    assert margin == known > 0
    worth = both.query("select sum(lifetime_value_eur), min(recency_days) from {gold}.erp_customer_value")
    assert worth == [(expected[0][1], 0)]


def test_suppliers_and_stock_are_what_the_files_say(group: Retailer, both: Run) -> None:
    files = f"{group.settings.samples}/group/erp"
    expected = both.query(
        f"""
        with purchases as (
            from '{files}/purchase_orders/*.parquet'
            qualify row_number() over (partition by purchase_order order by changed_at desc) = 1
        )
        select
            count(*),
            count(delivered_on),
            count(*) filter (delivered_on <= due_on),
            sum(round(quantity * net_price, 2) * exchange_rate)
        from purchases
        where quantity > 0 and net_price > 0 and ordered_at <= changed_at and supplier similar to 'S[0-9]+'
            and coalesce(delivered_on >= ordered_at::date, true)
        """
    )
    performance = both.query(
        "select sum(order_count), sum(delivered_order_count), sum(on_time_order_count), sum(spend_eur) "
        "from {gold}.erp_supplier_performance"
    )
    assert performance == expected
    shares = both.query("select min(on_time_share), max(on_time_share) from {gold}.erp_supplier_performance")
    assert shares == [(0, 1)]
    moved = both.query(
        f"""
        select sum(case when movement_type in ('101', '651') then quantity else -quantity end)
        from (select distinct * from '{files}/stock_movements/*.parquet')
        where movement_type <> '999' and trim(plant) <> '' and quantity > 0 and posted_at <= changed_at
        """
    )
    assert both.query("select sum(on_hand_quantity) from {gold}.erp_inventory_position") == moved
    covered = "select count(*) from {gold}.erp_inventory_position where days_of_cover > 0"
    assert both.query(covered) > [(0,)]


def test_orders_know_the_customers_of_the_customer_system(runs: list[Run], both: Run) -> None:
    unknown = both.query("select count(*) from {gold}.erp_orders where customer_segment_code is null")[0][0]
    assert 0 < unknown <= planted_in(runs)["sales_orders"]["erp_order_has_customer"]


def test_the_run_summary_accounts_for_every_landed_row(runs: list[Run], both: Run) -> None:
    told = both.query(
        "select entity, sum(landed_rows), sum(kept_rows + quarantined_rows), sum(replaced_rows) "
        "from {gold}.run_summary_erp group by entity"
    )
    planted = planted_in(runs)
    assert sorted(told) == [
        (name, planted[name]["rows"], planted[name]["keys"], planted[name]["rows"] - planted[name]["keys"])
        for name in sorted(ENTITIES)
    ]


@pytest.mark.soak
def test_running_an_interval_again_leaves_the_same_rows(group: Retailer, both: Run) -> None:
    before = both.contents()
    assert group.run(both.plan.client, LATER, rows_a_day=ROWS_A_DAY).contents() == before


@pytest.mark.soak
def test_without_steps_or_customers_the_rules_and_detail_marts_are_still_there(group: Retailer) -> None:
    bare = group.run(group_client("bare", (), ("erp",)), EARLY, rows_a_day=ROWS_A_DAY)
    assert {name for name in bare.tables() if name.startswith("erp_")} == DETAIL
    counted = of_erp(bare)
    planted = planted_in([bare])
    assert counted["erp_line_quantity_is_positive"][0] == planted["sales_order_lines"]["rows"]
    for entity, rule in KEY_RULES.items():
        surplus = planted[entity]["rows"] - planted[entity]["keys"]
        rows, failing = counted[rule]
        assert rows == planted[entity]["rows"]
        # A key that is there twice fails twice, one that is there three times thrice.
        assert surplus < failing <= 2 * surplus, rule
    assert not {"erp_order_has_customer", "erp_line_has_order"} & set(counted)
    orders = bare.query("select count(*), count(customer_country_code) from {gold}.erp_orders")
    assert orders == [(planted["sales_orders"]["keys"], 0)]


def test_gold_holds_detail_and_aggregated_marts(both: Run) -> None:
    assert {name for name in both.tables() if name.startswith("erp_")} == DETAIL | AGGREGATED
    agreed = [row.status for node, row in both.rows.items() if ".erp_" in node and "_add_up_to_" in node]
    assert agreed == ["pass"] * 6


def test_every_unit_test_of_the_models_passes(
    group: Retailer, both: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = str(group.settings.dbt_project)
    monkeypatch.setenv("MEDALLION_DUCKDB_PATH", str(both.path))
    variables = {
        "client": "group",
        "sources": list(both.plan.shape.sources),
        "transformations": list(both.plan.shape.transformations),
        "landing": str(group.settings.landing),
    }
    manifest = manifest_for(group.settings, both.plan.shape, both.plan.manifest, "group")
    tested = dbt_runner(manifest).invoke(
        [
            *("test", "--select", "test_type:unit"),
            *("--vars", json.dumps(variables), "--project-dir", project, "--profiles-dir", project),
            *("--target-path", str(tmp_path), "--log-path", str(tmp_path), "--log-level", "none", "--quiet"),
        ]
    )
    outcomes = {
        result.node.name: str(result.status)
        for result in tested.result.results
        if "erp" in result.node.unique_id
    }
    assert len(outcomes) == 11
    assert set(outcomes.values()) == {"pass"}, outcomes
