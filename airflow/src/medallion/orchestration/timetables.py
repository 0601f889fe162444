"""A client's schedule → a timetable whose runs own a data interval.

Airflow 3's default for a cron line or a timedelta is an interval of no length, which would leave a run
without dates of its own. Its timetable for a timedelta gives a manual run the time before the click (20:27
to 02:27 for six hours), which is nobody's partition: a period that divides a day or a week becomes the cron
line that means the same, and its manual runs take the last complete interval.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import CronDataIntervalTimetable, DeltaDataIntervalTimetable

_MINUTE, _HOUR, _DAY, _WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


def timetable_of(schedule: timedelta | str | None) -> Any:
    """The timetable of a schedule; None for a client that only runs by hand."""
    if schedule is None:
        return None
    if isinstance(schedule, str):
        return CronDataIntervalTimetable(schedule, timezone="UTC")
    cron = cron_of(schedule)
    if cron:
        return CronDataIntervalTimetable(cron, timezone="UTC")
    return DeltaDataIntervalTimetable(schedule)


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
