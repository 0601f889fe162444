from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from medallion.clients import Catalog
from medallion.sample_data import intervals_of


@pytest.mark.parametrize(
    ("schedule", "stamps"),
    [
        (timedelta(hours=6), ["20260115T0000", "20260115T0600", "20260115T1200", "20260115T1800"]),
        (timedelta(days=1), ["20260115T0000"]),
        ("0 6 * * *", ["20260115T0600"]),
        ("@daily", ["20260115T0000"]),
        (None, ["20260115T0000"]),
        (timedelta(weeks=1), []),  # weeks start on Mondays
    ],
)
def test_the_intervals_of_a_day_are_those_that_start_on_it(
    schedule, stamps: list[str], catalog: Catalog
) -> None:
    client = catalog.clients["acme_corp"].model_copy(update={"schedule_interval": schedule})
    found = intervals_of(client, date(2026, 1, 15), date(2026, 1, 15))
    assert [interval.stamp for interval in found] == stamps


def test_a_week_that_starts_on_the_last_day_belongs_to_it(catalog: Catalog) -> None:
    client = catalog.clients["acme_corp"].model_copy(update={"schedule_interval": timedelta(weeks=1)})
    (found,) = intervals_of(client, date(2026, 1, 10), date(2026, 1, 12))
    assert str(found) == "2026-01-12T00:00:00+00:00/2026-01-19T00:00:00+00:00"


def test_the_intervals_of_days_follow_each_other_without_a_gap(catalog: Catalog) -> None:
    found = intervals_of(catalog.clients["acme_corp"], date(2026, 1, 30), date(2026, 2, 2))
    assert len(found) == 16
    assert all(one.end == after.start for one, after in pairwise(found))
