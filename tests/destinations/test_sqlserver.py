"""Deliveries to a real SQL Server, where ``MEDALLION_SQLSERVER_URL`` names one that tests may write to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import mssql_python
import pytest
from sqlalchemy import make_url

from gold import build_gold
from medallion.clients import Destination
from medallion.exceptions import PublishError
from medallion.warehouses.sqlserver_session import session

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("MEDALLION_SQLSERVER_URL" not in os.environ, reason="needs MEDALLION_SQLSERVER_URL"),
]
Publish = Callable[..., Any]
SHELF = Destination(name="shelf", type="sqlserver", env="MEDALLION_SQLSERVER_URL")
CLIENT = "medallion_test"


@pytest.fixture
def consumer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("MEDALLION_SQLSERVER_LOADER", request.config.getoption("--loader"))
    url = make_url(os.environ["MEDALLION_SQLSERVER_URL"])
    with session(mssql_python.connect, url, autocommit=True) as opened:
        cursor = opened.cursor()
        for schema in (CLIENT, f"{CLIENT}_delivery"):
            cursor.execute("select name from sys.tables where schema_id = schema_id(?)", (schema,))
            for (table,) in cursor.fetchall():
                cursor.execute(f"drop table [{schema}].[{table}]")
        yield cursor


def _rows(consumer: Any, table: str) -> list[tuple[Any, ...]]:
    consumer.execute(f"select * from {CLIENT}.{table} order by 1")  # noqa: S608
    return [tuple(row) for row in consumer.fetchall()]


def test_deliveries_take_each_others_place(deliver: Publish, consumer: Any, tmp_path: Path) -> None:
    first = "select 1 as n, 'ä' as name, 1.25::decimal(9,2) as amount, null::date as day"
    build_gold(tmp_path, CLIENT, {"daily": first, "former": "select 1 as n"})
    deliver(SHELF, "daily", "former", client=CLIENT)
    assert _rows(consumer, "daily") == [(1, "ä", Decimal("1.25"), None)]
    build_gold(tmp_path, CLIENT, {"daily": first.replace("select 1", "select 2")})
    again = deliver(SHELF, "daily", client=CLIENT, run_id="run_2")
    assert not [note for note in again.notes if "replaced" in note]
    assert _rows(consumer, "daily")[0][0] == 2
    consumer.execute("select object_id(?)", (f"{CLIENT}.former",))
    assert consumer.fetchone()[0] is None


def test_a_delivery_that_breaks_leaves_the_last_good_one(
    deliver: Publish, consumer: Any, tmp_path: Path
) -> None:
    build_gold(tmp_path, CLIENT, {"daily": "select 1 as n"})
    deliver(SHELF, "daily", client=CLIENT)
    broken = "select case when range = 900 then error('fire') else range end as n from range(1000)"
    build_gold(tmp_path, CLIENT, {"daily": "select 2 as n"}, {"boom": broken})
    with pytest.raises(PublishError, match="boom could not be delivered"):
        deliver(SHELF, "daily", "boom", client=CLIENT, run_id="run_2")
    assert _rows(consumer, "daily") == [(1,)]
