from datetime import UTC, date, datetime, timedelta

import pytest

from medallion.interval import Interval
from medallion.pipeline.days import intervals_of_day

DAY = date(2026, 1, 15)  # a Thursday


def at(day, hour=0):
    return datetime(2026, 1, day, hour, tzinfo=UTC)


@pytest.mark.parametrize("schedule", ["@daily", "0 0 * * *", timedelta(days=1), None])
def test_a_daily_client_has_the_day_itself(schedule):
    assert intervals_of_day(schedule, DAY) == [Interval(at(15), at(16))]


@pytest.mark.parametrize("schedule", [timedelta(hours=6), "0 */6 * * *"])
def test_a_client_of_every_six_hours_has_four(schedule):
    assert [one.start for one in intervals_of_day(schedule, DAY)] == [at(15, hour) for hour in (0, 6, 12, 18)]
    assert intervals_of_day(schedule, DAY)[-1].end == at(16)


def test_a_period_that_does_not_divide_the_day_reaches_into_the_next():
    found = intervals_of_day(timedelta(hours=5), DAY)
    assert {one.end - one.start for one in found} == {timedelta(hours=5)}
    assert all(at(15) <= one.start < at(16) for one in found)
    assert found[-1].end > at(16)


def test_a_weekly_client_has_the_last_complete_week():
    assert intervals_of_day("0 0 * * 1", DAY) == [Interval(at(5), at(12))]


def test_a_cron_line_with_gaps_starts_where_the_interval_before_ends():
    found = intervals_of_day("0 8,20 * * *", DAY)
    assert found == [Interval(at(15, 8), at(15, 20)), Interval(at(15, 20), at(16, 8))]
