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

from medallion.pipeline import cron_of


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
