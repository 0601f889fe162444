from datetime import timedelta

import pytest

from medallion.orchestration.timetables import cron_of


@pytest.mark.parametrize(
    ("period", "cron"),
    [
        (timedelta(minutes=15), "*/15 * * * *"),
        (timedelta(hours=1), "0 * * * *"),
        (timedelta(hours=2), "0 */2 * * *"),
        (timedelta(hours=6), "0 */6 * * *"),
        (timedelta(days=1), "0 0 * * *"),
        (timedelta(weeks=1), "0 0 * * 1"),
        (timedelta(hours=5), None),
        (timedelta(minutes=45), None),
        (timedelta(days=3), None),
        (timedelta(seconds=90), None),
    ],
)
def test_a_period_that_divides_a_day_has_a_cron_line(period, cron):
    assert cron_of(period) == cron
