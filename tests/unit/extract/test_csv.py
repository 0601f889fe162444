from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from medallion.exceptions import ExtractError

Land = Callable[..., list[Any]]
Rows = Callable[..., list[dict[str, Any]]]


def test_cells_land_as_text_and_blanks_stay_blank(inbox: Path, land: Land, landed_rows: Rows) -> None:
    (inbox / "orders.csv").write_text('id,Name,amount\n007,"a, b",1.50\n8,,NULL\n')
    land()
    assert landed_rows() == [
        {"id": "007", "Name": "a, b", "amount": "1.50"},
        {"id": "8", "Name": "", "amount": "NULL"},
    ]


def test_quoted_line_breaks_quotes_and_stray_quotes_are_read(
    inbox: Path, land: Land, landed_rows: Rows
) -> None:
    (inbox / "orders.csv").write_text('id,note\n1,"two\nlines"\n2,"say ""hi"""\n3,15" screen\n')
    land()
    assert [row["note"] for row in landed_rows()] == ["two\nlines", 'say "hi"', '15" screen']


@pytest.mark.parametrize("text", ["id,note", "id,note\n", "\ufeffid,note\r\n"])
def test_a_header_alone_lands_an_empty_file_with_its_columns(
    inbox: Path, land: Land, landing: Path, text: str
) -> None:
    (inbox / "orders.csv").write_text(text, newline="")
    (landed,) = land()
    described = duckdb.sql(
        f"describe from read_parquet('{landed.path}', hive_partitioning = false)"
    ).fetchall()
    assert landed.rows == 0
    assert [(name, kind) for name, kind, *_ in described] == [
        ("id", "VARCHAR"),
        ("note", "VARCHAR"),
        ("_interval_start", "TIMESTAMP"),
        ("_run_date", "DATE"),
    ]


def test_a_last_line_without_its_end_is_a_row(inbox: Path, land: Land) -> None:
    (inbox / "orders.csv").write_text("id\n1\n2")
    assert land()[0].rows == 2


def test_a_gzipped_file_is_read(inbox: Path, land: Land, landed_rows: Rows) -> None:
    (inbox / "orders.csv.gz").write_bytes(gzip.compress(b"id\n1\n"))
    land(entities={"orders": {"path": "orders.csv.gz", "keys": ["id"]}})
    assert landed_rows() == [{"id": "1"}]


@pytest.mark.parametrize("left", [0, 10, 500])
def test_half_a_gzipped_file_is_refused(inbox: Path, land: Land, left: int) -> None:
    whole = gzip.compress(b"id\n" + b"".join(b"%d\n" % (number**2) for number in range(2_000)))
    (inbox / "orders.csv.gz").write_bytes(whole[:left])
    with pytest.raises(ExtractError, match=r"^acme: shop\.orders: orders\.csv\.gz: "):
        land(entities={"orders": {"path": "orders.csv.gz", "keys": ["id"]}})


def test_files_of_a_glob_land_in_the_order_of_their_names(inbox: Path, land: Land, landed_rows: Rows) -> None:
    (inbox / "orders_b.csv").write_text("id,note\n2,x\n")
    (inbox / "orders_a.csv").write_text("id,note\n1,y\n")
    (landed,) = land(entities={"orders": {"path": "orders_*.csv", "keys": ["id"]}})
    assert landed.files == 2
    assert [row["id"] for row in landed_rows()] == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", r"is empty \(0 bytes\); expected a first line"),
        (b"\n\n", "has no header"),
        (b"id,note\n1,x\n2\n", r"Row #3: Expected 2 columns, got 1.*same number of fields"),
        (b"id,note\n1,x,y\n", "Expected 2 columns, got 3"),
        (b'id,note\n1,x\n2,"cut of', "cut off inside a quoted field"),
        (b'id,note\n1,"lost\n2,x\n' + b"3,y\n" * 1_500_000, "quote that is never closed"),
        (b"id,note\n1,caf\xe9\n", "is not UTF-8"),
        (b"id,caf\xe9\n1,x\n", "is not UTF-8"),
        ("id,note\n1,x\n".encode("utf-16"), "is not UTF-8"),
        (b"id,note,ID\n1,x,2\n", "column id is there 2 times"),
        (b"id, ,note\n1,x,2\n", "column 2 has no name"),
        (b"note\nx\n", "columns missing: id; expected them beside note"),
        (b"id,_run_date\n1,x\n", "column _run_date is there; expected no such column"),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else "",
)
def test_a_bad_file_is_named_with_what_is_wrong_and_lands_nothing(
    inbox: Path, land: Land, landed_rows: Rows, content: bytes, said: str
) -> None:
    (inbox / "orders.csv").write_text("id,note\n1,good\n")
    land()
    (inbox / "orders.csv").write_bytes(content)
    with pytest.raises(ExtractError, match=rf"(?s)^acme: shop\.orders: orders\.csv: .*{said}"):
        land()
    assert landed_rows() == [{"id": "1", "note": "good"}]


def test_a_file_of_many_blocks_keeps_its_order(inbox: Path, land: Land, landed_rows: Rows) -> None:
    with (inbox / "orders.csv").open("w") as file:
        file.write("id,note\n")
        file.writelines(f'{number},"n, {number}"\n' for number in range(300_000))
    assert land()[0].rows == 300_000
    assert all(row["id"] == str(number) for number, row in enumerate(landed_rows()))


HOSTILE = [
    "'; drop table orders; --",
    '"; drop table orders; --',
    "=cmd|'/C calc'!A0",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "../../../etc/passwd",
    "\x1b[2J\u202e",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_cells_and_columns_land_as_what_they_are(inbox, land, landed_rows, text):
    """And once more, held against the columns that landed before."""
    quoted = '"' + text.replace('"', '""') + '"'
    (inbox / "orders.csv").write_text(f"id,{quoted}\n1,{quoted}\n")
    for _ in range(2):
        (landed,) = land()
        assert landed_rows() == [{"id": "1", text: text}]
    assert landed.changes == ()
