"""`clean_table` on a real DuckDB, through dbt's own operation."""

from __future__ import annotations

from decimal import Decimal

import pytest

from medallion.creator import CreatorError
from medallion.creator.cleaning import clean_table, read_cleaning
from medallion.exceptions import TransformError

pytestmark = pytest.mark.slow


@pytest.fixture
def cleaned(house):
    """Clean the table as a master_dict says."""
    house.add_client()

    def clean(operations, values=None, **changed):
        given = {
            "operation_dict": operations,
            "values_dict": values or {},
            "schema_id": "acme_silver",
            "dataset_id": "orders",
        }
        return clean_table(house.settings, read_cleaning(given | changed), actor="tidy_42")

    return clean


def test_rows_with_blanks_go(house, cleaned):
    house.table("id integer, name varchar", [(1, "a"), (2, None), (3, "  "), (4, "")])
    (told,) = cleaned({"name": [1]})
    assert house.rows() == [(1, "a")]
    assert told == {
        "column": "name",
        "operation": "drop_blanks",
        "rows_before": 4,
        "rows_after": 1,
        "cells": 0,
    }


def test_blanks_are_filled_in_the_column_of_a_number(house, cleaned):
    house.table("id integer, name varchar, price decimal(9, 2)", [(1, " ", None), (2, "b", Decimal("2.50"))])
    told = cleaned({2: [2], "3": [2]}, {2: "it's {{ new }}", "3": 1.5})
    assert house.rows() == [(1, "it's {{ new }}", Decimal("1.50")), (2, "b", Decimal("2.50"))]
    assert [one["cells"] for one in told] == [1, 1]


def test_texts_are_trimmed(house, cleaned):
    house.table("id integer, name varchar", [(1, " a "), (2, "b"), (3, None)])
    assert cleaned({"name": [3]})[0]["cells"] == 1
    assert house.rows() == [(1, "a"), (2, "b"), (3, None)]


def test_of_copies_the_first_stays_and_blanks_all_stay(house, cleaned):
    house.table("id integer, name varchar", [(3, "a"), (1, "a"), (1, "a"), (4, None), (5, None)])
    told = cleaned({"name": [4]})[0]
    assert house.rows() == [(1, "a"), (4, None), (5, None)]
    assert (told["rows_before"], told["rows_after"]) == (5, 3)


def test_outliers_are_capped_and_stay_so(house, cleaned):
    house.table("value decimal(9, 2)", [(Decimal(one),) for one in (10, 11, 12, 13, 14, 1000, -900)])
    assert cleaned({"value": [5]})[0]["cells"] == 2
    first = house.rows()
    assert (first[0][0], first[-1][0]) == (Decimal("6.00"), Decimal("18.00"))
    assert cleaned({"value": [5]})[0]["cells"] == 0
    assert house.rows() == first


def test_outliers_of_small_whole_numbers_are_capped_once(house, cleaned):
    house.table(
        "value utinyint", [(one,) for one in (1, 1, 2, 3, 3, 200)]
    )  # the bound is 5.625, and 6 is written
    assert cleaned({1: [5]})[0]["cells"] == 1
    assert cleaned({1: [5]})[0]["cells"] == 0


def test_a_column_without_values_has_no_outliers(house, cleaned):
    house.table("value double", [(None,), (None,)])
    assert cleaned({"value": [5]})[0]["cells"] == 0


def test_steps_are_done_in_their_order(house, cleaned):
    house.table("id integer, name varchar", [(1, " a"), (2, "a"), (3, None)])
    told = cleaned({"name": [3, 4, 2]}, {"name": "none"})
    assert [one["operation"] for one in told] == ["trim", "deduplicate", "fill_blanks"]
    assert house.rows() == [(1, "a"), (3, "none")]


