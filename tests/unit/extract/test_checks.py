"""What came is held against the contract before it lands: each check at its edge, failing and warning."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medallion.exceptions import ExtractError, RowsRefusedError
from medallion.extract import Checked, worst
from medallion.extract.checks import refuse
from medallion.interval import Interval

JANUARY_15 = Interval(datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC))
JANUARY_16 = Interval(datetime(2026, 1, 16, tzinfo=UTC), datetime(2026, 1, 17, tzinfo=UTC))
SIX_HOURS = Interval(datetime(2026, 1, 15, 6, tzinfo=UTC), datetime(2026, 1, 15, 12, tzinfo=UTC))

Hold = Callable[..., list[Checked]]


@pytest.fixture
def hold(inbox: Path, land: Any) -> Hold:
    """Land rows of orders with some checks, and give what the checks found, also if nothing landed."""

    def run(rows: list[dict[str, Any]], interval: Interval = JANUARY_15, **knobs: Any) -> list[Checked]:
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (inbox / "orders.jsonl").write_text(text)
        entity = {"path": "orders.jsonl", "keys": ["id"], "event_time": "at", "required": ["note"]}
        entity |= {"checks": knobs.pop("checks", None), "min_rows": knobs.pop("min_rows", 0)}
        told: list[Checked] = []
        knobs = {"load": "interval", "sub_daily": False} | knobs
        try:
            land("jsonl", interval, entities={"orders": entity}, tell=told.extend, **knobs)
            said = ""
        except ExtractError as error:
            said = str(error)
        failed = [str(one) for one in told if one.state == "failed"]
        assert said == (f"acme: {'; '.join(failed)}" if failed else "")
        return told

    return run


def rows(*moments: Any, note: Any = "x") -> list[dict[str, Any]]:
    """A row for each moment."""
    return [{"id": number, "at": moment, "note": note} for number, moment in enumerate(moments)]


# --- Volume


@pytest.mark.parametrize(("count", "state"), [(49, "failed"), (50, "passed"), (51, "passed")])
def test_a_day_needs_its_rows(hold: Hold, count: int, state: str) -> None:
    (found,) = hold(rows(*["2026-01-15T12:00:00"] * count), checks={"rows_a_day": 50})
    assert (found.check, found.state, found.found, found.allowed) == ("rows_a_day", state, count, 50)


@pytest.mark.parametrize(("count", "state"), [(11, "warned"), (12, "passed")])
def test_a_quarter_of_a_day_needs_a_quarter_of_them_rounded_down(hold: Hold, count: int, state: str) -> None:
    checks = {"rows_a_day": {"at_least": 50, "on_breach": "warn"}}
    (found,) = hold(rows(*["2026-01-15T08:00:00"] * count), SIX_HOURS, sub_daily=True, checks=checks)
    assert (found.state, found.allowed) == (state, 12)
    assert found.said == f"orders.jsonl: {count} rows; expected at least 12 (rows_a_day: 50, of 6h)"


def test_the_day_the_clocks_change_needs_an_hours_rows_less(hold: Hold) -> None:
    summer = Interval(datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC))
    (found,) = hold(rows(*["2026-03-29T08:00:00"] * 47), summer, checks={"rows_a_day": 50})
    assert (found.state, found.allowed) == ("passed", 47)


@pytest.mark.parametrize(
    ("before", "count", "state", "allowed"),
    [
        ((10, 20, 12), 36, "passed", 36),
        ((10, 20, 12), 37, "failed", 36),
        ((12, 0, 12, 0), 99, "not measured", 0),  # what brought nothing says nothing of what is usual
        ((9, 9, 1, 1, 1, 2, 2, 2, 2), 7, "failed", 6),  # the last seven
    ],
)
def test_what_is_usual_is_what_the_intervals_before_brought(
    hold: Hold, before: tuple[int, ...], count: int, state: str, allowed: int
) -> None:
    checks = {"times_usual": 3}
    for ago, rows_then in zip(range(len(before), 0, -1), before, strict=True):
        hold(rows(*["2026-01-10"] * rows_then), _days_before(ago), checks=None, load="interval")
    hold(rows(*["2026-01-20"] * 500), _days_before(-1), checks=None, load="interval")  # later: not asked
    (found,) = hold(rows(*["2026-01-15"] * count), checks=checks, load="interval")
    assert (found.check, found.state, found.allowed) == ("times_usual", state, allowed)
    if state != "not measured":
        assert f"{count} rows; expected at most {allowed} (times_usual: 3, of " in found.said


def test_a_first_run_that_brings_all_is_neither_usual_nor_held_to_it(hold: Hold) -> None:
    checks = {"times_usual": {"at_most": 2, "on_breach": "warn"}}
    (found,) = hold(rows(*["2025-01-01"] * 90), _days_before(4), checks=checks, load="history")
    assert found.state == "not measured"
    for ago in (3, 2):
        hold(rows(*["2025-01-01"] * 5), _days_before(ago), checks=checks, load="history")
    (found,) = hold(rows(*["2025-01-01"] * 11), _days_before(1), checks=checks, load="history")
    assert found.said.startswith("orders.jsonl: 11 rows; expected nothing yet, 2 intervals before")
    (found,) = hold(rows(*["2025-01-01"] * 11), checks=checks, load="history")
    assert (found.state, found.allowed) == ("warned", 10)


def test_the_same_growth_is_there_at_the_next_try(hold: Hold) -> None:
    """Too few rows may yet come; too many are refused at once, and named as rows."""
    for ago in (3, 2, 1):
        hold(rows("2026-01-10"), _days_before(ago), load="interval")
    (found,) = hold(rows(*["2026-01-15"] * 3), checks={"times_usual": 2}, load="interval")
    with pytest.raises(RowsRefusedError, match="3 rows; expected at most 2"):
        refuse("acme", [found])


def _days_before(days: int) -> Interval:
    return Interval(JANUARY_15.start - timedelta(days=days), JANUARY_15.end - timedelta(days=days))


def test_a_first_run_that_brings_all_rows_is_no_days_volume(hold: Hold) -> None:
    checks = {"rows_a_day": 50, "outside_interval": 0}
    found = hold(rows("2025-01-01"), load="history", checks=checks)
    assert [one.state for one in found] == ["not measured", "not measured"]
    again = hold(rows("2025-01-01"), JANUARY_16, load="history", checks=checks)
    assert [one.state for one in again] == ["failed", "failed"]


def test_min_rows_is_counted_too(hold: Hold) -> None:
    (found,) = hold(rows("2026-01-15"), min_rows=2)
    assert (found.check, found.state, found.found, found.allowed) == ("min_rows", "failed", 1, 2)


# --- Columns that must be filled


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_blank_is_no_value(hold: Hold, blank: str | None) -> None:
    filled = rows(*["2026-01-15"] * 9)
    (found,) = hold([*filled, *rows("2026-01-15", note=blank)], checks={"not_null": ["note"]})
    assert (found.state, found.found, found.population, found.column) == ("failed", 1, 10, "note")
    assert found.said == "orders.jsonl: note is null or blank in 1 of 10 rows; expected at most 0 (not_null)"


@pytest.mark.parametrize(("blanks", "state"), [(29, "passed"), (30, "warned")])
def test_a_share_of_blanks_may_be_allowed(hold: Hold, blanks: int, state: str) -> None:
    some = rows(*["2026-01-15"] * blanks, note=None) + rows(*["2026-01-15"] * (100 - blanks))
    checks = {"not_null": [{"name": "NOTE", "share": 0.29, "on_breach": "warn"}]}
    (found,) = hold(some, checks=checks)
    assert (found.state, found.found, found.population) == (state, blanks, 100)


def test_without_rows_there_is_nothing_to_measure(hold: Hold) -> None:
    hold(rows("2026-01-15"))  # so that the columns are known
    found = hold([], JANUARY_16, checks={"not_null": ["note"], "outside_interval": 0})
    assert [(one.state, one.found, one.population) for one in found] == [("not measured", None, 0)] * 2


def test_a_column_that_must_be_filled_must_be_there(hold: Hold, inbox: Path, land: Any) -> None:
    (inbox / "orders.csv").write_text("id,note\n1,x\n")
    entity = {"path": "orders.csv", "keys": ["id"], "checks": {"not_null": ["customer"]}}
    with pytest.raises(ExtractError, match="columns missing: customer"):
        land(entities={"orders": entity})


def test_a_column_that_freeze_leaves_out_is_blank(hold: Hold, inbox: Path, land: Any) -> None:
    folder = {"path": "orders.csv", "keys": ["id"]}
    (inbox / "orders.csv").write_text("id,note\n1,x\n")
    land(entities={"orders": folder}, schema_changes="freeze")
    (inbox / "orders.csv").write_text("id,note,city\n1,x,Rome\n")
    told: list[Checked] = []
    checks = {"not_null": [{"name": "city", "on_breach": "warn"}]}
    entity = folder | {"checks": checks}
    land("csv", JANUARY_16, entities={"orders": entity}, schema_changes="freeze", tell=told.extend)
    assert [(one.found, one.population) for one in told] == [(1, 1)]


# --- Dates inside the interval


@pytest.mark.parametrize(
    ("moment", "outside"),
    [
        ("2026-01-14T23:59:59", 1),
        ("2026-01-15T00:00:00", 0),
        ("2026-01-15T23:59:59.999999", 0),
        ("2026-01-16T00:00:00", 1),
        ("2026-01-16T00:30:00+01:00", 0),
        ("2026-01-15T00:30:00+01:00", 1),
        ("2026-01-15T23:30:00Z", 0),
        ("2026-01-14", 1),
        ("2026-01-15", 0),
        ("2026-01-16", 1),
        ("yesterday", 1),
        ("infinity", 1),
        ("20260-01-15T00:00:00", 1),
    ],
)
def test_an_event_lies_inside_its_interval(hold: Hold, moment: str, outside: int) -> None:
    checks = {"outside_interval": {"share": 0, "on_breach": "warn"}}
    (found,) = hold(rows(moment), checks=checks)
    assert (found.found, found.population) == (outside, 1)
    assert found.state == ("warned" if outside else "passed")


@pytest.mark.parametrize(("moment", "outside"), [("2026-03-28", 1), ("2026-03-29", 0), ("2026-03-30", 1)])
def test_a_day_without_a_time_is_one_of_the_clients_clocks(hold: Hold, moment: str, outside: int) -> None:
    start, end = datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)
    checks = {"outside_interval": {"share": 0, "on_breach": "warn"}}
    (found,) = hold(rows(moment), Interval(start, end, "Europe/Berlin"), checks=checks)
    assert found.found == outside
    assert "outside 2026-03-29 00:00 to 2026-03-30 00:00 Europe/Berlin" in found.said


def test_a_day_without_a_time_lies_in_each_of_its_intervals(hold: Hold) -> None:
    checks = {"outside_interval": {"share": 0, "on_breach": "warn"}}
    (found,) = hold(rows("2026-01-15", "2026-01-14", "2026-01-16"), SIX_HOURS, sub_daily=True, checks=checks)
    assert (found.found, found.population) == (2, 3)


@pytest.mark.parametrize(
    ("values", "outside"),
    [
        (pa.array([datetime(2026, 1, 15), datetime(2026, 1, 16)], pa.timestamp("us")), 1),
        (pa.array([datetime(2026, 1, 15), datetime(2026, 1, 16)], pa.timestamp("us", "UTC")), 1),
        (pa.array([dt.date(2026, 1, 15), dt.date(2026, 1, 16)], pa.date32()), 1),
        (pa.array([20260115, 20260116], pa.int64()), 2),
        (pa.array([None, "2026-01-16"], pa.string()), 1),
    ],
)
def test_times_of_any_type_are_read(inbox: Path, land: Any, values: pa.Array, outside: int) -> None:
    pq.write_table(pa.table({"id": [1, 2], "At": values}), inbox / "orders.parquet")
    told: list[Checked] = []
    checks = {"outside_interval": {"share": 1}}
    entity = {"path": "orders.parquet", "keys": ["id"], "event_time": "at", "checks": checks}
    land("parquet", entities={"orders": entity}, load="interval", tell=told.extend)
    assert [(one.found, one.population) for one in told] == [(outside, 2 - values.null_count)]


def test_a_share_of_late_rows_may_be_allowed(hold: Hold) -> None:
    late = rows("2026-01-14T23:00:00", *["2026-01-15T01:00:00"] * 9)
    assert hold(late, checks={"outside_interval": 0.1})[0].state == "passed"
    assert hold(late, checks={"outside_interval": 0.09})[0].state == "failed"


# --- Freshness


@pytest.mark.parametrize(
    ("newest", "state", "age"),
    [
        ("2026-01-15T18:00:00", "passed", 6 * 3600),
        ("2026-01-15T17:59:59", "warned", 6 * 3600 + 1),
        ("2026-01-15T23:59:59", "passed", 1),
    ],
)
def test_the_newest_event_is_young_enough(hold: Hold, newest: str, state: str, age: int) -> None:
    (found,) = hold(rows("2026-01-15T03:00:00", newest), checks={"freshness": "6h"})
    assert (found.check, found.state, found.found, found.allowed) == ("freshness", state, age, 6 * 3600)


def test_a_late_source_fails_where_its_contract_says_so(hold: Hold, landing: Path) -> None:
    limit = {"at_most": "6h", "on_breach": "fail"}
    (found,) = hold(rows("2026-01-15T17:00:00"), freshness=limit)
    assert (found.entity, found.state) == ("", "failed")
    assert str(found) == (
        "shop: newest at is 2026-01-15 17:00:00, 7h before 2026-01-16 00:00; "
        "expected at most 6h before the interval's end (freshness)"
    )
    assert not list(landing.glob("acme/**/*.parquet"))


def test_an_interval_without_rows_is_as_old_as_what_landed_before_it(hold: Hold) -> None:
    moments = [datetime(2026, 1, 15, hour, tzinfo=UTC) for hour in (0, 6, 12, 18)]
    states, said = [], ""
    for start, events in zip(moments, (["2026-01-15T05:00:00"], [], [], []), strict=True):
        span = Interval(start, start + timedelta(hours=6))
        (one,) = hold(rows(*events), span, sub_daily=True, freshness="13h")
        states.append((one.state, one.found and one.found // 3600))
        said = one.said
    assert states == [("passed", 1), ("passed", 7), ("passed", 13), ("warned", None)]
    assert said.startswith("at names no moment since 2026-01-15 11:00; expected at most 13h before")


def test_what_landed_later_makes_an_earlier_interval_no_fresher(hold: Hold) -> None:
    hold(rows("2026-01-16T12:00:00", "2026-01-15T23:00:00"), JANUARY_16)  # the second one came late
    (found,) = hold(rows("2026-01-15T01:00:00"), checks={"freshness": "6h"})
    assert (found.state, found.found) == ("warned", 23 * 3600)


def test_an_event_from_the_future_makes_an_interval_no_fresher(hold: Hold) -> None:
    (found,) = hold(rows("2026-01-15T01:00:00", "2031-01-01"), checks={"freshness": "6h"})
    assert (found.state, found.found) == ("warned", 23 * 3600)


def test_a_snapshot_may_be_newer_than_its_interval(hold: Hold) -> None:
    (found,) = hold(rows("2026-01-15", "2026-01-20"), load="snapshot", checks={"freshness": "6h"})
    assert (found.state, found.found) == ("passed", 0)
    assert "not before 2026-01-16 00:00" in found.said


@pytest.mark.parametrize("never", ["infinity", "20260-01-15T00:00:00"])
def test_a_moment_beyond_all_calendars_is_none(hold: Hold, never: str) -> None:
    (found,) = hold(rows("2026-01-15", never), load="snapshot", checks={"freshness": "6h"})
    assert (found.state, found.found) == ("warned", 24 * 3600)


def test_a_first_interval_without_rows_says_nothing_of_age(hold: Hold) -> None:
    (found,) = hold([], freshness="1d")
    assert (found.state, found.found) == ("not measured", None)


def test_times_that_nobody_can_read_are_no_sign_of_life(hold: Hold) -> None:
    (found,) = hold(rows("soon", "later"), freshness="1d")
    assert (found.state, found.found) == ("warned", None)
    assert found.said.startswith("at names no moment; expected at most 1d")


def test_a_source_is_as_fresh_as_its_freshest_entity(inbox: Path, land: Any) -> None:
    (inbox / "orders.csv").write_text("id,at\n1,2026-01-15T20:00:00\n")
    (inbox / "places.csv").write_text("id,at\n1,2015-01-01\n")
    (inbox / "kinds.csv").write_text("id\n1\n")
    entities = {
        name: {"path": f"{name}.csv", "keys": ["id"], "event_time": "at"} for name in ("orders", "places")
    }
    told: list[Checked] = []
    kinds = {"path": "kinds.csv", "keys": ["id"]}
    land(entities=entities | {"kinds": kinds}, freshness="6h", tell=told.extend)
    assert [(one.entity, one.state, one.found) for one in told] == [("", "passed", 4 * 3600)]


# --- Together


def test_every_failed_check_is_named_at_once_and_landing_stays_as_it_was(
    inbox: Path, land: Any, landing: Path, landed_rows: Callable[..., Any]
) -> None:
    (inbox / "orders.csv").write_text("id,at\n1,2026-01-15\n")
    entity = {"path": "orders.csv", "keys": ["id"], "event_time": "at"}
    land(entities={"orders": entity}, load="interval")
    (inbox / "orders.csv").write_text("id,at\n,2025-01-15\n2,2026-01-15\n")
    checks = {"rows_a_day": 3, "not_null": ["id"], "outside_interval": {"share": 0, "on_breach": "warn"}}
    with pytest.raises(ExtractError) as refused:
        land(entities={"orders": entity | {"checks": checks}}, load="interval")
    assert str(refused.value) == (
        "acme: shop.orders: orders.csv: 2 rows; expected at least 3 (rows_a_day: 3, of 1d); "
        "shop.orders: orders.csv: id is null or blank in 1 of 2 rows; expected at most 0 (not_null)"
    )
    assert landed_rows() == [{"id": "1", "at": "2026-01-15"}]


def test_of_several_intervals_the_worst_is_told(hold: Hold) -> None:
    checks = {"rows_a_day": {"at_least": 2, "on_breach": "warn"}}
    found = [
        *hold(rows("2026-01-15"), checks=checks),
        *hold(rows(*["2026-01-16"] * 3), JANUARY_16, checks=checks),
    ]
    (row,) = worst(found)
    told = {name: row[name] for name in ("entity", "check", "state", "found", "intervals", "breaches")}
    assert told == {
        "entity": "orders",
        "check": "rows_a_day",
        "state": "warned",
        "found": 1,
        "intervals": 2,
        "breaches": 1,
    }
    assert row["interval_start"] == datetime(2026, 1, 15)
