"""A day → the data intervals of a schedule that belong to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import dropwhile, takewhile

from medallion.interval import Interval, midnight
from medallion.pipeline.cron import following
from medallion.pipeline.schedule import Schedule, calendar_of, last_complete_interval


def intervals_of_day(schedule: Schedule, day: date) -> list[Interval]:
    """The intervals that start on a day of the schedule's zone; where none does, the last that ended in it.

    Args:
        schedule: the client's; without one it runs day by day.
        day: which.
    """
    zone = calendar_of(schedule).zone
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    later = takewhile(lambda one: one.start < end, _not_before(schedule, start))
    return list(later) or [last_complete_interval(schedule, end)]


def first_interval(schedule: Schedule, moment: datetime) -> Interval:
    """The first interval that does not start before a moment."""
    return next(_not_before(schedule, moment))


def next_interval(schedule: Schedule, start: datetime) -> Interval:
    """The interval behind the one that starts then."""
    behind = _next_end(schedule, start)
    return Interval(behind, _next_end(schedule, behind), calendar_of(schedule).zone)


def _not_before(schedule: Schedule, moment: datetime) -> Iterator[Interval]:
    return dropwhile(lambda one: one.start < moment, _from(schedule, moment))


def _from(schedule: Schedule, moment: datetime) -> Iterator[Interval]:
    """All intervals from the last complete one on; each starts where the one before it ends."""
    interval = last_complete_interval(schedule, moment)
    while True:
        yield interval
        interval = Interval(interval.end, _next_end(schedule, interval.end), interval.zone)


def _next_end(schedule: Schedule, start: datetime) -> datetime:
    calendar = calendar_of(schedule)
    if calendar.cron:
        return following(calendar.cron, calendar.zone, start)
    assert isinstance(calendar.every, timedelta)  # noqa: S101 - else it has a cron line
    return start + calendar.every
