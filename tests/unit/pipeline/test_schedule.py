from datetime import UTC, date, datetime, timedelta

import pytest

from medallion.pipeline import cron_of, last_complete_interval
from medallion.pipeline.days import intervals_of_day
from medallion.pipeline.schedule import Calendar, shares_days, shortest_period


@pytest.mark.parametrize(
    ("period", "cron"),
    [
        (timedelta(minutes=15), "*/15 * * * *"),
        (timedelta(hours=1), "0 * * * *"),
        (timedelta(hours=2), "0 */2 * * *"),
        (timedelta(hours=6), "0 */6 * * *"),
        (timedelta(days=1), "0 0 * * *"),
        (timedelta(weeks=1), "0 0 * * 1"),
        (timedelta(hours=5), None),
        (timedelta(minutes=45), None),
        (timedelta(days=3), None),
        (timedelta(seconds=90), None),
    ],
)
def test_a_period_that_divides_a_day_has_a_cron_line(period, cron):
    assert cron_of(period) == cron


@pytest.mark.parametrize(
    ("schedule", "moment", "start", "end"),
    [
        (timedelta(hours=6), (15, 13, 20), (15, 6), (15, 12)),
        (timedelta(hours=6), (15, 12), (15, 6), (15, 12)),
        ("30 2 * * *", (15, 2, 29), (13, 2, 30), (14, 2, 30)),
        (None, (15, 13), (14, 0), (15, 0)),
    ],
)
def test_a_run_without_a_date_takes_the_last_complete_interval(schedule, moment, start, end):
    interval = last_complete_interval(schedule, at(*moment))
    assert (interval.start, interval.end) == (at(*start), at(*end))
    assert (
        interval.end
        <= at(*moment)
        < interval.end + (schedule if isinstance(schedule, timedelta) else timedelta(days=1))
    )


def at(day, hour=0, minute=0):
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day - 1, hours=hour, minutes=minute)


def test_only_a_schedule_of_less_than_a_day_needs_the_hour():
    assert shortest_period("0 6,18 * * *") == timedelta(hours=12)
    assert shortest_period("0 2 * * *") == timedelta(days=1)
    assert shortest_period(None) == timedelta(days=1)


@pytest.mark.parametrize(
    ("schedule", "shared"),
    [
        (timedelta(hours=6), True),
        (timedelta(hours=23), True),
        (timedelta(hours=24, minutes=30), True),  # on the 25 hours of a day in October
        (timedelta(days=1), False),
        (timedelta(hours=25), False),
        ("0 2 * * *", False),
        ("0 1,23 * * *", True),
        (None, False),
    ],
)
def test_two_intervals_that_can_start_on_one_day_have_places_of_their_own(schedule, shared):
    calendar = Calendar(schedule, "Europe/Berlin")
    assert shares_days(calendar) == shared
    for day in (date(2026, 10, number) for number in range(1, 32)):
        own = [one for one in intervals_of_day(calendar, day) if one.run_date == day]
        assert shared or len(own) <= 1
