"""What the generator says it planted is what is in the files."""

# ruff: noqa: S608  # the SQL is ours, the files are the test's own

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.clients import Catalog, SourceContract
from medallion.interval import Interval
from medallion.sample_data import Planted, Recipe, generate, generate_client, read_planted

MORNING = Interval.parse("2026-01-15T06:00:00+00:00/2026-01-15T12:00:00+00:00")
EARLY = Interval.parse("2026-01-15T06:00:00+00:00/2026-01-15T09:00:00+00:00")
#: Rows a day of which three hours have every defect, at half the rate too, and enough of it to compare.
ENOUGH = {"startup_inc": 100_000, "acme_corp": 10_000, "enterprise_ltd": 150_000}
#: What is counted without being planted.
SOUND = {"keys", "rows", "receivables", "without_manager"}

LAST_CUSTOMERS = (
    "(from customers qualify row_number() over (partition by customer_id order by updated_at desc) = 1)"
)
LAST_ORDERS = "(from orders qualify row_number() over (partition by order_id order by updated_at desc) = 1)"
OWN_ORDERS = f"(from {LAST_ORDERS} where order_id like 'O20260115T0600-%')"
LAST_PRODUCTS = (
    "(from products qualify row_number() over (partition by product_id order by updated_at desc) = 1)"
)
LINES, PAYMENTS, STOCK = (f"(select distinct * from {name})" for name in ("order_lines", "payments", "stock"))
ORDERS, PRODUCTS = "(select order_id from orders)", "(select product_id from products)"
COUNTRIES = "'AT', 'CH', 'DE', 'ES', 'FR', 'GB', 'IT', 'NL', 'PL', 'US'"

#: entity, what was planted, and how many of it the files hold.
FOUND = [
    ("customers", "rows", "from customers"),
    ("customers", "keys", f"from {LAST_CUSTOMERS}"),
    ("customers", "exact_duplicates", "from (from customers group by all having count(*) = 2)"),
    ("customers", "crm_customer_has_email", f"from {LAST_CUSTOMERS} where trim(email) = ''"),
    (
        "customers",
        "crm_email_is_valid",
        f"from {LAST_CUSTOMERS} where trim(email) <> '' and email not like '%@%'",
    ),
    (
        "customers",
        "untidy_emails",
        f"from {LAST_CUSTOMERS} where email <> lower(trim(email)) and email like '%@%'",
    ),
    ("customers", "crm_country_is_known", f"from {LAST_CUSTOMERS} where country = 'Atlantis'"),
    (
        "customers",
        "country_names",
        f"from {LAST_CUSTOMERS} where upper(country) not in ({COUNTRIES}) and country <> 'Atlantis'",
    ),
    (
        "customers",
        "crm_customer_is_not_from_the_future",
        f"from {LAST_CUSTOMERS} where registered_at > updated_at",
    ),
    (
        "customers",
        "crm_customer_has_segment",
        f"from {LAST_CUSTOMERS} where segment_code not in (select segment_code from segments)",
    ),
    ("customers", "crm_customer_has_phone", f"from {LAST_CUSTOMERS} where phone = ''"),
    ("segments", "rows", "from segments"),
    ("orders", "rows", "from orders"),
    ("orders", "keys", f"from {OWN_ORDERS}"),
    ("orders", "exact_duplicates", "from (from orders group by all having count(*) = 2)"),
    ("orders", "old_versions", "from orders where status = 'placed'"),
    ("orders", "sales_order_names_customer", f"from {LAST_ORDERS} where customer_id = ''"),
    (
        "orders",
        "sales_order_has_customer",
        f"from {LAST_ORDERS} where customer_id not in (select customer_id from customers union select '')",
    ),
    ("orders", "sales_currency_is_known", f"from {LAST_ORDERS} where currency = 'XXX'"),
    ("orders", "untidy_currencies", f"from {LAST_ORDERS} where currency <> upper(trim(currency))"),
    ("orders", "sales_order_is_not_from_the_future", f"from {LAST_ORDERS} where ordered_at > updated_at"),
    ("orders", "late_rows", f"from {OWN_ORDERS} where ordered_at < '2026-01-15T06:00:00'"),
    ("orders", "corrected_keys", "from orders where order_id not like 'O20260115T0600-%'"),
    ("order_lines", "rows", "from order_lines"),
    ("order_lines", "keys", f"from {LINES}"),
    (
        "order_lines",
        "sales_line_has_order",
        f"from {LINES} where order_id not in {ORDERS}",
    ),
    (
        "order_lines",
        "sales_line_has_product",
        f"from {LINES} where product_id not in (select product_id from products)",
    ),
    ("order_lines", "sales_line_quantity_is_positive", f"from {LINES} where quantity <= 0"),
    ("order_lines", "sales_line_price_is_positive", f"from {LINES} where unit_price = 0"),
    ("payments", "rows", "from payments"),
    ("payments", "keys", f"from {PAYMENTS}"),
    (
        "payments",
        "sales_payment_has_order",
        f"from {PAYMENTS} where order_id not in {ORDERS}",
    ),
    ("payments", "sales_payment_is_positive", f"from {PAYMENTS} where amount <= 0"),
    ("payments", "sales_payment_method_is_known", f"from {PAYMENTS} where trim(method) = ''"),
    (
        "payments",
        "untidy_methods",
        f"from {PAYMENTS} where method <> lower(trim(method)) and trim(method) <> ''",
    ),
    ("products", "rows", "from products"),
    ("products", "keys", f"from {LAST_PRODUCTS}"),
    ("products", "inventory_product_has_cost", f"from {LAST_PRODUCTS} where unit_cost is null"),
    ("products", "inventory_cost_is_below_price", f"from {LAST_PRODUCTS} where unit_cost >= list_price"),
    ("products", "untidy_categories", f"from {LAST_PRODUCTS} where category <> trim(category)"),
    ("warehouses", "rows", "from warehouses"),
    ("stock", "rows", "from stock"),
    ("stock", "keys", f"from {STOCK}"),
    ("stock", "inventory_stock_is_not_negative", f"from {STOCK} where on_hand < 0"),
    (
        "stock",
        "inventory_stock_has_product",
        f"from {STOCK} where product_id not in {PRODUCTS}",
    ),
    (
        "stock",
        "inventory_stock_covers_what_is_reserved",
        f"from {STOCK} where on_hand >= 0 and reserved > on_hand",
    ),
]


