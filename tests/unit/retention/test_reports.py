"""Reports past their retention: real files, and the fleet's page that lists them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from brief_reports import write_brief_report
from medallion.exceptions import RetentionRefused
from medallion.interval import Interval
from medallion.ledger import open_ledger
from medallion.reports.history import DAILY_JSON, JSON_FILE, LATEST
from medallion.reports.index import forget_days, update_fleet
from medallion.retention.reports import apply_reports, plan_reports

TODAY = date(2026, 3, 1)


def _write(root: Path, *days: date, hours: tuple[int, ...] = (), name: str = JSON_FILE) -> None:
    """A report of ten bytes for each day, or for each of its hours."""
    for day in days:
        for hour in hours or (0,):
            start = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
            path = Interval(start, start + timedelta(hours=1)).partition_path(sub_daily=bool(hours))
            (root / "acme" / path).mkdir(parents=True, exist_ok=True)
            (root / "acme" / path / name).write_bytes(b"0123456789")


def _ages(root: Path, today: date = TODAY) -> list[int]:
    folders = [path.relative_to(root / "acme").parts for path in (root / "acme").rglob("day=*")]
    days = [date(*(int(part.partition("=")[2]) for part in parts)) for parts in folders]
    return sorted((today - day).days for day in days)


def _before(today: date, *ages: int) -> list[date]:
    return [today - timedelta(days=age) for age in ages]


#: A usual day; a cutoff behind, on and before a leap day, and that itself; cutoffs around a year's end.
DAYS = [TODAY, *(date(2028, 3, day) for day in (29, 30, 31)), date(2028, 2, 29), date(2027, 1, 30)]
DAYS += [date(2027, 1, day) for day in (29, 31)]


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_reports_of_the_cutoffs_day_stay_and_those_of_the_day_before_go(tmp_path: Path, today: date) -> None:
    _write(tmp_path, *_before(today, 0, 28, 29, 30, 31, 32))
    plan = plan_reports(tmp_path, "acme", days=30, today=today)
    assert plan.cutoff == today - timedelta(days=30)
    assert [(today - one.day).days for one in plan.partitions] == [32, 31]
    apply_reports(plan)
    assert _ages(tmp_path, today) == [0, 28, 29, 30]


def test_a_leap_day_counts_as_a_day(tmp_path: Path) -> None:
    _write(tmp_path, date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1))
    plan = plan_reports(tmp_path, "acme", days=1, today=date(2028, 3, 1))
    assert [one.day for one in plan.partitions] == [date(2028, 2, 28)]


def test_a_day_goes_with_its_runs_and_counts_once(tmp_path: Path) -> None:
    _write(tmp_path, *_before(TODAY, 0, 1, 40), hours=(0, 6, 12))
    _write(tmp_path, *_before(TODAY, 0, 1, 40), name=DAILY_JSON)
    plan = plan_reports(tmp_path, "acme", days=30, today=TODAY)
    assert str(plan.loss) == "reports runs_and_days: 1 of 3 days before 2026-01-30, 33.3%, 4 files, 40 bytes"
    apply_reports(plan)
    assert sorted(set(_ages(tmp_path))) == [0, 1]
    assert len(list(tmp_path.rglob("*.json"))) == 8


def test_the_newest_report_stays_however_old_and_so_does_what_is_no_days(tmp_path: Path) -> None:
    _write(tmp_path, *_before(TODAY, 400, 401))
    _write(tmp_path, *_before(TODAY, 399), name="dry_run_report.json")
    (tmp_path / "acme" / LATEST).write_text("{}")
    (tmp_path / "index.json").write_text("{}")
    apply_reports(plan_reports(tmp_path, "acme", days=30, today=TODAY))
    assert _ages(tmp_path) == [399, 400]  # a dry run's is no run's report
    assert (tmp_path / "acme" / LATEST).exists()
    assert (tmp_path / "index.json").exists()


def test_another_clients_and_other_folders_stay(tmp_path: Path) -> None:
    _write(tmp_path, *_before(TODAY, 0, 1, 40))
    (tmp_path / "globex/year=2020/month=01/day=01").mkdir(parents=True)
    (tmp_path / "globex/year=2020/month=01/day=01" / JSON_FILE).touch()
    (tmp_path / "acme/notes").mkdir()
    (tmp_path / "acme/notes/read.me").touch()
    apply_reports(plan_reports(tmp_path, "acme", days=30, today=TODAY))
    assert (tmp_path / "globex/year=2020/month=01/day=01" / JSON_FILE).exists()
    assert (tmp_path / "acme/notes/read.me").exists()


def test_half_of_the_days_may_go_and_more_only_if_forced(tmp_path: Path) -> None:
    _write(tmp_path, *_before(TODAY, 0, 1, 40, 41))
    assert not plan_reports(tmp_path, "acme", days=30, today=TODAY).loss.too_many
    _write(tmp_path, *_before(TODAY, 42))
    plan = plan_reports(tmp_path, "acme", days=30, today=TODAY)
    with pytest.raises(RetentionRefused, match=r"3 of 5 days before 2026-01-30, 60\.0%.* nothing was"):
        apply_reports(plan)
    assert _ages(tmp_path) == [0, 1, 40, 41, 42]
    apply_reports(plan, force=True)
    apply_reports(plan, force=True)  # gone already is no error
    assert _ages(tmp_path) == [0, 1]


@pytest.mark.parametrize("place", ["acme", "acme/year=2020", "acme/year=2020/month=01/day=01"])
def test_links_are_never_followed(tmp_path: Path, place: str) -> None:
    root, precious = tmp_path / "reports", tmp_path / "elsewhere" / place
    for day in ("day=01", "day=02"):
        inside = tmp_path / "elsewhere/acme/year=2020/month=01" / day
        inside.mkdir(parents=True)
        (inside / JSON_FILE).touch()
    if place != "acme":
        _write(root, *_before(TODAY, 0, 1))
    (root / place).parent.mkdir(parents=True, exist_ok=True)
    (root / place).symlink_to(precious)
    plan = plan_reports(root, "acme", days=30, today=TODAY)
    assert (plan.links, plan.partitions) == ((root / place,), ())
    apply_reports(plan, force=True)
    assert len(list((tmp_path / "elsewhere").rglob(JSON_FILE))) == 2


def test_a_plan_for_another_place_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, *_before(TODAY, 0, 1, 40))
    plan = plan_reports(tmp_path, "acme", days=30, today=TODAY)
    (tmp_path / "globex/year=2020/month=01/day=01").mkdir(parents=True)
    elsewhere = replace(plan.partitions[0], path=tmp_path / "globex/year=2020/month=01/day=01")
    with pytest.raises(RetentionRefused, match="is no partition of"):
        apply_reports(replace(plan, partitions=(*plan.partitions, elsewhere)), force=True)
    assert _ages(tmp_path) == [0, 1, 40]


@pytest.mark.parametrize(("client", "days"), [("../acme", 30), (".changed", 30), ("acme", 0)])
def test_a_plan_that_makes_no_sense_is_refused(tmp_path: Path, client: str, days: int) -> None:
    with pytest.raises(RetentionRefused):
        plan_reports(tmp_path, client, days=days, today=TODAY)


# --- The fleet's page


def _index(root: Path) -> dict[str, tuple[str | None, list[str]]]:
    facts = json.loads((root / "index.json").read_text())
    return {one["id"]: (one["status"], [run["run_id"] for run in one["runs"]]) for one in facts["clients"]}


def test_what_is_gone_leaves_the_fleets_page_and_nothing_else_changes(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    root = tmp_path / "reports"
    for client in ("acme", "globex"):
        for day in _before(TODAY, 0, 1, 40):
            write_brief_report(root / client, day.isoformat())
        update_fleet(ledger, root, client, {"acme": "active", "globex": "disabled", "unborn": "active"})
    plan = plan_reports(root, "acme", days=30, today=TODAY)
    apply_reports(plan)
    forget_days(ledger, root, "acme", {one.day for one in plan.partitions})
    kept = ["run_2026-03-01", "run_2026-02-28"]
    everything = [*kept, "run_2026-01-20"]
    expected = {"acme": ("active", kept), "globex": ("disabled", everything), "unborn": ("active", [])}
    assert _index(root) == expected
    page = (root / "index.html").read_text()
    assert "acme/year=2026/month=01" not in page
    assert "globex/year=2026/month=03/day=01" in page


def test_a_page_that_knows_none_of_them_is_not_written_again(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    root = tmp_path / "reports"
    forget_days(ledger, root, "acme", {TODAY})  # there is no page at all
    write_brief_report(root / "acme", TODAY.isoformat())
    update_fleet(ledger, root, "acme")
    before = (root / "index.json").stat().st_mtime_ns
    forget_days(ledger, root, "acme", set(_before(TODAY, 40)))
    forget_days(ledger, root, "globex", {TODAY})
    assert (root / "index.json").stat().st_mtime_ns == before
    forget_days(ledger, root, "acme", {TODAY})
    assert (root / "index.json").stat().st_mtime_ns > before
