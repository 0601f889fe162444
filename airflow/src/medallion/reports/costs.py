"""What a run's builds cost: the slowest models, and what had to be tried again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from medallion.reports.evidence import Evidence, Row

Figures = dict[str, Any]
#: How many of the slowest models a report names.
_SLOWEST = 5


def slowest_of(evidence: Evidence) -> list[Figures]:
    """The models that cost most, each with its share of the seconds of all models and tests."""
    whole = sum(row.seconds or 0 for row in evidence.results.values())
    timed = [
        (row.seconds, node)
        for layer in evidence.plan.layers
        for node in layer.models
        if (row := evidence.result(node)) and row.seconds
    ]
    timed.sort(key=lambda one: (-one[0], one[1].name))
    return [
        {"name": node.name, "layer": node.layer, "seconds": took, "share": round(took / whole, 4)}
        for took, node in timed[:_SLOWEST]
    ]


def numbered(builds: Sequence[Row]) -> Iterator[tuple[int, Row]]:
    """Each build with the number of its try; tries are counted by layer and series."""
    tries: Counter[tuple[str, int]] = Counter()
    for row in builds:
        tries[row["layer"], row["series"]] += 1
        yield tries[row["layer"], row["series"]], row


def retries_of(evidence: Evidence) -> list[Figures]:
    """The builds that had to be tried again, with their reasons and the wait until the next try."""
    builds = list(numbered(evidence.builds))
    return [
        {
            "layer": row["layer"],
            "try": number,
            "reason": row["message"],
            "ended_at": row["finished_at"],
            "waited": _waited(row, [later for _, later in builds[place + 1 :]]),
        }
        for place, (number, row) in enumerate(builds)
        if row["state"] == "retry"
    ]


def _waited(row: Row, later: Sequence[Row]) -> float | None:
    following = (one for one in later if (one["layer"], one["series"]) == (row["layer"], row["series"]))
    again: datetime | None = next((one["started_at"] for one in following), None)
    ended = row["finished_at"]
    return round(max(0.0, (again - ended).total_seconds()), 3) if again and ended else None
