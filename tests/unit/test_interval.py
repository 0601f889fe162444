from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pendulum
import pytest

from medallion.interval import Interval, partition_start

DAY = Interval(datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC))


def test_a_daily_interval_lands_under_its_day() -> None:
    assert DAY.partition_path(sub_daily=False) == "year=2026/month=01/day=15"


def test_a_sub_daily_interval_lands_under_its_hour_and_minute() -> None:
    interval = Interval(datetime(2026, 1, 5, 6, 30, tzinfo=UTC), datetime(2026, 1, 5, 12, 30, tzinfo=UTC))
    assert interval.partition_path(sub_daily=True) == "year=2026/month=01/day=05/hour=0630"
    assert interval.stamp == "20260105T0630"


def test_a_daily_interval_of_23_hours_still_lands_under_its_day() -> None:
    berlin = pendulum.timezone("Europe/Berlin")
    start = pendulum.datetime(2026, 3, 29, tz=berlin)
    interval = Interval(start, start.add(days=1))
    assert interval.end - interval.start == timedelta(hours=23)
    assert interval.partition_path(sub_daily=False) == "year=2026/month=03/day=28"


def test_with_a_zone_its_day_and_folder_are_the_local_ones() -> None:
    start = datetime(2026, 3, 28, 23, tzinfo=UTC)
    interval = Interval(start, start + timedelta(hours=23), "Europe/Berlin")
    assert interval.run_date == date(2026, 3, 29)
    assert interval.partition_path(sub_daily=False) == "year=2026/month=03/day=29"
    assert interval.partition_path(sub_daily=True) == "year=2026/month=03/day=29/hour=0000"
    assert interval.stamp == "20260328T2300"
    assert interval.said == "2026-03-29 00:00 to 2026-03-30 00:00 Europe/Berlin"
    assert interval == Interval(start, start + timedelta(hours=23))


def test_times_of_any_zone_and_class_become_plain_utc() -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    interval = Interval(datetime(2026, 1, 15, 5, 30, tzinfo=east), pendulum.datetime(2026, 1, 16, tz="UTC"))
    assert interval == DAY
    assert type(interval.end) is datetime
    assert interval.run_date == date(2026, 1, 15)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="end needs a time zone"):
        Interval(DAY.start, datetime(2026, 1, 16))


def test_an_interval_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="is before"):
        Interval(DAY.end, DAY.start)


def test_an_interval_is_read_back_from_its_text() -> None:
    assert str(DAY) == "2026-01-15T00:00:00+00:00/2026-01-16T00:00:00+00:00"
    assert Interval.parse(str(DAY)) == DAY


def test_text_that_is_no_interval_is_refused() -> None:
    with pytest.raises(ValueError, match="start/end"):
        Interval.parse("2026-01-15")


@pytest.mark.parametrize("sub_daily", [True, False])
def test_a_partition_names_its_intervals_start(sub_daily: bool) -> None:
    assert partition_start(DAY.partition_path(sub_daily)) == DAY.start


@pytest.mark.parametrize(
    "path",
    ["", "year=2026", "year=2026/month=01/day=32", "year=2026/month=1/day=5", "../year=2026/month=01/day=15"],
)
def test_other_folders_are_no_partition(path: str) -> None:
    assert partition_start(path) is None
