from datetime import UTC, datetime, timedelta

import pytest

from medallion.exceptions import ConfigError
from medallion.interval import Interval
from medallion.pipeline import read_asked

NOW = datetime(2026, 1, 15, 14, 30, tzinfo=UTC)
OWN = Interval(datetime(2026, 1, 14, tzinfo=UTC), datetime(2026, 1, 15, tzinfo=UTC))
SIX_HOURS = timedelta(hours=6)


def ask(schedule="@daily", **params):
    return read_asked(params, schedule, OWN, NOW)


def starts(asked):
    return [f"{one.start:%d %H}" for one in asked.intervals]


@pytest.mark.parametrize(
    "empty", [{}, {"day": None, "until": None, "rebuild": [], "reason": None}, {"day": ""}]
)
def test_a_form_left_as_it_is_asks_for_the_runs_own_interval(empty):
    asked = ask(**empty)
    assert (asked.intervals, asked.rebuild, asked.dry_run, asked.reason) == ((OWN,), (), False, "")
    assert asked.interval == asked.span == OWN


def test_a_day_is_all_of_its_intervals_and_dated_by_the_last():
    asked = ask(SIX_HOURS, day="2026-01-13")
    assert starts(asked) == ["13 00", "13 06", "13 12", "13 18"]
    assert (asked.interval.start.hour, asked.span) == (
        18,
        Interval(datetime(2026, 1, 13, tzinfo=UTC), datetime(2026, 1, 14, tzinfo=UTC)),
    )


def test_of_today_it_is_what_has_ended():
    assert starts(ask(SIX_HOURS, day="2026-01-15")) == ["15 00", "15 06"]


def test_a_range_is_every_interval_from_the_first_day_to_the_last():
    assert starts(ask(day="2026-01-10", until="2026-01-13")) == ["10 00", "11 00", "12 00", "13 00"]


def test_days_of_one_week_are_one_interval_of_a_weekly_client():
    assert starts(ask("0 0 * * 1", day="2026-01-07", until="2026-01-09")) == ["29 00"]


def test_layers_come_in_their_order_and_a_reason_on_one_line():
    asked = ask(rebuild=["gold", "bronze"], reason=" late\n rows ", dry_run=True)
    assert (asked.rebuild, asked.reason, asked.dry_run) == (("bronze", "gold"), "late rows", True)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"until": "2026-01-12"}, "until: is the last of several days; day, the first, is missing"),
        ({"day": "2026-01-12", "until": "2026-01-11"}, "until: must not be before day, 2026-01-12"),
        ({"day": "2026-01-16"}, "day: must not lie in the future, is 2026-01-16"),
        ({"day": "2026-01-12", "until": "2026-02-01"}, "until: must not lie in the future"),
        ({"day": "2026-01-15"}, "day: no interval of 2026-01-15 has ended yet; the first ends 2026-01-16"),
        ({"day": "2024-01-01", "until": "2026-01-01"}, "at most 366 days"),
        ({"day": "15.1.2026"}, "day: must be a date as 2026-01-15, is '15.1.2026'"),
        ({"rebuild": ["platinum"]}, "rebuild: must be among bronze, silver, gold, is 'platinum'"),
    ],
)
def test_what_does_not_fit_together_is_named(params, told):
    with pytest.raises(ConfigError, match=told):
        ask(**params)
