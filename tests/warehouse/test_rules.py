"""What `validate` and `quarantine` do with rows that break rules, on a handful of rows."""

from __future__ import annotations

from datetime import datetime

import pytest

from medallion.ledger.releases import Release
from medallion.settings import load_settings
from medallion.transform.released import released_variables

SALES = ("adventureworks_sales", "adventureworks_production", "adventureworks_person")
GOOD = {"salesorderid": "1", "productid": "5", "orderqty": "1", "unitprice": "1", "unitpricediscount": "0"}
LINES = [
    {**GOOD, "salesorderdetailid": "1"},
    {**GOOD, "salesorderdetailid": "2", "salesorderid": "9"},
    {**GOOD, "salesorderdetailid": "3", "productid": "6"},
    {**GOOD, "salesorderdetailid": "4", "salesorderid": "9", "orderqty": "0", "unitprice": "no number"},
]
ORDERS = [
    {
        "salesorderid": "1",
        "customerid": "1",
        "subtotal": "8",
        "taxamt": "1",
        "freight": "1",
        "totaldue": "10",
    },
    {"salesorderid": "2", "customerid": "7", "subtotal": "8", "taxamt": "1", "freight": "1", "totaldue": "9"},
]
CUSTOMERS = [
    {"customerid": "1", "personid": "1"},
    {"customerid": "2"},
    {"customerid": "3", "storeid": "4"},
]
PRODUCT = {
    "productid": "5", "productnumber": "BK-M18", "productline": "M ", "productsubcategoryid": "1",
    "listprice": "9", "standardcost": "4", "safetystocklevel": "0", "reorderpoint": "0",
}  # fmt: skip
PRODUCTS = [
    PRODUCT,
    {**PRODUCT, "productid": "7", "productnumber": "BKM18", "productline": "Q", "safetystocklevel": "-1"},
    {**PRODUCT, "productid": "8", "productline": "", "productsubcategoryid": "3"},
    {**PRODUCT, "productid": "9", "productsubcategoryid": ""},
]
PERSON = {"firstname": "Ann", "lastname": "Lee", "persontype": "in ", "emailpromotion": "2"}
PEOPLE = [
    {**PERSON, "businessentityid": "11"},
    {**PERSON, "businessentityid": "12", "lastname": " ", "persontype": "XX", "emailpromotion": "3"},
    {**PERSON, "businessentityid": "13", "emailpromotion": ""},
]
ADDRESS = {"addressline1": "1 Way", "city": "Ulm", "postalcode": "89073", "stateprovinceid": "1"}
ADDRESSES = [
    {**ADDRESS, "addressid": "1"},
    {**ADDRESS, "addressid": "2", "city": " "},
    {**ADDRESS, "addressid": "3", "stateprovinceid": "2", "postalcode": ""},
]
STATES = [{"stateprovinceid": "1", "stateprovincecode": "BW", "countryregioncode": "DE"}]


LANDED = {
    "adventureworks_sales": {"order_lines": LINES, "orders": ORDERS, "customers": CUSTOMERS},
    "adventureworks_production": {
        "products": PRODUCTS,
        "subcategories": [{"productsubcategoryid": "1", "productcategoryid": "1"}],
        "categories": [{"productcategoryid": "1", "name": "Bikes"}],
    },
    "adventureworks_person": {"people": PEOPLE, "addresses": ADDRESSES, "states": STATES},
}


def landed_for(project, client):
    for source, rows in LANDED.items():
        project.land_rows(source, rows, client)
    return client


@pytest.fixture(scope="module")
def judged(project):
    return project.build(landed_for(project, "judged"))


def test_rows_that_break_a_rule_are_moved_with_the_names_of_all(judged):
    moved = "select order_line_id, _broken_rules from {silver}.quarantine_adventureworks_sales__order_lines"
    assert sorted(judged.rows(moved)) == [
        (2, "line_has_order"),
        (4, "line_has_order,line_price_is_possible,line_quantity_is_positive"),
    ]


def test_rows_that_may_break_a_rule_stay_and_are_flagged(judged):
    kept = (
        "select order_line_id, _broken_rules, _flags from {silver}.validate_adventureworks_sales__order_lines"
    )
    assert sorted(judged.rows(kept)) == [(1, "", ""), (3, "", "line_has_product")]


def test_what_is_not_known_breaks_a_rule_and_is_in_no_population(judged):
    assert judged.rules["line_price_is_possible"] == (4, 1)
    assert judged.rules["order_is_shipped_after_it_is_placed"] == (0, 0)


def test_orders_and_customers_are_held_to_each_other_and_to_their_own_sums(judged):
    assert judged.rules["order_has_customer"] == (2, 1)
    assert judged.rules["order_amounts_add_up"] == (2, 1)
    assert judged.rules["customer_store_exists"] == (1, 1)
    assert judged.rules["customer_is_someone"] == (3, 1)


def test_products_people_and_addresses_are_held_to_what_is_known_of_them(judged):
    names = ("product_", "person_", "address_")
    assert {name: counts for name, counts in judged.rules.items() if name.startswith(names)} == {
        "product_price_covers_cost": (4, 0),
        "product_amounts_are_not_negative": (4, 1),
        "product_number_is_well_formed": (4, 1),
        "product_line_is_known": (3, 1),
        "product_has_category": (3, 1),
        "person_has_name": (3, 1),
        "person_type_is_known": (3, 1),
        "person_promotion_level_is_in_range": (3, 2),
        "address_is_complete": (3, 2),
        "address_has_state": (3, 1),
    }


def test_a_line_without_an_order_may_be_released(project, tmp_path):
    client, entity = landed_for(project, "released"), "adventureworks_sales__order_lines"
    key, rules = {"order_line_id": "2"}, ("line_has_order",)
    release = Release(client, entity, key, rules, why="seen", signed_by="ann", signed_at=datetime(2026, 1, 1))
    built = project.build(client, more=released_variables(load_settings(), [release], tmp_path))
    kept = "select order_line_id, _flags from {silver}.validate_adventureworks_sales__order_lines"
    assert sorted(built.rows(kept)) == [(1, ""), (2, "line_has_order"), (3, "line_has_product")]
    assert built.statuses["line_in_an_order_that_validate_kept"] == "pass"


@pytest.mark.soak
def test_without_clean_a_rule_counts_every_copy_of_a_key(project):
    sales = {"order_lines": LINES + LINES[:1], "orders": ORDERS + ORDERS, "customers": CUSTOMERS * 3}
    person = {"people": PEOPLE + PEOPLE[:1], "addresses": ADDRESSES + ADDRESSES, "states": STATES}
    project.land_rows("adventureworks_sales", sales, "copied")
    project.land_rows("adventureworks_person", person, "copied")
    measured = project.build(
        "copied", ("enrich",), sources=("adventureworks_sales", "adventureworks_person")
    ).rules
    assert measured["line_key_is_unique"] == (5, 2)
    assert measured["order_key_is_unique"] == (4, 4)
    assert measured["customer_key_is_unique"] == (9, 9)
    assert measured["person_key_is_unique"] == (4, 2)
    assert measured["address_key_is_unique"] == (6, 6)