def test_a_value_that_does_not_fit_undoes_everything(house, cleaned):
    before = [(1, " a "), (None, "b")]
    house.table("id integer, name varchar", before)
    with pytest.raises(TransformError, match="Could not convert string 'many'"):
        cleaned({"name": [3], "id": [2]}, {"id": "many"})
    assert house.rows() == sorted(before, key=lambda row: row[0] is None)
    assert ("table cleaned", "tidy_42") not in house.told("acme")


def test_the_audit_log_says_what_was_done(house, cleaned):
    house.table("id integer, name varchar", [(1, " a ")])
    cleaned({"name": [3]})
    event = house.registry.events("acme")[-1]
    assert (event.action, event.actor, event.detail["table"]) == ("table cleaned", "tidy_42", "orders")
    assert event.detail["steps"][0]["cells"] == 1


@pytest.mark.parametrize(
    ("column", "code", "message"),
    [
        ("nope", 1, "there is no column 'nope'; there are 2: id, name"),
        (3, 1, "there is no column '3'"),
        ('id" or "1', 1, "there is no column"),
        ("id", 3, "id is INTEGER; trim is for text"),
        ("name", 5, "name is VARCHAR; cap_outliers is for numbers"),
    ],
)
def test_a_step_that_fits_no_column_is_refused(house, cleaned, column, code, message):
    house.table("id integer, name varchar", [(1, " a ")])
    with pytest.raises(TransformError, match=message):
        cleaned({"name": [3], column: [code]} if column != "name" else {"id": [1], "name": [code]})
    assert house.rows() == [(1, " a ")]


def test_a_column_whose_name_ends_the_quotes_is_refused(house, cleaned):
    house.table('id integer, "a""b" varchar', [(1, " a ")])
    with pytest.raises(TransformError, match="quotation mark"):
        cleaned({2: [3]})


def test_a_table_that_is_not_there_is_refused(house, cleaned):
    house.table("id integer", [(1,)])
    with pytest.raises(TransformError, match="there is no table 'nope' in acme_silver"):
        cleaned({"id": [1]}, dataset_id="nope")


def test_a_client_that_is_not_live_is_refused(house, cleaned):
    with pytest.raises(CreatorError, match=r"schema_id: its client must be one of the live clients \(acme\)"):
        cleaned({"id": [1]}, schema_id="other_silver")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"schema_id": "acme"}, "schema_id: must be a client's id and a layer"),
        ({"schema_id": "../acme_silver/x"}, "schema_id"),
        ({"dataset_id": "orders; drop table orders"}, "dataset_id: must be the name of a table"),
        ({"dataset_id": 'orders"'}, "dataset_id"),
        ({"dataset_id": None}, "dataset_id"),
        ({"operation_dict": {}}, "operation_dict: must name a column"),
        ({"operation_dict": {"a": [9]}}, "is 9 no|9 is no operation; allowed are 1 drop_blanks, 2 fill"),
        ({"operation_dict": {"a": [True]}}, "is no operation"),
        ({"operation_dict": {"a": "__import__('os')"}}, "is no operation"),
        ({"operation_dict": {0: [1]}}, "0 is no column"),
        ({"operation_dict": {-1: [1]}}, "-1 is no column"),
        ({"operation_dict": [1]}, "operation_dict: must be an object"),
        ({"operation_dict": {22: [4], "22": [3]}}, "operation_dict: column 22 is given twice"),
        ({"operation_dict": {22: [2]}, "values_dict": {"22": 1, 22: 2}}, "values_dict: column 22 is given"),
        ({"operation_dict": {"a": [2]}}, "values_dict: column a needs a text or a number"),
        ({"values_dict": {"b": 1}}, "values_dict: 'b' is not a column of operation_dict"),
        ({"where": "1 = 1"}, "'where' is not known; allowed are operation_dict"),
    ],
)
def test_a_wrong_master_dict_is_refused(changed, message):
    good = {"operation_dict": {"a": [1]}, "schema_id": "acme_silver", "dataset_id": "orders"}
    with pytest.raises(CreatorError, match=message):
        read_cleaning(good | changed)
