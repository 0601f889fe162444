"""What clients are put through on both targets: intervals in order, late, and again with other rows.

Then what people do: rows are released by hand and all tables made anew, and days that are too old deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from medallion.clients import Catalog, Client
from medallion.extract import extract_source
from medallion.interval import Interval
from medallion.pipeline import calendar_of, last_complete_interval
from medallion.sample_data import generate_client
from parity.sides import Side

_END = datetime(2026, 1, 16, tzinfo=UTC)
#: Of whom no sample is generated: all that there is, each time.
_GIVEN = "adventureworks"


class Step(NamedTuple):
    """A run: which of the intervals, counted from the oldest, and the seed of its rows."""

    place: int
    seed: int = 7


#: The first; one that leaves a gap; the gap, late; and the first again, redelivered with other rows.
LATE_AND_AGAIN = (Step(0), Step(2), Step(1), Step(0, seed=8))


@dataclass
class Rate:
    """How fast a side was, over all runs of a client."""

    client: str
    side: str
    rows: int
    seconds: float


def put_through(
    sides: Sequence[Side],
    client: Client,
    catalog: Catalog,
    steps: Sequence[Step] = LATE_AND_AGAIN,
    rows_a_day: int = 400,
) -> list[Rate]:
    """Land what each run brings, once, and build it on every side.

    Returns:
        How many rows were landed and how long each side took to build what follows from them.
    """
    intervals = list(intervals_of(client, 1 + max(step.place for step in steps)))
    landed = 0
    for step in steps:
        interval = intervals[step.place]
        landed += land(sides[0], client, catalog, interval, step.seed, rows_a_day)
        for side in sides:
            side.build(client, catalog, interval)
    return [Rate(client.id, side.name, landed, side.seconds[client.id]) for side in sides]


def let_through(sides: Sequence[Side], client: Client, catalog: Catalog) -> int:
    """Release rows by hand, the same on every side, and make every table anew; returns how many rows."""
    *_, last = intervals_of(client, 1)
    keys = sides[0].quarantined(client, 2)
    for side in sides:
        side.release(client, keys)
        side.build(client, catalog, last, full_refresh=True)
    return sum(map(len, keys.values()))


def retained(sides: Sequence[Side], client: Client, oldest: date) -> list[dict[str, int]]:
    """Let the oldest day grow too old on every side; returns the rows that each side's tables lost."""
    days = client.business_rules.data_retention_days
    today = oldest + timedelta(days=1 + max(days.bronze, days.silver, days.gold))
    return [side.retain(client, today) for side in sides]


def land(side: Side, client: Client, catalog: Catalog, interval: Interval, seed: int, rows_a_day: int) -> int:
    """Generate an interval's extracts and land them; returns the rows that landed."""
    settings = side.settings
    generate_client(client, catalog.sources, [interval], settings.samples, seed=seed, rows_a_day=rows_a_day)
    plan = side.plan(client)
    return sum(
        one.rows
        for source in client.data_sources
        for one in extract_source(
            catalog.sources[source.name],
            client_id=client.id,
            interval=interval,
            sub_daily=plan.sub_daily,
            landing=settings.landing,
            samples=settings.samples,
            adventureworks=settings.adventureworks,
        )
    )


def intervals_of(client: Client, count: int) -> Iterator[Interval]:
    """The client's last intervals before a day, oldest first."""
    found: list[Interval] = []
    end = _END
    for _ in range(count):
        found.insert(0, last_complete_interval(calendar_of(client), end))
        end = found[0].start
    yield from found


def is_given(client: Client) -> bool:
    """Whether a client reads files that are there or not, in place of samples."""
    return any(source.name.startswith(_GIVEN) for source in client.data_sources)
