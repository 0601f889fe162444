"""What reads a warehouse on a server: quarantine, and gold on its way to a destination."""

# ruff: noqa: S608  # the SQL is ours

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import mssql_python
import pytest

from medallion.clients import Destination
from medallion.exceptions import PublishError, WarehouseError
from medallion.publish import publish
from medallion.quality.quarantine import Chosen, reading
from medallion.settings import Settings, load_settings
from medallion.warehouses import warehouse_of
from medallion.warehouses.sqlserver_address import address_of
from medallion.warehouses.sqlserver_session import session
from parity.emptied import emptied

pytestmark = pytest.mark.slow

CLIENT = "parity_reading"
KEYS = {"shop__orders": ("order_id", "line_number")}
BROKEN = [("a", 1, "r_1,r_2", "2026-01-15"), ("a", 2, "r_1", "2026-01-16"), ("b[%", 1, "rx1", "2026-01-16")]
_DAY = datetime(2026, 1, 16)


@pytest.fixture(scope="module")
def server(sqlserver: str) -> Iterator[Any]:
    emptied(CLIENT)
    with session(mssql_python.connect, address_of(CLIENT), autocommit=True) as opened:
        cursor = opened.cursor()
        for layer in ("silver", "gold", "work"):
            cursor.execute("select schema_id(?)", (f"{CLIENT}_{layer}",))
            if cursor.fetchone()[0] is None:
                cursor.execute(f"create schema [{CLIENT}_{layer}]")
        cursor.execute(
            f"create table {CLIENT}_silver.quarantine_shop__orders (order_id nvarchar(40), line_number int, "
            "_broken_rules nvarchar(4000), _interval_start datetime2(6))"
        )
        cursor.executemany(f"insert into {CLIENT}_silver.quarantine_shop__orders values (?, ?, ?, ?)", BROKEN)
        cursor.execute(
            f"create table {CLIENT}_gold.daily "
            "(day date, n int, amount decimal(9, 2), name nvarchar(40), at datetime2(6))"
        )
        cursor.execute(
            f"insert into {CLIENT}_gold.daily "
            "values ('2026-01-16', 3, 1.25, N'ä', '2026-01-16 01:02:03.000004')"
        )
        yield cursor


@pytest.fixture
def settings(server: Any, tmp_path: Path) -> Settings:
    database = f"sqlite:///{tmp_path / 'registry.db'}"
    return replace(load_settings(), home=tmp_path, target="sqlserver", database_url=database)


def test_quarantine_is_counted_and_found_as_on_duckdb(settings: Settings) -> None:
    with reading(settings, CLIENT, KEYS) as reader:
        (found,) = reader.read(Chosen(), limit=2)
        assert (found.entity, found.count, found.rules) == ("shop__orders", 3, {"r_1": 2, "r_2": 1, "rx1": 1})
        assert [row.key["line_number"] for row in found.rows] == ["1", "2"]
        assert reader.read(Chosen(rule="r_1"), limit=9)[0].count == 2
        assert reader.read(Chosen(span=(_DAY, _DAY.replace(day=17))), limit=9)[0].count == 2
        (row,) = reader.find("shop__orders", {"order_id": "b[%", "line_number": "1"})
        assert (row.rules, row.interval_start) == (("rx1",), _DAY)
        assert reader.find("shop__orders", {"order_id": "x' or 1 = 1 --", "line_number": "1"}) == []


def test_a_table_that_is_not_there_is_a_warehouse_that_cannot_be_read(settings: Settings) -> None:
    with reading(settings, CLIENT, KEYS) as reader, pytest.raises(WarehouseError, match="nowhere"):
        reader.find("nowhere", {"order_id": "a"})


def test_gold_is_delivered_by_way_of_a_file(settings: Settings, tmp_path: Path) -> None:
    shelf = Destination(name="shelf", type="duckdb", path="shelf.duckdb")
    run = {"run_id": "one", "interval_start": datetime(2026, 1, 16, tzinfo=UTC), "config_version": "x"}
    with warehouse_of(settings).gold(settings, CLIENT, ["daily"], 5) as file:
        schema = f"{CLIENT}_gold"
        publish(
            CLIENT,
            shelf,
            warehouse=file,
            schema=schema,
            tables=["daily"],
            root=tmp_path,
            run=run,  # type: ignore[arg-type]
        )
    assert not file.exists()
    with duckdb.connect(tmp_path / "shelf.duckdb") as connection:
        assert connection.sql(f"from {CLIENT}.daily").fetchall() == [
            (date(2026, 1, 16), 3, Decimal("1.25"), "ä", datetime(2026, 1, 16, 1, 2, 3, 4))
        ]


def test_a_table_of_gold_that_is_missing_is_named(settings: Settings) -> None:
    with (
        pytest.raises(PublishError, match=f"{CLIENT}_gold cannot be read: it has no weekly"),
        warehouse_of(settings).gold(settings, CLIENT, ["daily", "weekly"], 5),
    ):
        pass
