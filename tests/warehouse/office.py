"""A client of the office's sources, and what its rules should count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from medallion.clients import Client, client_from_dict
from medallion.interval import Interval
from warehouse.retailer import Run, planted_in

ALL_STEPS = ("clean", "normalize", "enrich", "validate", "aggregate")


def two_hours(start: str) -> Interval:
    """The interval of two hours from an ISO time in UTC."""
    begin = datetime.fromisoformat(f"{start}+00:00")
    return Interval(begin, begin + timedelta(hours=2))


def office_client(client_id: str, sources: Sequence[str], steps: Sequence[str] = ALL_STEPS) -> Client:
    return client_from_dict(
        client_id,
        {
            "description": "An office",
            "schedule_interval": timedelta(hours=2),
            "data_sources": list(sources),
            "transformations": list(steps),
            "destination": "enterprise_warehouse",
            "business_rules": {"data_retention_days": 2555, "quality_threshold": 0.99},
        },
    )


def planted_rules(
    runs: Sequence[Run], source: str, populations: Mapping[str, int]
) -> dict[str, tuple[int, int]]:
    """Population and failing rows of each rule of a source; a population that is not given is all keys."""
    return {
        rule: (populations.get(rule, counts["keys"]), count)
        for counts in planted_in(runs).values()
        for rule, count in counts.items()
        if rule.startswith(f"{source}_")
    }
