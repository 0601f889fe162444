"""Which runs clean up: those whose intervals hold a day of the client's ``cleanup_on``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import count

from medallion.clients.weekdays import Weekday, weekdays_text
from medallion.interval import Interval

_DAY = timedelta(days=1)


def not_due(cleanup_on: Sequence[Weekday], interval: Interval) -> str:
    """Say why a run cleans nothing up and which one will; blank if it is to clean up.

    A run answers for the days from its own (``run_date``) until the next run's, which begins where its
    interval ends: each day belongs to a run, also where a weekly client's runs never fall on it. Of several
    runs on a day all clean up: a later one makes up for one that failed.

    Args:
        cleanup_on: the client's days.
        interval: the run's.
    """
    own = list(_days_of(interval))
    if any(_weekday(day) in cleanup_on for day in own):
        return ""
    following = (own[-1] + number * _DAY for number in count(1))
    due = next(day for day in following if _weekday(day) in cleanup_on)
    return (
        f"nothing is deleted in a run of {_named(own[0])}: cleanup_on is {weekdays_text(tuple(cleanup_on))}; "
        f"the next cleanup comes with the run of {_named(due)}"
    )


def _days_of(interval: Interval) -> Iterator[date]:
    """The run's day, and those after it until the next run's."""
    yield interval.run_date
    next_date = replace(interval, start=interval.end).run_date
    for number in range(1, (next_date - interval.run_date).days):
        yield interval.run_date + number * _DAY


def _weekday(day: date) -> Weekday:
    return list(Weekday)[day.weekday()]


def _named(day: date) -> str:
    return f"{_weekday(day).capitalize()}, {day}"
