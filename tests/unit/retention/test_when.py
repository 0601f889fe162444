from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from medallion.clients.weekdays import Weekday
from medallion.interval import Interval
from medallion.pipeline.days import next_interval
from medallion.retention import not_due

SUNDAY, MONDAY, THURSDAY = Weekday.SUNDAY, Weekday.MONDAY, Weekday.THURSDAY
WEEK = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday


def _from(start: datetime, **length: int) -> Interval:
    return Interval(start, start + timedelta(**length))


def _due(cleanup_on: tuple[Weekday, ...], schedule: timedelta | str, runs: int) -> list[str]:
    """The starts of the runs that clean up, of so many from a Monday on."""
    interval = next_interval(schedule, WEEK - timedelta(days=1) if schedule == "@daily" else WEEK)
    found = []
    for _ in range(runs):
        if not not_due(cleanup_on, interval):
            found.append(f"{interval.start:%a %d %H:%M}")
        interval = next_interval(schedule, interval.start)
    return found


def test_every_run_is_due_daily() -> None:
    assert len(_due(tuple(Weekday), timedelta(hours=6), 40)) == 40


def test_a_daily_client_cleans_up_on_its_days_alone() -> None:
    assert _due((SUNDAY,), "@daily", 14) == ["Sun 08 00:00", "Sun 15 00:00"]
    assert _due((MONDAY, THURSDAY), "@daily", 8) == ["Mon 02 00:00", "Thu 05 00:00", "Mon 09 00:00"]


def test_a_daily_run_that_does_not_start_at_midnight_belongs_to_the_day_it_starts_on() -> None:
    assert _due((SUNDAY,), "30 4 * * *", 14) == ["Sun 08 04:30", "Sun 15 04:30"]


def test_of_a_sub_daily_client_every_run_of_the_day_is_due() -> None:
    runs = _due((SUNDAY,), timedelta(hours=6), 32)
    assert runs == [f"Sun 08 {hour}:00" for hour in ("00", "06", "12", "18")]


@pytest.mark.parametrize("day", list(Weekday))
def test_a_weekly_client_cleans_up_each_week_whatever_the_day(day: Weekday) -> None:
    assert len(_due((day,), "@weekly", 5)) == len(_due((day,), timedelta(weeks=1), 5)) == 5


@pytest.mark.parametrize("schedule", ["@daily", "30 4 * * *", "0 9 * * 1-5", timedelta(days=3)])
def test_each_such_day_belongs_to_one_run(schedule: timedelta | str) -> None:
    """Of 60 days' runs one cleans up for each Sunday, also where none starts on it."""
    interval, due = next_interval(schedule, WEEK), 0
    first = interval.start.date()
    while (interval.start.date() - first).days < 60:
        due += not not_due((SUNDAY,), interval)
        interval = next_interval(schedule, interval.start)
    days = [first + timedelta(days=one) for one in range((interval.start.date() - first).days)]
    assert due == sum(day.isoweekday() == 7 for day in days) > 7


def test_what_is_skipped_says_when_it_comes_next() -> None:
    assert not_due((SUNDAY,), _from(WEEK, days=1)) == (
        "nothing is deleted in a run of Monday, 2026-03-02: cleanup_on is sunday; "
        "the next cleanup comes with the run of Sunday, 2026-03-08"
    )
    assert not_due((MONDAY, THURSDAY), _from(WEEK + timedelta(days=3, hours=24), hours=6)).endswith(
        "cleanup_on is monday, thursday; the next cleanup comes with the run of Monday, 2026-03-09"
    )
    assert not_due((SUNDAY,), _from(WEEK, days=3)).endswith("the run of Sunday, 2026-03-08")


def test_a_year_ends_and_a_leap_day_passes() -> None:
    assert not_due((THURSDAY,), _from(datetime(2026, 12, 31, tzinfo=UTC), hours=2)) == ""
    assert not_due((MONDAY,), _from(datetime(2028, 2, 29, tzinfo=UTC), days=1)).endswith("Monday, 2028-03-06")
    assert not_due((Weekday.TUESDAY,), _from(datetime(2028, 2, 29, tzinfo=UTC), days=1)) == ""
