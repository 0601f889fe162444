from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medallion.exceptions import ExtractError
from medallion.interval import Interval

Land = Callable[..., list[Any]]
Rows = Callable[..., list[dict[str, Any]]]


def test_values_land_with_the_types_json_has(inbox: Path, land: Land, landed_rows: Rows) -> None:
    (inbox / "orders.jsonl").write_text(
        '{"id": 1, "amount": 2, "paid": true, "at": "2026-01-15 10:00:00", "note": null,'
        ' "items": [{"n": 1}]}\n'
        '{"id": 2, "amount": 2.5, "paid": false, "at": "2026-01-15", "items": [], "late": "x"}\n'
    )
    land("jsonl")
    assert landed_rows() == [
        {
            "id": 1,
            "amount": 2.0,
            "paid": True,
            "at": "2026-01-15 10:00:00",
            "note": None,
            "items": [{"n": 1}],
            "late": None,
        },
        {
            "id": 2,
            "amount": 2.5,
            "paid": False,
            "at": "2026-01-15",
            "note": None,
            "items": [],
            "late": "x",
        },
    ]


def test_a_column_of_nothing_but_null_is_text(inbox: Path, land: Land) -> None:
    (inbox / "orders.jsonl").write_text('{"id": 1, "note": null}\n')
    (landed,) = land("jsonl")
    assert pq.ParquetFile(landed.path).schema_arrow.field("note").type == pa.string()


def test_a_file_of_many_pieces_is_one_table(inbox: Path, land: Land, landed_rows: Rows) -> None:
    with (inbox / "orders.jsonl").open("w") as file:
        for number in range(80_000):
            row = {"id": number, "note": "x" * 500}
            if number == 79_999:
                row |= {"amount": 0.5}
            file.write(json.dumps(row) + "\n")
    assert (inbox / "orders.jsonl").stat().st_size > 32 << 20
    land("jsonl")
    rows = landed_rows()
    assert [row["id"] for row in rows] == list(range(80_000))
    assert (rows[0]["amount"], rows[-1]["amount"]) == (None, 0.5)


def test_no_lines_are_an_interval_without_rows(inbox: Path, land: Land, landed_rows: Rows) -> None:
    (inbox / "orders.jsonl").write_text("")
    entity = {"path": "orders.jsonl", "keys": ["id"], "event_time": "at", "required": ["amount", "id"]}
    (landed,) = land("jsonl", entities={"orders": entity})
    assert landed.rows == 0
    assert landed_rows() == []


@pytest.mark.parametrize("policy", ["evolve", "freeze", "fail"])
def test_no_lines_say_nothing_of_columns(inbox: Path, land: Land, january_15: Interval, policy: str) -> None:
    (inbox / "orders.jsonl").write_text('{"id": 1, "amount": 2.5, "note": "x"}\n')
    (before,) = land("jsonl", schema_changes=policy)
    (inbox / "orders.jsonl").write_text("")
    january_16 = Interval(january_15.end, january_15.end + timedelta(days=1))
    (landed,) = land("jsonl", january_16, schema_changes=policy)
    assert (landed.rows, landed.changes) == (0, ())
    schemas = [pq.ParquetFile(one.path).schema_arrow.remove_metadata() for one in (before, landed)]
    assert schemas[1] == schemas[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"id": 1}\n{"id": 2, "no', "line 2 is cut off or malformed"),
        (b'{"id": 1}\n[2]\n', "line 2 is not an object"),
        (b'{"id": 1}\n{"id": "x"}\n', "changed from number to string"),
        (b'{"id": 1, "id": 2}\n', "specified twice"),
        (b'{"id": "caf\xe9"}\n', "UTF-8"),
        (b"{}\n{}\n", "rows without a single column"),
        (b'{"other": 1}\n', "columns missing: id"),
        (b'{"id": 1, "ID": 2}\n', "column id is there 2 times"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(inbox: Path, land: Land, content: bytes, said: str) -> None:
    (inbox / "orders.jsonl").write_bytes(content)
    with pytest.raises(ExtractError, match=rf"(?s)^acme: shop\.orders: orders\.jsonl: .*{said}"):
        land("jsonl")
