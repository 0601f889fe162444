"""Intervals that should have landed since a client runs in a row and did not, and what runs them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select

from medallion.clients import Client
from medallion.interval import Interval
from medallion.ledger import Ledger, tables
from medallion.pipeline.days import intervals_of_day
from medallion.pipeline.schedule import Schedule, calendar_of, shares_days, shortest_period
from medallion.registry.definition import Definition
from medallion.registry.find import active_definitions
from medallion.settings import Settings
from medallion.storage import Root, below, files_by_folder

_DAY = timedelta(days=1)
#: Where the path of a partition within a day parts from the day's own.
_HOUR = "/hour="
_ANY_DAY = date(2026, 1, 1)
#: Commands that are listed before they are counted.
_LISTED = 3
#: How Airflow begins the ids of runs that follow one another; one asked for by hand promises no other.
_IN_A_ROW = ("scheduled__", "backfill__")
#: How far back the fleet's page looks; the doctor looks as far as landing is kept.
PAGE_DAYS = 90


@dataclass(frozen=True)
class Missing:
    """Intervals of one client that did not land.

    Attributes:
        hole: True if later ones did land; else they were never run.
        intervals: oldest first, never empty.
        sources: those that lack one of them.
    """

    client_id: str
    hole: bool
    intervals: tuple[Interval, ...]
    sources: tuple[str, ...]

    @property
    def said(self) -> str:
        """What is missing, in a sentence without the client's name."""
        days = [interval.run_date for interval in self.intervals]
        between = f"{min(days)}" if min(days) == max(days) else f"{min(days)} to {max(days)}"
        count, one = len(self.intervals), len(self.intervals) == 1
        never = "has not landed" if one else "have not landed"
        what = "did not land, though later ones did" if self.hole else never
        return f"{count} interval{'s' * (not one)} of {between} {what} ({', '.join(self.sources)})"

    @property
    def commands(self) -> list[str]:
        """What runs them: a command for each span of days that follow one another."""
        spans = _spans({interval.run_date for interval in self.intervals})
        return [f"medallion run {self.client_id} {_asked(first, last)}" for first, last in spans]

    @property
    def todo(self) -> str:
        """The first commands, and how many more there are."""
        commands = self.commands
        more = len(commands) - _LISTED
        told = f" and {more} more span{'s' * (more > 1)}" if more > 0 else ""
        return "; ".join(commands[:_LISTED]) + told

    def facts(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "hole": self.hole,
            "intervals": len(self.intervals),
            "first": f"{self.intervals[0].start:%Y-%m-%dT%H:%M:%SZ}",
            "last": f"{self.intervals[-1].start:%Y-%m-%dT%H:%M:%SZ}",
            "sources": list(self.sources),
            "said": self.said,
            "todo": self.todo,
        }


def missing_of(
    landing: Root,
    definition: Definition,
    first: datetime | None,
    now: datetime,
    days: int | None = None,
) -> list[Missing]:
    """Look for what did not land of a client.

    Args:
        landing: root of landing.
        definition: the client, with its sources.
        first: the start of the first interval that is expected; None if none is.
        now: the moment until which intervals count.
        days: how far back to look; None looks as far as landing is kept.

    Returns:
        What is missing before a later landing, then what is missing at the end; a client without schedule
        misses nothing.
    """
    client = definition.client
    if first is None or client.schedule_interval is None:
        return []
    sub_daily = shares_days(calendar_of(client))
    landed = _landed(landing / client.id)
    open_end: list[tuple[Interval, list[str]]] = []
    holes: list[tuple[Interval, list[str]]] = []
    for interval in expected_intervals(client, first, now, days):
        lacking = _lacking(landed, definition, interval.partition_path(sub_daily))
        if lacking:
            open_end.append((interval, lacking))
        else:
            holes, open_end = [*holes, *open_end], []
    found = ((True, holes), (False, open_end))
    return [_missing(client.id, hole, lacking) for hole, lacking in found if lacking]


