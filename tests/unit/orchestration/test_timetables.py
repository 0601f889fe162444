"""Airflow's scheduler, asked day by day, makes the very intervals that everything else counts with."""

from datetime import UTC, date, datetime, timedelta

import pendulum
import pytest
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction
from airflow.timetables.interval import CronDataIntervalTimetable

from medallion.interval import Interval, midnight
from medallion.orchestration.local_cron import LocalCronTimetable
from medallion.orchestration.timetables import timetable_of
from medallion.pipeline import Calendar, calendar_of
from medallion.pipeline.days import intervals_of_day
from medallion.pipeline.schedule import last_complete_interval

pytestmark = pytest.mark.slow

BERLIN = "Europe/Berlin"
CHANGES = [date(2026, 3, 29), date(2026, 10, 25)]
EVERY = [
    "@daily",
    timedelta(hours=6),
    timedelta(hours=2),
    timedelta(hours=1),
    "15 3 * * *",
    "0 2 * * *",
    "0 8,20 * * 1-5",
]


def stored(schedule):
    """The DAG as the scheduler has it."""
    with DAG("zoned", schedule=timetable_of(schedule), start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
        pass
    return DagSerialization.from_dict(DagSerialization.to_dict(dag))


def in_airflow(schedule):
    return stored(schedule).timetable


def fortnight(day, zone=BERLIN):
    return tuple(midnight(day + timedelta(days=number), zone) for number in (-7, 7))


def of_airflow(timetable, first, end):
    """What is scheduled one after the other from a moment on, as with catchup."""
    restriction = TimeRestriction(earliest=pendulum.instance(first), latest=None, catchup=True)
    last, found = None, []
    while True:
        info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
        if info.data_interval.start >= end:
            return found
        last = info.data_interval
        found.append(Interval(last.start, last.end))


def of_days(schedule, first, end):
    day = first.date() - timedelta(days=1)
    days = [day + timedelta(days=number) for number in range((end - first).days + 3)]
    found = dict.fromkeys(one for each in days for one in intervals_of_day(schedule, each))
    return [one for one in found if first <= one.start < end]


@pytest.mark.parametrize("day", CHANGES)
@pytest.mark.parametrize("every", EVERY)
def test_airflow_schedules_the_intervals_of_the_days(every, day):
    schedule, (first, end) = Calendar(every, BERLIN), fortnight(day)
    assert of_airflow(in_airflow(schedule), first, end) == of_days(schedule, first, end)


@pytest.mark.parametrize("day", CHANGES)
@pytest.mark.parametrize("every", EVERY)
def test_airflows_own_timetable_goes_on_through_the_same_intervals(every, day):
    schedule, (first, end) = Calendar(every, BERLIN), fortnight(day)
    own = CronDataIntervalTimetable(calendar_of(schedule).cron, BERLIN)
    assert of_airflow(own, first, end) == of_days(schedule, first, end)


@pytest.mark.parametrize("day", CHANGES)
@pytest.mark.parametrize("every", EVERY)
def test_a_backfill_has_them_too(every, day):
    schedule, (first, end) = Calendar(every, BERLIN), fortnight(day)
    ends = pendulum.instance(first), pendulum.instance(end - timedelta(microseconds=1))
    infos = stored(schedule).iter_dagrun_infos_between(*ends)
    found = [Interval(one.data_interval.start, one.data_interval.end) for one in infos]
    assert found == of_days(schedule, first, end)


@pytest.mark.parametrize("day", CHANGES)
@pytest.mark.parametrize("every", EVERY)
def test_a_run_by_hand_has_the_last_of_them(every, day):
    schedule = Calendar(every, BERLIN)
    timetable, found = in_airflow(schedule), of_days(schedule, *fortnight(day))
    for one in found:
        given = timetable.infer_manual_data_interval(run_after=pendulum.instance(one.end))
        assert Interval(given.start, given.end) == one


@pytest.mark.parametrize(
    ("every", "now", "start"),
    [
        ("0 2 * * *", "2026-03-29T10:00", "2026-03-28T01:00"),
        ("0 */2 * * *", "2026-03-29T01:30", "2026-03-28T23:00"),
        ("0 */2 * * *", "2026-10-25T00:30", "2026-10-24T20:00"),
    ],
)
def test_where_airflows_own_goes_back_wrongly_ours_does_not(every, now, start):
    moment = pendulum.instance(datetime.fromisoformat(now).replace(tzinfo=UTC))
    expected = datetime.fromisoformat(start).replace(tzinfo=UTC)
    ours = LocalCronTimetable(every, BERLIN).infer_manual_data_interval(run_after=moment)
    theirs = CronDataIntervalTimetable(every, BERLIN).infer_manual_data_interval(run_after=moment)
    assert ours.start == expected
    assert ours.start < ours.end <= moment
    assert theirs != ours  # once it is, ours is no longer needed


def test_no_interval_is_passed_over_when_the_dag_is_read_again(monkeypatch):
    """With catchup off the scheduler looks back from now, at every parse of the DAG."""
    now = pendulum.datetime(2026, 3, 29, 1, 30)
    monkeypatch.setattr("airflow.timetables.interval.utcnow", lambda: now)
    timetable, restriction = (
        in_airflow(Calendar(timedelta(hours=2), BERLIN)),
        TimeRestriction(None, None, catchup=False),
    )
    due = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    assert due.data_interval.start == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert due.data_interval.end == datetime(2026, 3, 29, 1, tzinfo=UTC)


WHOLE = [timedelta(hours=5), timedelta(minutes=90), timedelta(hours=36)]


@pytest.mark.parametrize("catchup", [True, False], ids=("catchup", "latest"))
@pytest.mark.parametrize("zone", ["UTC", BERLIN])
@pytest.mark.parametrize("every", WHOLE)
def test_a_period_that_divides_no_day_is_counted_as_landing_counts_it(monkeypatch, every, zone, catchup):
    schedule, (first, end) = Calendar(every, zone), fortnight(CHANGES[0])
    monkeypatch.setattr("airflow.timetables.interval.utcnow", lambda: pendulum.instance(end))
    timetable, expected = in_airflow(schedule), of_days(schedule, first, end)
    if catchup:
        assert of_airflow(timetable, first, end) == expected
        return
    restriction = TimeRestriction(earliest=pendulum.instance(first), latest=None, catchup=False)
    info = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    assert Interval(info.data_interval.start, info.data_interval.end) == last_complete_interval(schedule, end)


@pytest.mark.parametrize("after", [timedelta(0), timedelta(minutes=47, seconds=11)])
@pytest.mark.parametrize("every", WHOLE)
def test_a_run_by_hand_of_such_a_period_has_its_last_whole_one(every, after):
    for one in of_days(every, *fortnight(CHANGES[0], "UTC")):
        given = in_airflow(every).infer_manual_data_interval(run_after=pendulum.instance(one.end + after))
        assert Interval(given.start, given.end) == one


def test_a_client_in_utc_keeps_airflows_own():
    assert type(in_airflow(timedelta(hours=6))) is CronDataIntervalTimetable
    assert type(in_airflow(Calendar(timedelta(hours=6)))) is CronDataIntervalTimetable
    assert timetable_of(Calendar(None, BERLIN)) is None
