"""Landing's tables on a server: what is loaded, when it is loaded again, and what a failure leaves."""

# ruff: noqa: S608  # the SQL is ours

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import mssql_python
import pytest

from medallion.exceptions import RowsRefusedError
from medallion.warehouses.landing_tables import LandingTables, Taken, landed_entities
from medallion.warehouses.sqlserver_address import address_of, loader
from medallion.warehouses.sqlserver_session import session
from parity.emptied import emptied

pytestmark = pytest.mark.slow

CLIENT = "parity_landing"
KEYS = {("shop", "orders"): ("order_id",), ("shop", "lines"): ("order_id",)}
DAY = "select '{key}' as order_id, {n} as n, timestamp '2026-01-{day:02} 00:00' as _interval_start"


@pytest.fixture
def land(tmp_path: Path) -> Callable[..., Path]:
    def write(day: int, entity: str = "orders", columns: str = "", key: str = "a", n: int = 1) -> Path:
        file = tmp_path / CLIENT / "shop" / entity / f"year=2026/month=01/day={day:02}" / "part-0.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        query = DAY.format(key=key, n=n, day=day) + columns
        with duckdb.connect() as connection:
            connection.sql(query).write_parquet(str(file))
        return file

    return write


@pytest.fixture
def take(sqlserver: str, tmp_path: Path) -> Callable[[], Taken]:
    emptied(CLIENT)

    def run() -> Taken:
        url = address_of(CLIENT)
        with (
            session(mssql_python.connect, url, autocommit=False) as switching,
            session(mssql_python.connect, url, autocommit=True) as loading,
        ):
            tables = LandingTables(CLIENT, loading, switching, loader())
            return tables.take(landed_entities(tmp_path, CLIENT, KEYS), tmp_path)

    return run


def _rows(query: str) -> list[tuple[Any, ...]]:
    with session(mssql_python.connect, address_of(CLIENT), autocommit=True) as opened:
        cursor = opened.cursor()
        cursor.execute(query)
        return [tuple(row) for row in cursor.fetchall()]


ORDERS = f"select order_id, n, _part from {CLIENT}_landing.shop__orders order by n"


def test_only_what_is_new_is_loaded_and_what_is_gone_goes(take: Callable[[], Taken], land: Any) -> None:
    land(1)
    second = land(2, n=2)
    land(1, "lines")
    assert take() == Taken(3, 3, 0)
    assert take() == Taken(0, 0, 0)
    land(3, n=3)
    land(1, n=9)
    second.unlink()
    assert take() == Taken(2, 2, 1)
    part, name = "year=2026/month=01/day=", "part-0.parquet"
    assert _rows(ORDERS) == [("a", 3, f"{part}03/{name}"), ("a", 9, f"{part}01/{name}")]


def test_a_column_that_is_new_or_of_another_type_has_the_table_made_anew(
    take: Callable[[], Taken], land: Any
) -> None:
    land(1)
    take()
    land(2, columns=", 'ä%_' as note", n=2)
    assert take() == Taken(2, 2, 0)
    assert _rows(f"select n, note from {CLIENT}_landing.shop__orders order by n") == [(1, None), (2, "ä%_")]
    land(3, columns=", 1.5 as note", n=3)
    take()
    assert _rows(f"select note from {CLIENT}_landing.shop__orders order by n")[2] == ("1.5",)


def test_what_does_not_fit_leaves_all_tables_as_they_were(take: Callable[[], Taken], land: Any) -> None:
    land(1)
    land(1, "lines")
    take()
    land(2, "lines", n=2)
    land(2, key="x" * 401, n=2)
    with pytest.raises(RowsRefusedError, match=r"shop.orders: order_id has a text of 401 characters.*400"):
        take()
    assert len(_rows(ORDERS)) == len(_rows(f"select n from {CLIENT}_landing.shop__lines")) == 1
    land(2, key="x" * 400, n=2)
    assert take() == Taken(2, 2, 0)


def test_texts_are_told_apart_by_case(take: Callable[[], Taken], land: Any) -> None:
    land(1)
    land(2, key="A", n=2)
    take()
    assert _rows(f"select count(distinct order_id) from {CLIENT}_landing.shop__orders") == [(2,)]
