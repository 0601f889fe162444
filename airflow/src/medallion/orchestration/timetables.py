"""A client's schedule → a timetable whose runs own a data interval.

Airflow 3's default for a cron line or a timedelta is an interval of no length, which would leave a run
without dates of its own. Its timetable for a timedelta gives a manual run the time before the click (20:27
to 02:27 for six hours), which is nobody's partition: a period that divides a day or a week becomes the cron
line that means the same, any other is counted from 1970, and manual runs take the last complete interval.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import CronDataIntervalTimetable

from medallion.orchestration.local_cron import LocalCronTimetable
from medallion.orchestration.whole_period import WholePeriodTimetable
from medallion.pipeline.schedule import Schedule, calendar_of


def timetable_of(schedule: Schedule) -> Any:
    """The timetable of a schedule; None for a client that only runs by hand."""
    calendar = calendar_of(schedule)
    if calendar.every is None:
        return None
    if calendar.cron is None:
        return WholePeriodTimetable(calendar.every)
    if calendar.zone == "UTC":
        return CronDataIntervalTimetable(calendar.cron, timezone="UTC")
    return LocalCronTimetable(calendar.cron, calendar.zone)
