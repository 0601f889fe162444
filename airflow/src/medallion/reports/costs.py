"""What a run's builds cost: the slowest models, and which tries failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
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
    """The tries of tasks that failed: of what, why, and the wait until the next one."""
    return [
        {
            "task": row["task_id"],
            "layer": _layer_of(row["task_id"], evidence),
            "try": row["try_number"],
            "failure": row["failure"],
            "sign": row["sign"],
            "reason": row["reason"],
            "again": bool(row["again"]),
            "delay": row["delay"],
            "ended_at": row["failed_at"],
            "waited": _waited(row),
        }
        for row in evidence.failed_tries
        if row["failure"] != "gate breached"  # the layers' verdicts say more of that
    ]


def _layer_of(task_id: str, evidence: Evidence) -> str | None:
    layer = task_id.partition(".")[0]
    return layer if layer in (one.name for one in evidence.plan.layers) else None


def _waited(row: Row) -> float | None:
    again = row["began_again_at"]
    return round(max(0.0, (again - row["failed_at"]).total_seconds()), 3) if again else None