def missing_of_fleet(
    settings: Settings, ledger: Ledger, but: Collection[str], now: datetime | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Look for what did not land lately of every active client, for the fleet's page.

    Args:
        settings: the installation.
        ledger: knows since when each client runs in a row.
        but: clients that need not be looked at.
        now: the moment until which intervals count; a test gives another.

    Returns:
        Of each client that was looked at the facts of what it misses, also where that is nothing.
    """
    firsts, moment = first_intervals(ledger), now or datetime.now(UTC)
    return {
        one.client.id: [
            missing.facts()
            for missing in missing_of(settings.landing, one, firsts.get(one.client.id), moment, PAGE_DAYS)
        ]
        for one in active_definitions(settings, but)
    }


def first_intervals(ledger: Ledger) -> dict[str, datetime]:
    """The start of the first interval that each client's schedule or a backfill ever ran."""
    c = tables.run.c
    in_a_row = or_(*(c.run_id.startswith(kind, autoescape=True) for kind in _IN_A_ROW))
    firsts = select(c.client_id, func.min(c.interval_start)).where(in_a_row).group_by(c.client_id)
    with ledger.engine.connect() as connection:
        found = connection.execute(firsts)
        return {str(row[0]): row[1].replace(tzinfo=UTC) for row in found}


def _missing(client_id: str, hole: bool, lacking: list[tuple[Interval, list[str]]]) -> Missing:
    sources = sorted({source for _, lacks in lacking for source in lacks})
    return Missing(client_id, hole, tuple(interval for interval, _ in lacking), tuple(sources))


def expected_intervals(
    client: Client, first: datetime, now: datetime, most: int | None, grace: timedelta | None = None
) -> Iterator[Interval]:
    """The intervals of a client with a schedule that ended a while ago and that landing still keeps.

    Args:
        client: whose.
        first: the start of the first that is expected.
        now: the moment until which they count.
        most: days to look back; None looks as far as landing is kept.
        grace: how long ago they ended at least; None for a whole period.
    """
    days = client.business_rules.data_retention_days.longest_layer
    start = max(first, now - timedelta(days=min(days, most or days) - 1))
    until = now - (shortest_period(client.schedule_interval) if grace is None else grace)
    calendar, zone = calendar_of(client), ZoneInfo(client.timezone)
    day, seen = start.astimezone(zone).date(), set[Interval]()
    while day <= until.astimezone(zone).date():
        for interval in _intervals(calendar, day):
            if interval not in seen and first <= interval.start and interval.end <= until:
                seen.add(interval)
                yield interval
        day += _DAY


@lru_cache(maxsize=10_000)
def _intervals(schedule: Schedule, day: date) -> tuple[Interval, ...]:
    """Many clients have one schedule, and to unroll it takes time; one that divides UTC's day repeats."""
    calendar, later = calendar_of(schedule), day - _ANY_DAY
    if (
        isinstance(calendar.every, timedelta)
        and not _DAY % calendar.every
        and calendar.zone == "UTC"
        and later
    ):
        return tuple(Interval(one.start + later, one.end + later) for one in _intervals(schedule, _ANY_DAY))
    return tuple(intervals_of_day(schedule, day))


def _landed(client: Root) -> Callable[[str, str], bool]:
    """Tells whether an entity has an interval's files: a disk is asked each time, a store once a month.

    What landed by another schedule counts: a whole day for each of its hours, and an hour for its day.
    """
    if isinstance(client, Path):
        return lambda entity, partition: (
            (client / entity / partition).is_dir()
            or (_HOUR in partition and any((client / entity / partition).parent.glob("*.parquet")))
        )

    @cache
    def in_month(month: str) -> frozenset[str]:
        return frozenset(below(folder, client) for folder, _ in files_by_folder(client / month, []))

    def landed(entity: str, partition: str) -> bool:
        year, month, *_ = partition.split("/")
        day, hour, _ = f"{entity}/{partition}".partition(_HOUR)
        there = in_month(f"{entity}/{year}/{month}")
        if hour:
            return not there.isdisjoint((f"{entity}/{partition}", day))
        return any(one == day or one.startswith(f"{day}{_HOUR}") for one in there)

    return landed


def _lacking(landed: Callable[[str, str], bool], definition: Definition, partition: str) -> list[str]:
    """Sources without any file of an interval; a source lands all its entities or none."""
    return [
        source.name
        for source in definition.sources.values()
        if not any(landed(f"{source.name}/{entity}", partition) for entity in source.entities)
    ]


def _asked(first: date, last: date) -> str:
    # Also what ran and failed, or what landing lost: without this only what never ran would run.
    return f"--date {first}" if first == last else f"--from {first} --to {last} --again all"


def _spans(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Days that follow one another, as first and last."""
    numbered = enumerate(sorted(days))
    for _, group in groupby(numbered, lambda one: one[1] - one[0] * _DAY):
        span = [day for _, day in group]
        yield span[0], span[-1]
