"""The timetable of a period that divides neither a day nor a week, such as five hours.

Airflow's own counts such periods from the start date, a manual run's even from the click (13:47 to 18:47).
Landing, backfills and the doctor count them from 1970, so that every interval has its one partition.
"""

from __future__ import annotations

import pendulum
from airflow.timetables.base import DataInterval
from airflow.timetables.interval import DeltaDataIntervalTimetable


class WholePeriodTimetable(DeltaDataIntervalTimetable):
    """Data intervals of one length, counted from 1970 in UTC; a manual run has the last complete one."""

    def _align_to_prev(self, current: pendulum.DateTime) -> pendulum.DateTime:
        found: pendulum.DateTime = self._round(current, current)
        return found

    def _align_to_next(self, current: pendulum.DateTime) -> pendulum.DateTime:
        before = self._align_to_prev(current)
        return before if before == current else self._get_next(before)

    def _skip_to_latest(self, earliest: pendulum.DateTime | None) -> pendulum.DateTime:
        return self._align_to_next(super()._skip_to_latest(earliest))

    def infer_manual_data_interval(self, run_after: pendulum.DateTime) -> DataInterval:
        """The last interval that had ended by then."""
        end = self._align_to_prev(run_after)
        return DataInterval(start=self._get_prev(end), end=end)
