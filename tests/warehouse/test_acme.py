"""The retailer's numbers against what the generator planted, and against its files."""

# ruff: noqa: S608  # the SQL is ours, the files are the test's own

from __future__ import annotations

import pytest

from warehouse.retailer import Retailer, Run, planted_in, retail_client, retail_rules, six_hours

pytestmark = pytest.mark.slow

ACME = ("clean", "normalize", "enrich")
NIGHT, MORNING = six_hours("2026-01-15T00:00"), six_hours("2026-01-15T06:00")


@pytest.fixture(scope="module")
def retailer(tmp_path_factory: pytest.TempPathFactory) -> Retailer:
    return Retailer(tmp_path_factory.mktemp("retailer"))


@pytest.fixture(scope="module")
def runs(retailer: Retailer) -> list[Run]:
    """Two intervals of a client with the steps of acme_corp, one after the other."""
    client = retail_client("acme", ACME)
    return [retailer.run(client, interval) for interval in (NIGHT, MORNING)]


@pytest.fixture(scope="module")
def acme(runs: list[Run]) -> Run:
    return runs[-1]


def test_every_rule_counts_what_was_planted(runs: list[Run]) -> None:
    for number, run in enumerate(runs, start=1):
        assert run.rules == retail_rules(planted_in(runs[:number]))


def test_every_gate_passes_with_scores_just_above_the_threshold(acme: Run) -> None:
    for layer in ("bronze", "silver", "gold"):
        assert acme.verdict(layer).passed, str(acme.verdict(layer))
    gates = [rule for rule in acme.verdict("silver").rules if rule.gates]
    assert len(gates) == 19
    assert 0.95 <= min(rule.score for rule in gates) < 0.96
    assert all(rule.score < 0.995 for rule in gates), gates


def test_report_rules_below_the_threshold_do_not_block(acme: Run) -> None:
    reported = {rule.rule: rule.score for rule in acme.verdict("silver").rules if not rule.gates}
    assert set(reported) == {
        "crm_customer_has_phone",
        "inventory_stock_covers_what_is_reserved",
        "sales_order_names_customer",
    }
    assert min(reported.values()) < 0.95


def test_more_defects_are_stopped_by_the_silver_gate_with_their_rules(retailer: Retailer) -> None:
    careless = retailer.run(retail_client("careless", ACME), NIGHT, defects=2)
    verdict = careless.verdict("silver")
    assert not verdict.passed
    assert [rule.rule for rule in verdict.breaches] == [
        "crm_country_is_known",
        "inventory_stock_is_not_negative",
        "sales_line_has_order",
    ]


def test_bronze_holds_every_landed_row_and_clean_one_a_key(runs: list[Run], acme: Run) -> None:
    entities = {"crm": ("customers", "segments"), "sales": ("orders", "order_lines", "payments")}
    for source, names in (entities | {"inventory": ("products", "warehouses", "stock")}).items():
        for name in names:
            planted = planted_in(runs)[name]
            rows = acme.query(f"select count(*) from {{bronze}}.bronze_{source}__{name}")
            keys = acme.query(f"select count(*) from {{silver}}.clean_{source}__{name}")
            assert (rows, keys) == ([(planted["rows"],)], [(planted["keys"],)]), name


def test_the_last_version_is_the_one_that_stays(acme: Run) -> None:
    assert acme.query("select count(*) from {bronze}.bronze_sales__orders where order_status = 'placed'") > [
        (0,)
    ]
    assert acme.query("select count(*) from {silver}.clean_sales__orders where order_status = 'placed'") == [
        (0,)
    ]


def test_what_came_untidy_is_tidy(acme: Run) -> None:
    tidy = {
        "normalize_crm__customers": "email <> lower(trim(email)) or first_name <> trim(first_name)",
        "enrich_crm__customers": "country_code in ('GERMANY', 'de') or segment_name like ' %'",
        "normalize_sales__orders": "currency_code <> upper(trim(currency_code)) or customer_id = ''",
        "normalize_sales__payments": "payment_method <> lower(trim(payment_method))",
        "normalize_inventory__products": "category <> trim(category) or category = lower(category)",
    }
    for model, untidy in tidy.items():
        assert acme.query(f"select count(*) from {{silver}}.{model} where {untidy}") == [(0,)], model
        assert acme.query(f"select count(*) from {{silver}}.{model}") > [(0,)]


def test_order_lines_are_worth_what_the_files_say(retailer: Retailer, acme: Run) -> None:
    files = f"{retailer.settings.samples}/acme/sales"
    sold = acme.query(
        f"""
        with orders as (
            from '{files}/orders/*.jsonl'
            qualify row_number() over (partition by order_id order by updated_at desc) = 1
        ),
        lines as (select distinct * from '{files}/order_lines/*.jsonl')
        select count(distinct order_id), sum(
            round(quantity * unit_price::decimal(10, 2) * (100 - discount_percent::integer) * 0.01, 2)
            * exchange_rate::decimal(9, 4)
        )
        from lines inner join orders using (order_id)
        where status <> 'cancelled'
        """
    )[0]
    lines = acme.query(
        "select count(distinct order_id), sum(line_value_eur) from {gold}.retail_order_lines "
        "where is_sold = 1"
    )[0]
    orders = acme.query("select sum(goods_value_eur) from {gold}.retail_orders where is_sold = 1")[0]
    assert lines == sold
    assert orders == (lines[1],)


def test_most_orders_are_paid_to_the_cent(acme: Run) -> None:
    paid, sold = acme.query(
        "select count(*) filter (open_amount = 0), count(*) from {gold}.retail_orders where is_sold = 1"
    )[0]
    assert paid > 0.8 * sold


def test_gold_holds_detail_marts_without_aggregate(acme: Run) -> None:
    marts = {name for name in acme.tables() if name.startswith(("retail_", "run_summary_"))}
    detail = {"retail_customers", "retail_order_lines", "retail_orders", "retail_stock"}
    assert marts == detail | {"run_summary_crm", "run_summary_inventory", "run_summary_sales"}
    assert marts == set(acme.plan.marts)


def test_the_run_summary_says_what_became_of_every_row(runs: list[Run], acme: Run) -> None:
    planted = planted_in(runs)
    told = acme.query(
        "select entity, sum(landed_rows), sum(kept_rows), sum(quarantined_rows), sum(replaced_rows) "
        "from {gold}.run_summary_sales group by entity"
    )
    assert sorted(told) == [
        (name, planted[name]["rows"], planted[name]["keys"], 0, planted[name]["rows"] - planted[name]["keys"])
        for name in ("order_lines", "orders", "payments")
    ]


def test_running_the_older_interval_again_leaves_the_same_rows(retailer: Retailer, acme: Run) -> None:
    before = acme.contents()
    assert retailer.run(acme.plan.client, NIGHT).contents() == before
