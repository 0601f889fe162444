"""A client's schedule as periods: how long they are, which cron line means the same, which one was last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from croniter import croniter

from medallion.interval import Interval

_MINUTE, _HOUR, _DAY, _WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Schedule = timedelta | str | None


def cron_of(period: timedelta) -> str | None:
    """The cron line that runs every ``period``, counted from midnight UTC; None if there is none."""
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
        schedule: a period, a cron line (in UTC) or None.
        moment: when, with its zone.
    """
    if isinstance(schedule, str):
        times = croniter(schedule, moment.astimezone(UTC) + timedelta(microseconds=1))
        end = times.get_prev(datetime)
        return Interval(times.get_prev(datetime), end)
    period = schedule or _DAY
    if cron := cron_of(period):
        return last_complete_interval(cron, moment)
    end = moment - (moment - _EPOCH) % period
    return Interval(end - period, end)


def shortest_period(schedule: Schedule) -> timedelta:
    """The least time between two runs; a day for a client that only runs by hand."""
    if schedule is None:
        return _DAY
    if isinstance(schedule, timedelta):
        return schedule
    times = croniter(schedule, datetime(2024, 1, 1, tzinfo=UTC))
    fires: list[datetime] = [times.get_next(datetime) for _ in range(60)]
    return min(after - before for before, after in pairwise(fires))
