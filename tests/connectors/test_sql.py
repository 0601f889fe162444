"""Sources in a real PostgreSQL: which rows land, in which types, and what is said when they do not."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from connectors.conftest import Land, day, table
from medallion.exceptions import ExtractError
from medallion.interval import Interval

pytestmark = pytest.mark.slow

ORDERS = """
create schema if not exists web;
create table web.orders (
    id bigint primary key, note text, amount numeric(12, 2), ordered_on date, is_paid boolean,
    rate double precision, updated_at timestamptz not null
);
insert into web.orders values
    (1, 'old', 1.10, '2026-01-10', true, 0.5, '2026-01-10 12:00+00'),
    (2, 'first moment', 2.20, '2026-01-15', false, 0.25, '2026-01-15 00:00+00'),
    (3, 'last moment', 3.30, '2026-01-15', null, null, '2026-01-15 23:59:59.999999+00'),
    (4, 'next day', 4.40, '2026-01-16', true, 1, '2026-01-16 00:00+00'),
    (5, 'in Berlin the 16th', null, null, true, 1, '2026-01-16 00:30+01');
"""
ENTITY: dict[str, Any] = {"table": "web.orders", "keys": ["id"], "cursor": "updated_at"}
SOURCE: dict[str, Any] = {
    "connector": "sql",
    "env": "SHOP_URL",
    "load": "interval",
    "entities": {"orders": ENTITY},
}


@pytest.fixture
def database(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    monkeypatch.setenv("SHOP_URL", server)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("drop schema if exists web cascade")
        connection.execute(ORDERS)
        yield connection


def ids(landed: Any) -> list[int]:
    return sorted(table(landed)["id"].to_pylist())


def test_an_interval_lands_its_own_rows_from_its_first_moment_to_its_last(
    database: psycopg.Connection, land: Land
) -> None:
    (orders,) = land(day(15), **SOURCE)
    assert ids(orders) == [2, 3, 5]
    assert (orders.rows, orders.changes) == (3, ())
    (again,) = land(day(15), **SOURCE)
    assert ids(again) == [2, 3, 5]


def test_types_arrive_exactly_and_times_in_utc(database: psycopg.Connection, land: Land) -> None:
    landed = table(land(day(15), **SOURCE)[0])
    assert {field.name: field.type for field in landed.schema} == {
        "id": pa.int64(),
        "note": pa.string(),
        "amount": pa.decimal128(12, 2),
        "ordered_on": pa.date32(),
        "is_paid": pa.bool_(),
        "rate": pa.float64(),
        "updated_at": pa.timestamp("us"),
    }
    first = sorted(landed.to_pylist(), key=lambda row: row["id"])[0]
    assert first["amount"] == Decimal("2.20")
    assert (first["ordered_on"], first["updated_at"]) == (date(2026, 1, 15), datetime(2026, 1, 15))


def test_a_snapshot_lands_all_rows_each_time(database: psycopg.Connection, land: Land) -> None:
    source = SOURCE | {"load": "snapshot"}
    assert ids(land(day(15), **source)[0]) == [1, 2, 3, 4, 5]
    database.execute("delete from web.orders where id = 1")
    assert ids(land(day(16), **source)[0]) == [2, 3, 4, 5]


def test_history_lands_all_rows_once_and_then_intervals(database: psycopg.Connection, land: Land) -> None:
    source = SOURCE | {"load": "history"}
    assert ids(land(day(15), **source)[0]) == [1, 2, 3, 5]
    assert ids(land(day(16), **source)[0]) == [4]
    assert ids(land(day(15), **source)[0]) == [1, 2, 3, 5]  # run again, it is still the first one
    assert ids(land(day(14), **source)[0]) == []


def test_an_interval_without_rows_lands_the_columns_that_are_known(
    database: psycopg.Connection, land: Land
) -> None:
    land(day(15), **SOURCE)
    (nothing,) = land(day(20), **SOURCE | {"schema_changes": "fail"})
    assert nothing.rows == 0
    assert table(nothing).schema.field("amount").type == pa.decimal128(12, 2)


def test_plain_times_days_and_iso_texts_are_cursors_too(database: psycopg.Connection, land: Land) -> None:
    database.execute(
        "create view web.variants as select id, ordered_on, updated_at at time zone 'UTC' as plain, "
        "to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS') as said from web.orders"
    )
    for cursor, expected in (("plain", [2, 3, 5]), ("said", [2, 3, 5]), ("ordered_on", [2, 3])):
        entity = {"table": "web.variants", "keys": ["id"], "cursor": cursor}
        assert ids(land(day(15), **SOURCE | {"entities": {"orders": entity}})[0]) == expected, cursor
    entity = {"table": "web.variants", "keys": ["id"], "cursor": "id"}
    with pytest.raises(
        ExtractError, match=r"cursor id is of type BIGINT; expected a time, a day or ISO text"
    ):
        land(day(15), **SOURCE | {"entities": {"orders": entity}})


def test_a_cursor_of_days_holds_the_days_of_the_clients_clocks(
    database: psycopg.Connection, land: Land
) -> None:
    start = datetime(2026, 1, 14, 23, tzinfo=UTC)
    there = Interval(start, start + timedelta(days=1), "Europe/Berlin")
    entity = {"table": "web.orders", "keys": ["id"], "cursor": "ordered_on"}
    assert ids(land(there, **SOURCE | {"entities": {"orders": entity}})[0]) == [2, 3]
    assert ids(land(there, **SOURCE)[0]) == [2]


def test_many_rows_land_in_batches(database: psycopg.Connection, land: Land) -> None:
    database.execute(
        "insert into web.orders (id, updated_at) "
        "select n, timestamptz '2026-01-15 06:00+00' from generate_series(100, 130099) as n"
    )
    assert land(day(15), **SOURCE)[0].rows == 130_003


def test_new_dropped_and_changed_columns_follow_the_contract(
    database: psycopg.Connection, land: Land
) -> None:
    land(day(15), **SOURCE)
    database.execute(
        "alter table web.orders add column channel text default 'web', drop column note, "
        "alter column is_paid type text"
    )
    told = (
        "column channel is new (string)",
        "column note (string) is gone",
        "column is_paid was bool, is string",
    )
    (evolved,) = land(day(16), **SOURCE)
    assert evolved.changes == told
    assert "channel" in table(evolved).column_names

    evolved.path.unlink()
    (frozen,) = land(day(16), **SOURCE | {"schema_changes": "freeze"})
    assert frozen.changes == tuple(f"{one}: left as it was" for one in told)
    kept = table(frozen)
    assert "channel" not in kept.column_names
    assert (kept["note"].to_pylist(), kept["is_paid"].to_pylist()) == ([None], [True])

    frozen.path.unlink()
    with pytest.raises(
        ExtractError, match=r"acme: shop.orders: web.orders: column channel is new \(string\); "
    ):
        land(day(16), **SOURCE | {"schema_changes": "fail"})
    assert not frozen.path.exists()


def test_what_a_frozen_type_cannot_hold_lands_nothing(database: psycopg.Connection, land: Land) -> None:
    land(day(15), **SOURCE)
    database.execute("alter table web.orders alter column amount type text using 'twelve'")
    with pytest.raises(ExtractError, match=r"schema_changes: freeze"):
        land(day(16), **SOURCE | {"schema_changes": "freeze"})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("drop table web.orders", "web.orders: no such table or view; expected one"),
        ("alter table web.orders rename column id to number", "columns missing: id"),
        ("alter table web.orders rename column updated_at to changed", "columns missing: updated_at"),
    ],
)
def test_what_the_database_lacks_is_said(
    database: psycopg.Connection, land: Land, change: str, told: str
) -> None:
    database.execute(change)
    with pytest.raises(ExtractError) as raised:
        land(day(15), **SOURCE)
    assert str(raised.value).startswith("acme: shop.orders: ")
    assert told in str(raised.value)


def test_a_login_is_never_told(
    server: str, database: psycopg.Connection, land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_URL", server.replace("medallion:", "medallion:wr0ng"))
    with pytest.raises(ExtractError) as raised:
        land(day(15), **SOURCE)
    whole = "".join(traceback.format_exception(raised.value))
    assert "password authentication failed" in whole
    assert "wr0ng" not in whole
    assert "s3cret" not in whole


def test_a_login_that_is_not_there_is_named(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_URL", raising=False)
    with pytest.raises(ExtractError, match=r"acme: shop: environment variable SHOP_URL is not set"):
        land(day(15), **SOURCE)
    source = {key: value for key, value in SOURCE.items() if key != "env"}
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_OF_ACME", "")
    with pytest.raises(ExtractError, match=r"Airflow connection shop_of_acme is not there"):
        land(day(15), **source, connection="shop_of_acme")
