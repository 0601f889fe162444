"""The timetable of a cron line that runs by the clocks of a place.

Airflow's own goes on rightly through the days on which the clocks change, but not back: where they skip the
time at which a line comes due, the time before 03:00 is 03:00 itself. A manual run of that day would have an
interval of no length, and an interval could be passed over when the DAG is parsed at the wrong moment.
"""

from __future__ import annotations

import pendulum
from airflow.timetables.interval import CronDataIntervalTimetable


class LocalCronTimetable(CronDataIntervalTimetable):
    """Data intervals between the times of a cron line, as :mod:`medallion.pipeline.cron` counts them.

    That is imported when it is asked: every part of Airflow loads this class with the plugin, few use it.
    """

    def _get_next(self, current: pendulum.DateTime) -> pendulum.DateTime:
        from medallion.pipeline.cron import following

        return pendulum.instance(following(self._expression, self._timezone.name, current))

    def _get_prev(self, current: pendulum.DateTime) -> pendulum.DateTime:
        from medallion.pipeline.cron import preceding

        return pendulum.instance(preceding(self._expression, self._timezone.name, current))
