"""What the generator says it planted is what is in the files."""

# ruff: noqa: S608  # the SQL is ours, the files are the test's own

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.clients import SourceContract
from medallion.interval import Interval
from medallion.sample_data import Planted, generate, read_planted

MORNING = Interval.parse("2026-01-15T06:00:00+00:00/2026-01-15T12:00:00+00:00")

LAST_CUSTOMERS = (
    "(from customers qualify row_number() over (partition by customer_id order by updated_at desc) = 1)"
)
LAST_ORDERS = "(from orders qualify row_number() over (partition by order_id order by updated_at desc) = 1)"
LAST_PRODUCTS = (
    "(from products qualify row_number() over (partition by product_id order by updated_at desc) = 1)"
)
LINES, PAYMENTS, STOCK = (f"(select distinct * from {name})" for name in ("order_lines", "payments", "stock"))
COUNTRIES = "'AT', 'CH', 'DE', 'ES', 'FR', 'GB', 'IT', 'NL', 'PL', 'US'"

#: entity, what was planted, and how many of it the files hold.
FOUND = [
    ("customers", "rows", "from customers"),
    ("customers", "keys", f"from {LAST_CUSTOMERS}"),
    ("customers", "exact_duplicates", "from (from customers group by all having count(*) = 2)"),
    ("customers", "blank_emails", f"from {LAST_CUSTOMERS} where trim(email) = ''"),
    (
        "customers",
        "malformed_emails",
        f"from {LAST_CUSTOMERS} where trim(email) <> '' and email not like '%@%'",
    ),
    (
        "customers",
        "untidy_emails",
        f"from {LAST_CUSTOMERS} where email <> lower(trim(email)) and email like '%@%'",
    ),
    ("customers", "unknown_countries", f"from {LAST_CUSTOMERS} where country = 'Atlantis'"),
    (
        "customers",
        "country_names",
        f"from {LAST_CUSTOMERS} where upper(country) not in ({COUNTRIES}) and country <> 'Atlantis'",
    ),
    ("customers", "future_registrations", f"from {LAST_CUSTOMERS} where registered_at > updated_at"),
    (
        "customers",
        "unknown_segments",
        f"from {LAST_CUSTOMERS} where segment_code not in (select segment_code from segments)",
    ),
    ("customers", "blank_phones", f"from {LAST_CUSTOMERS} where phone = ''"),
    ("segments", "rows", "from segments"),
    ("orders", "rows", "from orders"),
    ("orders", "keys", f"from {LAST_ORDERS}"),
    ("orders", "exact_duplicates", "from (from orders group by all having count(*) = 2)"),
    ("orders", "old_versions", "from orders where status = 'placed'"),
    ("orders", "guests", f"from {LAST_ORDERS} where customer_id = ''"),
    (
        "orders",
        "unknown_customers",
        f"from {LAST_ORDERS} where customer_id not in (select customer_id from customers union select '')",
    ),
    ("orders", "unknown_currencies", f"from {LAST_ORDERS} where currency = 'XXX'"),
    ("orders", "untidy_currencies", f"from {LAST_ORDERS} where currency <> upper(trim(currency))"),
    ("orders", "future_dates", f"from {LAST_ORDERS} where ordered_at > updated_at"),
    ("order_lines", "rows", "from order_lines"),
    ("order_lines", "keys", f"from {LINES}"),
    ("order_lines", "orphans", f"from {LINES} where order_id not in (select order_id from orders)"),
    (
        "order_lines",
        "unknown_products",
        f"from {LINES} where product_id not in (select product_id from products)",
    ),
    ("order_lines", "negative_quantities", f"from {LINES} where quantity <= 0"),
    ("order_lines", "free_lines", f"from {LINES} where unit_price = 0"),
    ("payments", "rows", "from payments"),
    ("payments", "keys", f"from {PAYMENTS}"),
    ("payments", "orphans", f"from {PAYMENTS} where order_id not in (select order_id from orders)"),
    ("payments", "negative_amounts", f"from {PAYMENTS} where amount <= 0"),
    ("payments", "blank_methods", f"from {PAYMENTS} where trim(method) = ''"),
    (
        "payments",
        "untidy_methods",
        f"from {PAYMENTS} where method <> lower(trim(method)) and trim(method) <> ''",
    ),
    ("products", "rows", "from products"),
    ("products", "keys", f"from {LAST_PRODUCTS}"),
    ("products", "missing_costs", f"from {LAST_PRODUCTS} where unit_cost is null"),
    ("products", "costs_above_price", f"from {LAST_PRODUCTS} where unit_cost >= list_price"),
    ("products", "untidy_categories", f"from {LAST_PRODUCTS} where category <> trim(category)"),
    ("warehouses", "rows", "from warehouses"),
    ("stock", "rows", "from stock"),
    ("stock", "keys", f"from {STOCK}"),
    ("stock", "negative_counts", f"from {STOCK} where on_hand < 0"),
    ("stock", "unknown_products", f"from {STOCK} where product_id not in (select product_id from products)"),
    ("stock", "over_reserved", f"from {STOCK} where on_hand >= 0 and reserved > on_hand"),
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
            more = counts.get("exact_duplicates", 0) + counts.get("old_versions", 0)
            assert counts["rows"] == counts["keys"] + more


def test_the_counts_stand_beside_the_files(planted: dict[str, Planted], samples: Path) -> None:
    for source, told in planted.items():
        assert read_planted(samples / "acme" / source / "planted" / "20260115T0600.json") == told


@pytest.mark.parametrize("source", ["crm", "sales", "inventory"])
def test_without_defects_nothing_is_planted(
    source: str, tmp_path: Path, contracts: dict[str, SourceContract]
) -> None:
    clean = generate(contracts[source], "acme", MORNING, tmp_path, defects=0)
    for counts in clean.counts.values():
        assert {what for what, count in counts.items() if count} == {"rows", "keys"}


def test_twice_the_defects_break_twice_as_many_rows(
    tmp_path: Path, contracts: dict[str, SourceContract], planted: dict[str, Planted]
) -> None:
    twice = generate(contracts["sales"], "acme", MORNING, tmp_path, defects=2).counts["order_lines"]
    usual = planted["sales"].counts["order_lines"]
    assert twice["keys"] == usual["keys"]
    assert twice["orphans"] == pytest.approx(2 * usual["orphans"], rel=0.1)