@pytest.mark.parametrize(("entity", "what", "sql"), FOUND, ids=[f"{e}-{w}" for e, w, _ in FOUND])
def test_what_was_planted_is_in_the_files(entity, what, sql, query, planted: dict[str, Planted]) -> None:
    told = {**planted["crm"].counts, **planted["sales"].counts, **planted["inventory"].counts}
    count = query(f"select count(*) {sql}")[0][0]
    assert count == told[entity][what]
    assert count > 0


def test_every_defect_is_held_against_the_files(planted: dict[str, Planted]) -> None:
    told = {
        (e, what) for source in planted.values() for e, counts in source.counts.items() for what in counts
    }
    # Copies and old versions are the rows that are no keys.
    spared = {w for w in told if w[1] in ("exact_duplicates", "old_versions")} | {
        ("segments", "keys"),
        ("warehouses", "keys"),
    }
    assert told - {(entity, what) for entity, what, _ in FOUND} <= spared


def test_rows_are_keys_and_their_copies_and_old_versions(planted: dict[str, Planted]) -> None:
    for source in planted.values():
        for counts in source.counts.values():
            more = [counts.get(what, 0) for what in ("exact_duplicates", "old_versions", "corrected_keys")]
            assert counts["rows"] == counts["keys"] + sum(more)


def test_the_counts_stand_beside_the_files(planted: dict[str, Planted], samples: Path) -> None:
    for source, told in planted.items():
        assert read_planted(samples / "acme" / source / "planted" / "20260115T0600.json") == told


@pytest.mark.parametrize("source", ["crm", "sales", "inventory"])
def test_without_defects_nothing_is_planted(
    source: str, tmp_path: Path, contracts: dict[str, SourceContract]
) -> None:
    clean = generate(contracts[source], "acme", MORNING, tmp_path, Recipe(defects=0))
    for counts in clean.counts.values():
        assert {what for what, count in counts.items() if count} == {"rows", "keys"}


def test_twice_the_defects_break_twice_as_many_rows(
    tmp_path: Path, contracts: dict[str, SourceContract], planted: dict[str, Planted]
) -> None:
    twice = generate(contracts["sales"], "acme", MORNING, tmp_path, Recipe(defects=2)).counts["order_lines"]
    usual = planted["sales"].counts["order_lines"]
    assert twice["keys"] == usual["keys"]
    assert twice["sales_line_has_order"] == pytest.approx(2 * usual["sales_line_has_order"], rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("client_id", ENOUGH)
def test_no_rate_hides_all_rows_of_a_defect_and_twice_the_rate_breaks_more(
    client_id: str, tmp_path: Path, catalog: Catalog
) -> None:
    def counted(defects: float) -> dict[tuple[str, str], int]:
        planted = generate_client(
            catalog.clients[client_id],
            catalog.sources,
            [EARLY],
            tmp_path,
            rows_a_day=ENOUGH[client_id],
            defects=defects,
        )
        return {
            (entity, what): count
            for source in planted
            for entity, counts in source.counts.items()
            for what, count in counts.items()
            if what not in SOUND
        }

    rates = {defects: counted(defects) for defects in (0.5, 1, 1.5, 2, 3)}
    assert [(defects, *key) for defects, told in rates.items() for key in told if not told[key]] == []
    assert [key for key, count in rates[2].items() if count <= rates[1][key]] == []
