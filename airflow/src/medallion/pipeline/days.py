"""A day → the data intervals of a schedule that belong to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import dropwhile, takewhile

from croniter import croniter

from medallion.interval import Interval
from medallion.pipeline.schedule import Schedule, cron_of, last_complete_interval


def intervals_of_day(schedule: Schedule, day: date) -> list[Interval]:
    """The intervals that start on a day, in UTC; where none does, the last that had ended when the day did.

    Args:
        schedule: a period, a cron line (in UTC) or None, which runs day by day.
        day: which.
    """
    start = datetime.combine(day, time.min, tzinfo=UTC)
    end = start + timedelta(days=1)
    later = takewhile(lambda one: one.start < end, _not_before(schedule, start))
    return list(later) or [last_complete_interval(schedule, end)]


def first_interval(schedule: Schedule, moment: datetime) -> Interval:
    """The first interval that does not start before a moment."""
    return next(_not_before(schedule, moment))


def next_interval(schedule: Schedule, start: datetime) -> Interval:
    """The interval behind the one that starts then."""
    behind = _next_end(schedule, start)
    return Interval(behind, _next_end(schedule, behind))


def _not_before(schedule: Schedule, moment: datetime) -> Iterator[Interval]:
    return dropwhile(lambda one: one.start < moment, _from(schedule, moment))


def _from(schedule: Schedule, moment: datetime) -> Iterator[Interval]:
    """All intervals from the last complete one on; each starts where the one before it ends."""
    interval = last_complete_interval(schedule, moment)
    while True:
        yield interval
        interval = Interval(interval.end, _next_end(schedule, interval.end))


def _next_end(schedule: Schedule, start: datetime) -> datetime:
    period = schedule or timedelta(days=1)
    cron = period if isinstance(period, str) else cron_of(period)
    if cron:
        end: datetime = croniter(cron, start).get_next(datetime)
        return end
    assert isinstance(period, timedelta)  # noqa: S101 - else it is a cron line
    return start + period
