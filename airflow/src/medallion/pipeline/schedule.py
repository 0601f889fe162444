"""A client's schedule as periods: how long they are, which cron line means the same, which one was last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from croniter import croniter

from medallion.clients import Client
from medallion.interval import Interval
from medallion.pipeline.cron import preceding

_MINUTE, _HOUR, _DAY, _WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
_LONGEST_DAY = timedelta(hours=25)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Calendar:
    """How often a client runs, by the clocks of its place.

    Attributes:
        every: a period, a cron line, or None for runs by hand.
        zone: the name of its time zone.
    """

    every: timedelta | str | None
    zone: str = "UTC"

    @property
    def cron(self) -> str | None:
        """The cron line that it runs by; None for a period without one, which no clock's change touches."""
        return self.every if isinstance(self.every, str) else cron_of(self.every or _DAY)


#: What has no calendar is in UTC.
Schedule = Calendar | timedelta | str | None


def calendar_of(schedule: Client | Schedule) -> Calendar:
    """The calendar of a client, or of a schedule in UTC."""
    if isinstance(schedule, Client):
        return Calendar(schedule.schedule_interval, schedule.timezone)
    return schedule if isinstance(schedule, Calendar) else Calendar(schedule)


def cron_of(period: timedelta) -> str | None:
    """The cron line that runs every ``period``, counted from midnight; None if there is none."""
    if period == _WEEK:
        return "0 0 * * 1"
    if period == _DAY:
        return "0 0 * * *"
    if period == _HOUR:
        return "0 * * * *"
    if period < _HOUR and not _HOUR % period and not period % _MINUTE:
        return f"*/{period // _MINUTE} * * * *"
    if period < _DAY and not _DAY % period and not period % _HOUR:
        return f"0 */{period // _HOUR} * * *"
    return None


def last_complete_interval(schedule: Schedule, moment: datetime) -> Interval:
    """The last interval of a schedule that had ended at a moment; of a client without schedule, a day.

    Args:
        schedule: the client's.
        moment: when, with its zone.
    """
    calendar = calendar_of(schedule)
    if calendar.cron:
        end = preceding(calendar.cron, calendar.zone, moment + timedelta(microseconds=1))
        return Interval(preceding(calendar.cron, calendar.zone, end), end, calendar.zone)
    assert isinstance(calendar.every, timedelta)  # noqa: S101 - else it has a cron line
    end = moment - (moment - _EPOCH) % calendar.every
    return Interval(end - calendar.every, end, calendar.zone)


def shares_days(schedule: Schedule) -> bool:
    """Whether two intervals of a schedule can start on one day, which then names neither of them."""
    # Clocks that go back make a day of 25 hours, in which a cron line of one time a day still comes due once.
    return shortest_period(schedule) < (_DAY if calendar_of(schedule).cron else _LONGEST_DAY)


def shortest_period(schedule: Schedule) -> timedelta:
    """The least time between two runs; a day for a client that only runs by hand.

    The days on which clocks are changed are left out of it: a daily client is one, for all its 23 hours.
    """
    every = calendar_of(schedule).every
    if every is None:
        return _DAY
    if isinstance(every, timedelta):
        return every
    times = croniter(every, datetime(2024, 1, 1, tzinfo=UTC))
    fires: list[datetime] = [times.get_next(datetime) for _ in range(60)]
    return min(after - before for before, after in pairwise(fires))
