from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medallion.exceptions import ExtractError

Land = Callable[..., list[Any]]
Rows = Callable[..., list[dict[str, Any]]]


def test_types_and_nulls_land_as_they_are(inbox: Path, land: Land, landed_rows: Rows) -> None:
    table = pa.table(
        {
            "id": pa.array([1, 2], pa.int32()),
            "at": pa.array([datetime(2026, 1, 15, 10), None], pa.timestamp("us")),
            "price": pa.array([Decimal("1.23"), None], pa.decimal128(9, 2)),
        }
    )
    pq.write_table(table, inbox / "orders.parquet")
    (landed,) = land("parquet")
    assert landed_rows() == table.to_pylist()
    kept = pq.ParquetFile(landed.path).schema_arrow
    assert [kept.field(name).type for name in table.schema.names] == table.schema.types


def test_files_of_one_entity_may_have_a_wider_type_each(inbox: Path, land: Land, landed_rows: Rows) -> None:
    pq.write_table(pa.table({"id": pa.array([1], pa.int32())}), inbox / "orders_1.parquet")
    pq.write_table(pa.table({"id": pa.array([2**40]), "note": ["x"]}), inbox / "orders_2.parquet")
    land("parquet", entities={"orders": {"path": "orders_*.parquet", "keys": ["id"]}})
    assert landed_rows() == [{"id": 1, "note": None}, {"id": 2**40, "note": "x"}]


def test_files_whose_types_do_not_fit_together_are_refused(inbox: Path, land: Land) -> None:
    pq.write_table(pa.table({"id": [1]}), inbox / "orders_1.parquet")
    pq.write_table(pa.table({"id": ["x"]}), inbox / "orders_2.parquet")
    with pytest.raises(ExtractError, match=r"orders_1\.parquet and 1 more: .*expected one type"):
        land("parquet", entities={"orders": {"path": "orders_*.parquet", "keys": ["id"]}})


def test_half_a_file_and_an_empty_one_are_refused(inbox: Path, land: Land) -> None:
    path = inbox / "orders.parquet"
    pq.write_table(pa.table({"id": list(range(10_000))}), path)
    path.write_bytes(path.read_bytes()[:5_000])
    with pytest.raises(ExtractError, match=r"orders\.parquet: is cut off or no Parquet file"):
        land("parquet")
    path.write_bytes(b"")
    with pytest.raises(ExtractError, match=r"is empty \(0 bytes\)"):
        land("parquet")


def test_a_damaged_page_is_refused(inbox: Path, land: Land) -> None:
    path = inbox / "orders.parquet"
    pq.write_table(pa.table({"id": list(range(10_000))}), path)
    damaged = bytearray(path.read_bytes())
    damaged[40:4_000] = bytes(3_960)
    path.write_bytes(damaged)
    with pytest.raises(ExtractError, match=r"orders\.parquet: is cut off or no Parquet file"):
        land("parquet")
