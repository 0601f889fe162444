"""Intervals that should have landed since a client's first run and did not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from sqlalchemy import func, select

from medallion.clients import Client
from medallion.doctor.finding import BAD, OK, WARN, Finding
from medallion.interval import Interval
from medallion.ledger import Ledger, tables
from medallion.pipeline.days import intervals_of_day
from medallion.pipeline.schedule import Schedule, shortest_period
from medallion.registry.definition import Definition

_DAY = timedelta(days=1)
#: Commands that a finding lists before it counts them.
_LISTED = 3


def partitions(
    landing: Path, ledger: Ledger | None, definitions: Iterable[Definition], now: datetime | None = None
) -> Iterator[Finding]:
    """Look for what did not land, client by client.

    Args:
        landing: root of landing.
        ledger: knows when each client ran first; None where nothing ever ran.
        definitions: the clients that run here.
        now: the moment until which intervals count; a test gives another.
    """
    firsts = _first_intervals(ledger) if ledger else {}
    found = []
    for one in definitions:
        first = firsts.get(one.client.id)
        if first and one.client.schedule_interval is not None:
            found += list(_of_client(landing, one, first, now or datetime.now(UTC)))
    yield from found
    if not found:
        yield Finding("partitions", OK, "every interval since the first run of each client has landed")


def _of_client(landing: Path, definition: Definition, first: datetime, now: datetime) -> Iterator[Finding]:
    """Gaps before a later landing are holes in the data; what is missing at the end was never run."""
    client = definition.client
    sub_daily = shortest_period(client.schedule_interval) < timedelta(hours=23)
    missing: list[tuple[Interval, list[str]]] = []
    holes: list[tuple[Interval, list[str]]] = []
    for interval in _expected(client, first, now):
        lacking = _lacking(landing, definition, interval.partition_path(sub_daily))
        if lacking:
            missing.append((interval, lacking))
        else:
            holes, missing = [*holes, *missing], []
    if holes:
        yield _finding(client.id, BAD, "did not land, though later ones did", holes)
    if missing:
        yield _finding(client.id, WARN, "have not landed", missing)


def _expected(client: Client, first: datetime, now: datetime) -> Iterator[Interval]:
    """The intervals that ended a whole period ago or earlier and that landing still keeps."""
    kept = client.business_rules.data_retention_days
    days = max(kept.landing, kept.bronze, kept.silver, kept.gold)
    start = max(first, now - timedelta(days=days - 1))
    until = now - shortest_period(client.schedule_interval)
    day, seen = start.date(), set[Interval]()
    while day <= until.date():
        for interval in _intervals(client.schedule_interval, day):
            if interval not in seen and first <= interval.start and interval.end <= until:
                seen.add(interval)
                yield interval
        day += _DAY


@lru_cache(maxsize=10_000)
def _intervals(schedule: Schedule, day: date) -> tuple[Interval, ...]:
    """Many clients have one schedule, and to unroll a cron line takes time."""
    return tuple(intervals_of_day(schedule, day))


def _lacking(landing: Path, definition: Definition, partition: str) -> list[str]:
    """Sources without any file of an interval; a source lands all its entities or none."""
    return [
        source.name
        for source in definition.sources.values()
        if not any(
            (landing / definition.client.id / source.name / entity / partition).is_dir()
            for entity in source.entities
        )
    ]


def _finding(client_id: str, level: str, what: str, missing: list[tuple[Interval, list[str]]]) -> Finding:
    days = {interval.run_date for interval, _ in missing}
    spans = list(_spans(days))
    sources = sorted({source for _, lacking in missing for source in lacking})
    commands = [f"medallion run {client_id} --from {first} --to {last}" for first, last in spans]
    more = f" and {len(commands) - _LISTED} more spans" if len(commands) > _LISTED else ""
    count = f"{len(missing)} interval{'s' * (len(missing) != 1)}"
    said = f"{client_id}: {count} of {_days(min(days), max(days))} {what} ({', '.join(sources)})"
    return Finding("partitions", level, said, "; ".join(commands[:_LISTED]) + more)


def _days(first: date, last: date) -> str:
    return f"{first}" if first == last else f"{first} to {last}"


def _spans(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Days that follow one another, as first and last."""
    numbered = enumerate(sorted(days))
    for _, group in groupby(numbered, lambda one: one[1] - one[0] * _DAY):
        span = [day for _, day in group]
        yield span[0], span[-1]


def _first_intervals(ledger: Ledger) -> dict[str, datetime]:
    """The start of the first interval that each client ever ran."""
    c = tables.run.c
    with ledger.engine.connect() as connection:
        found = connection.execute(select(c.client_id, func.min(c.interval_start)).group_by(c.client_id))
        return {str(row[0]): row[1].replace(tzinfo=UTC) for row in found}
