"""What is judged to have no run, and why, from plain facts."""

from datetime import UTC, datetime, timedelta

import pytest

from medallion.interval import Interval
from medallion.missing import expected_intervals
from medallion.unstarted import GRACE, Airflow, Dag, Reason, todo_of, unstarted_of
from small_shop import small_shop

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURS = [Interval(NOON - (number + 1) * HOUR, NOON - number * HOUR) for number in (4, 3, 2, 1, 0)]
SHOP = small_shop(schedule_interval="1h")
DAG = "client_shop_pipeline"


def judged(ran, dag=None, airflow=None, client=SHOP):
    """Judge with runs for some of the five hours, by their place."""
    there = {HOURS[place] for place in ran}
    return unstarted_of(client, HOURS, there.__contains__, dag or Dag(DAG), airflow or Airflow())


@pytest.mark.parametrize(
    ("dag", "airflow", "reason"),
    [
        ({}, {}, Reason.NOT_MADE),
        ({"paused": True}, {}, Reason.PAUSED),
        ({"import_error": "KeyError: 'x'"}, {}, Reason.IMPORT_ERROR),
        ({"live": False}, {}, Reason.STALE),
        ({"live": False}, {"processor": False}, Reason.PROCESSOR),
        ({}, {"scheduler": False}, Reason.SCHEDULER),
        # The first reason hides those behind it.
        ({"paused": True, "live": False, "import_error": "x"}, {"scheduler": False}, Reason.SCHEDULER),
        ({"paused": True, "live": False, "import_error": "x"}, {}, Reason.IMPORT_ERROR),
        ({"paused": True, "live": False}, {"processor": False}, Reason.PROCESSOR),
        ({"paused": True, "live": False}, {}, Reason.STALE),
        ({"paused": True, "held_up": True}, {}, Reason.PAUSED),
        # A processor that is away does no harm while it has read the newest DAG.
        ({}, {"processor": False}, Reason.NOT_MADE),
    ],
)
def test_what_has_no_run_has_a_reason(dag, airflow, reason):
    found = judged(range(3), Dag(DAG, **dag), Airflow(**airflow))
    assert (found.reason, found.intervals) == (reason, tuple(HOURS[3:]))
    assert found.detail == dag.get("import_error", "")


@pytest.mark.parametrize(
    ("dag", "airflow"),
    [
        ({"held_up": True}, {}),
        ({}, {"settled": False}),
        ({"live": False}, {"settled": False}),
    ],
    ids=["its own runs hold it up", "Airflow has just begun", "Airflow reads its DAGs yet"],
)
def test_what_waits_for_something_that_ends_by_itself_is_not_told(dag, airflow):
    assert judged(range(3), Dag(DAG, **dag), Airflow(**airflow)) is None


def test_a_paused_dag_that_lacks_nothing_is_well():
    assert judged(range(5), Dag(DAG, paused=True)) is None


def test_what_never_ran_at_all_is_found():
    assert judged([], Dag(DAG, paused=True)).intervals == tuple(HOURS)


def test_holes_before_a_later_run_are_those_of_what_did_not_land():
    assert judged([0, 4]) is None


def test_what_the_scheduler_left_out_while_it_was_away_is_told_but_not_what_it_makes_now():
    away = Airflow(settled=False, gap=(NOON - 3 * HOUR, NOON + HOUR))
    found = judged([0, 1], airflow=away)
    assert (found.reason, found.intervals) == (Reason.WAS_AWAY, tuple(HOURS[2:4]))
    assert judged([0, 1, 4], airflow=away).intervals == tuple(HOURS[2:4])
    assert judged([1, 2, 3, 4], airflow=away) is None
    assert judged([0, 1], airflow=away, client=small_shop(schedule_interval="1h", catchup=True)) is None


def test_a_command_runs_what_airflow_leaves_out():
    found = judged(range(2), Dag(DAG, paused=True))
    assert found.said == "3 intervals from 2026-01-15 09:00 to 2026-01-15 12:00 have no run"
    assert found.todo == (
        f"let {DAG} go on in Airflow's UI; then what it leaves out: `medallion run shop --date 2026-01-15`"
    )
    (last,) = judged(range(4), Dag(DAG, paused=True)).intervals
    assert last == HOURS[4]
    assert judged(range(4), Dag(DAG, paused=True)).todo == f"let {DAG} go on in Airflow's UI"
    assert judged(range(4)).said == "the interval 2026-01-15 11:00 to 2026-01-15 12:00 has no run"


def test_a_client_that_catches_up_needs_no_command():
    found = judged(range(2), Dag(DAG, paused=True), client=small_shop(schedule_interval="1h", catchup=True))
    assert found.commands == []


def test_what_helps_many_is_said_once_and_few_commands_are_listed():
    found = [judged([], Dag(DAG), Airflow(scheduler=False)) for _ in range(8)]
    said = todo_of(found)
    assert said.count("start it again") == 1
    assert said.count("`medallion run shop --date 2026-01-15`") == 5
    assert said.endswith(", and 3 more")


def test_an_interval_is_due_a_while_after_its_end():
    since = NOON - 3 * HOUR
    due = list(expected_intervals(SHOP, since, NOON + GRACE, 7, GRACE))
    assert due[-1].end == NOON
    assert len(due) == 3
    assert list(expected_intervals(SHOP, since, NOON + GRACE - timedelta(seconds=1), 7, GRACE)) == due[:-1]
    # What has to have landed has a whole period more.
    assert list(expected_intervals(SHOP, since, NOON + GRACE, 7)) == due[:-1]
