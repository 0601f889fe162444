"""Of which class an extract's failure is: whether its source may yet bring what is missing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from medallion.exceptions import ExtractError
from medallion.failures import classify
from medallion.interval import Interval
from unit.extract.conftest import Land

NOT_NULL = {"not_null": ["id"]}


def _orders(**keys: Any) -> dict[str, Any]:
    return {"orders": {"path": "orders.csv", "keys": ["id"], **keys}}


@pytest.mark.parametrize(
    ("rows", "entity", "kind"),
    [
        (None, {}, "not delivered"),
        ("", {}, "not delivered"),
        ('id\n1\n"2', {}, "not delivered"),  # half a file
        ("id\n1\n", {"min_rows": 2}, "not delivered"),
        ("name\na\n", {}, "schema changed"),
        ('id\n1\n""\n', {"checks": NOT_NULL}, "data wrong"),
        ('id\n""\n', {"checks": NOT_NULL, "min_rows": 2}, "data wrong"),
    ],
)
def test_what_a_source_brings(
    land: Land, inbox: Path, rows: str | None, entity: dict[str, Any], kind: str
) -> None:
    if rows is not None:
        (inbox / "orders.csv").write_text(rows)
    with pytest.raises(ExtractError) as caught:
        land(entities=_orders(**entity))
    assert classify(caught.value).kind == kind


def test_columns_that_may_not_change(land: Land, inbox: Path, january_15: Interval) -> None:
    (inbox / "orders.csv").write_text("id,name\n1,a\n")
    land(entities=_orders(), schema_changes="fail")
    next_day = Interval(january_15.end, january_15.end + timedelta(days=1))
    (inbox / "orders.csv").write_text("id,name,city\n1,a,Rome\n")
    with pytest.raises(ExtractError, match="column city is new") as caught:
        land(entities=_orders(), schema_changes="fail", interval=next_day)
    assert classify(caught.value).kind == "schema changed"


def test_a_place_that_nobody_named_and_one_that_another_extract_has(
    land: Land, inbox: Path, landing: Path
) -> None:
    with pytest.raises(ExtractError, match="MEDALLION_ADVENTUREWORKS") as caught:
        land(location="{adventureworks}/sales")
    assert classify(caught.value).kind == "config wrong"
    (inbox / "orders.csv").write_text("id\n1\n")
    land()
    (lock,) = landing.rglob("*.lock")
    with FileLock(lock), pytest.raises(ExtractError, match="in use") as caught:
        land(patience=0.05)
    assert classify(caught.value).kind == "locked"
