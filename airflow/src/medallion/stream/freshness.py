"""How long events took from when they happened to gold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Freshness:
    """How long the events of some micro-batches took to gold, of those that came in time.

    Late ones, which were older than ``max_delay`` when they came, are counted alone: what their sender took
    says nothing of the stream. Percentiles are those of whole micro-batches: exact of one, of several the
    worst of them (``p95``), or that of the one in the middle of all events (``p50``).

    Attributes:
        events: how many reached gold.
        late: how many of them were late.
        duplicates: how many more had come before.
        p50: half of the events took no longer.
        p95: 19 of 20 took no longer.
        longest: the longest that one took.
    """

    events: int = 0
    late: int = 0
    duplicates: int = 0
    p50: timedelta | None = None
    p95: timedelta | None = None
    longest: timedelta | None = None

    def facts(self) -> dict[str, Any]:
        """As JSON values, times in seconds."""
        counts: dict[str, Any] = {name: getattr(self, name) for name in ("events", "late", "duplicates")}
        spans = {f"{name}_seconds": getattr(self, name) for name in ("p50", "p95", "longest")}
        return counts | {
            name: None if span is None else round(span.total_seconds(), 1) for name, span in spans.items()
        }

    def __str__(self) -> str:
        said = f"{self.events:,} events in gold, {self.late:,} of them late, {self.duplicates:,} came twice"
        if self.p50 is None or self.p95 is None or self.longest is None:
            return said
        half, most, longest = (span.total_seconds() for span in (self.p50, self.p95, self.longest))
        return f"{said}; from event to gold: half within {half:.1f} s, 95 % {most:.1f} s, all {longest:.1f} s"


def freshness_of(batches: Iterable[Mapping[str, Any]]) -> Freshness:
    """How fresh gold was for some micro-batches.

    Args:
        batches: rows of the ledger's ``stream_batch``; those that gold has not are left out.
    """
    done = [row for row in batches if row["gold_at"]]
    timed = sorted((_took(row, "median_event"), row["events"]) for row in done if row["first_event"])
    half, counted, p50 = sum(events for _, events in timed) / 2, 0, None
    for took, events in timed:
        p50, counted = took, counted + events
        if counted >= half:
            break
    return Freshness(
        events=sum(row["events"] for row in done),
        late=sum(row["late"] for row in done),
        duplicates=sum(row["duplicates"] for row in done),
        p50=p50,
        p95=max((_took(row, "early_event") for row in done if row["first_event"]), default=None),
        longest=max((_took(row, "first_event") for row in done if row["first_event"]), default=None),
    )


def _took(row: Mapping[str, Any], name: str) -> timedelta:
    gold: datetime = row["gold_at"]
    happened: datetime = row[name]
    return gold - happened
