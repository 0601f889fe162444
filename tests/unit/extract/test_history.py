"""`load: history` of files, and columns that change from one interval to the next."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from medallion.clients import SourceContract
from medallion.exceptions import ExtractError
from medallion.extract import Landed, extract_source
from medallion.extract.parts import columns_of
from medallion.interval import Interval


@pytest.fixture
def land(inbox: Path, landing: Path, january_15: Interval):
    def run(days: int = 0, **said: str) -> Landed:
        contract = SourceContract.model_validate(
            {
                "name": "shop",
                "description": "a shop",
                "location": str(inbox),
                "format": "jsonl",
                "load": "history",
                "entities": {"orders": {"path": "orders/{interval}.jsonl", "keys": ["id"]}},
            }
            | said
        )
        moved = [moment + timedelta(days=days) for moment in (january_15.start, january_15.end)]
        (landed,) = extract_source(
            contract,
            client_id="acme",
            interval=Interval(*moved),
            sub_daily=False,
            landing=landing,
            samples=inbox,
        )
        return landed

    return run


@pytest.fixture
def write(inbox: Path):
    (inbox / "orders").mkdir()

    def run(day: int, *lines: str) -> None:
        (inbox / "orders" / f"202601{day}T0000.jsonl").write_text("\n".join(lines) + "\n")

    return run


def test_the_first_run_lands_all_files_and_the_next_ones_their_own(land, write) -> None:
    write(13, '{"id": 1}')
    write(14, '{"id": 2}')
    write(15, '{"id": 3}')
    write(16, '{"id": 4}')
    assert (land().rows, land().files) == (4, 4)
    assert land(days=1).rows == 1
    assert land().rows == 4  # again: it is still the first one


def test_a_new_column_lands_and_is_told(land, write) -> None:
    write(15, '{"id": 1}')
    write(16, '{"id": 2, "note": "x"}')
    land(load="interval")
    assert land(days=1, load="interval").changes == ("column note is new (string)",)


def test_a_frozen_contract_keeps_columns_and_types(land, write) -> None:
    write(15, '{"id": 1, "hours": 1.5, "note": "x"}')
    write(16, '{"id": 2, "hours": 2, "more": true}')
    first = land(load="interval")
    second = land(days=1, load="interval", schema_changes="freeze")
    assert columns_of(second.path).equals(columns_of(first.path))
    assert columns_of(second.path).field("hours").type == pa.float64()
    assert [told.partition(":")[2] for told in second.changes] == [" left as it was"] * 3


def test_a_contract_that_fails_on_change_lands_nothing(land, write) -> None:
    write(15, '{"id": 1}')
    write(16, '{"id": "two"}')
    land(load="interval")
    with pytest.raises(
        ExtractError, match=r"orders/20260116T0000.jsonl: column id was int64, is string; expected"
    ):
        land(days=1, load="interval", schema_changes="fail")
    assert land(days=1, load="interval").changes == ("column id was int64, is string",)
