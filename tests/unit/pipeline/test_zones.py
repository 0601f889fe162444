"""Both changes of Europe/Berlin's clocks: 29 March 2026 has 23 hours, 25 October 2026 has 25."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from medallion.interval import Interval, midnight, partition_start
from medallion.pipeline import Calendar, last_complete_interval, read_asked
from medallion.pipeline.cron import following, preceding
from medallion.pipeline.days import first_interval, intervals_of_day, next_interval

BERLIN = "Europe/Berlin"
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
DAILY = ["@daily", timedelta(days=1), None, "15 3 * * *", "0 2 * * *", "30 2 * * *"]
SUB_DAILY = [timedelta(hours=6), timedelta(hours=2), timedelta(hours=1), timedelta(minutes=15), "0 */6 * * *"]
#: The clocks of Cairo and Santiago skip midnight, those of Lord Howe are changed by half an hour.
ELSEWHERE = [
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Africa/Cairo", date(2026, 10, 29)),
    ("America/Santiago", date(2026, 9, 6)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Asia/Kolkata", date(2026, 4, 5)),
]
CHANGES = [(BERLIN, SPRING), (BERLIN, AUTUMN), *ELSEWHERE]


def week_around(day):
    return [day + timedelta(days=number) for number in range(-3, 4)]


def of_week(every, zone, day):
    return [one for each in week_around(day) for one in intervals_of_day(Calendar(every, zone), each)]


def hours(intervals):
    return [(one.end - one.start) / timedelta(hours=1) for one in intervals]


def starts(intervals):
    return [f"{one.local_start:%H:%M %Z}" for one in intervals]


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize("every", [*DAILY, *SUB_DAILY])
def test_a_week_is_covered_without_gap_or_overlap(every, zone, day):
    found = of_week(every, zone, day)
    assert all(before.end == after.start for before, after in pairwise(found))
    assert all(one.end > one.start for one in found)
    assert sum(((one.end - one.start) for one in found), timedelta()) == found[-1].end - found[0].start
    assert {one.run_date for one in found} == set(week_around(day))


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize(("schedules", "sub_daily"), [(DAILY, False), (SUB_DAILY, True)])
def test_partitions_are_unique_in_order_and_read_back(schedules, sub_daily, zone, day):
    for every in schedules:
        found = of_week(every, zone, day)
        paths = [one.partition_path(sub_daily) for one in found]
        assert sorted(set(paths)) == paths
        if sub_daily:
            assert [partition_start(path, zone) for path in paths] == [one.start for one in found]
        else:
            assert [partition_start(path, zone) for path in paths] == [
                midnight(one.run_date, zone) for one in found
            ]


@pytest.mark.slow
@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize("every", [*DAILY, timedelta(hours=6), timedelta(hours=2), timedelta(hours=1)])
def test_a_run_by_hand_takes_the_last_complete_interval(every, zone, day):
    calendar, found = Calendar(every, zone), of_week(every, zone, day)
    for one, behind in pairwise(found):
        for moment in (one.end, one.end + timedelta(minutes=1), behind.end - timedelta(microseconds=1)):
            assert last_complete_interval(calendar, moment) == one
        assert next_interval(calendar, one.start) == behind
        assert first_interval(calendar, one.start) == one
        assert first_interval(calendar, one.start + timedelta(seconds=1)) == behind


@pytest.mark.parametrize("every", ["@daily", timedelta(days=1), None])
def test_a_daily_client_has_the_local_day(every):
    calendar = Calendar(every, BERLIN)
    assert intervals_of_day(calendar, SPRING) == [Interval(utc("2026-03-28T23:00"), utc("2026-03-29T22:00"))]
    assert intervals_of_day(calendar, AUTUMN) == [Interval(utc("2026-10-24T22:00"), utc("2026-10-25T23:00"))]


def test_every_six_hours_the_night_is_an_hour_shorter_or_longer():
    spring, autumn = (intervals_of_day(Calendar(timedelta(hours=6), BERLIN), day) for day in (SPRING, AUTUMN))
    assert hours(spring) == [5, 6, 6, 6]
    assert starts(spring) == ["00:00 CET", "06:00 CEST", "12:00 CEST", "18:00 CEST"]
    assert hours(autumn) == [7, 6, 6, 6]
    assert starts(autumn) == ["00:00 CEST", "06:00 CET", "12:00 CET", "18:00 CET"]


def test_every_two_hours_one_interval_is_an_hour_shorter_or_longer():
    spring, autumn = (intervals_of_day(Calendar(timedelta(hours=2), BERLIN), day) for day in (SPRING, AUTUMN))
    assert hours(spring) == [2, 1, *[2] * 10]
    assert starts(spring)[:4] == ["00:00 CET", "03:00 CEST", "04:00 CEST", "06:00 CEST"]
    assert hours(autumn) == [3, *[2] * 11]
    assert starts(autumn)[:3] == ["00:00 CEST", "02:00 CET", "04:00 CET"]


@pytest.mark.parametrize(("day", "number"), [(SPRING, 23), (AUTUMN, 25)])
def test_every_hour_each_hour_of_the_day_has_its_interval(day, number):
    found = intervals_of_day(Calendar(timedelta(hours=1), BERLIN), day)
    assert hours(found) == [1] * number
    assert len({one.partition_path(sub_daily=True) for one in found}) == number


def test_the_hour_that_comes_twice_has_a_partition_for_each_time():
    found = intervals_of_day(Calendar(timedelta(hours=1), BERLIN), AUTUMN)
    folders = [one.partition_path(sub_daily=True).rpartition("/")[2] for one in found[1:5]]
    assert folders == ["hour=0100", "hour=0200", "hour=02b00", "hour=0300"]


@pytest.mark.parametrize(
    ("line", "moment", "due"),
    [
        ("0 2 * * *", "2026-03-28T12:00", "2026-03-29T01:00"),  # 03:00, for there is no 02:00
        ("30 2 * * *", "2026-03-28T12:00", "2026-03-29T01:30"),
        ("0 2 * * *", "2026-10-24T12:00", "2026-10-25T01:00"),  # the second 02:00
        ("15 3 * * *", "2026-03-28T12:00", "2026-03-29T01:15"),
        ("15 3 * * *", "2026-10-24T12:00", "2026-10-25T02:15"),
        ("0 1 * * *", "2026-10-24T12:00", "2026-10-24T23:00"),
    ],
)
def test_a_line_comes_due_once_on_the_day_of_a_change(line, moment, due):
    before, after = utc(moment), utc(due) + timedelta(hours=12)
    assert following(line, BERLIN, before) == utc(due)
    assert preceding(line, BERLIN, after) == utc(due)
    assert following(line, BERLIN, utc(due)) > after
    assert preceding(line, BERLIN, utc(due)) < before


def test_without_a_change_a_line_is_the_same_by_any_clock():
    line, moment = "*/20 */3 * * *", utc("2026-03-29T01:10")
    assert following(line, "Etc/UTC", moment) == following(line, "UTC", moment) == utc("2026-03-29T03:00")


def test_a_period_that_divides_no_day_keeps_its_length_and_takes_the_local_day():
    found = [
        one
        for day in week_around(SPRING)
        for one in intervals_of_day(Calendar(timedelta(hours=5), BERLIN), day)
    ]
    assert set(hours(found)) == {5}
    assert all(before.end == after.start for before, after in pairwise(found))
    assert {one.run_date for one in found} == set(week_around(SPRING))


def test_the_days_of_a_form_are_the_clients():
    now, own = utc("2026-10-25T23:00"), Interval(utc("2026-01-01T00:00"), utc("2026-01-02T00:00"))
    asked = read_asked({"day": "2026-10-24", "until": "2026-10-25"}, Calendar("@daily", BERLIN), own, now)
    assert hours(asked.intervals) == [24, 25]
    assert asked.span.run_date == date(2026, 10, 24)
    tomorrow = read_asked({"day": "2026-10-24", "until": "2026-10-26"}, Calendar("@daily", BERLIN), own, now)
    assert tomorrow.intervals == asked.intervals  # it has begun, and not ended


def test_a_day_begins_when_its_clocks_say_so():
    assert midnight(SPRING, BERLIN) == utc("2026-03-28T23:00")
    assert midnight(date(2026, 4, 24), "Africa/Cairo") == utc("2026-04-23T22:00")  # 01:00 there
    assert midnight(date(2026, 4, 24), "Africa/Cairo").astimezone(ZoneInfo("Africa/Cairo")).hour == 1
