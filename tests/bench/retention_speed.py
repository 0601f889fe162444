"""Retention for `make bench`: whether a client that keeps seven years pays more a run than one of 90 days.

Both have the same landed intervals, a week apart, so that the one still holds all of them and the other the
last thirteen. What is measured is one more run, from its files to the end of its cleanup.
"""

import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from homes import Home, home_of, land

from medallion.clients import Client, client_from_dict
from medallion.interval import Interval
from medallion.ledger import open_ledger
from medallion.retention import apply_retention, by_hand, plan_retention

FIRST = datetime(2026, 1, 5, tzinfo=UTC)
LANDED, ROUNDS = 30, 3


def _rows(home: Home) -> int:
    """How many rows bronze and silver hold."""
    with duckdb.connect(home.settings.warehouse("kept")) as connection:
        found = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where schema_name in ('kept_bronze', 'kept_silver')"
        ).fetchall()
        return sum(len(connection.table(name)) for (name,) in found)


def _clean(home: Home, interval: Interval) -> None:
    """Delete what is too old on an interval's day."""
    ledger = open_ledger(home.settings.database_url)
    doomed = plan_retention(home.settings, ledger, home.plan, interval.run_date)
    apply_retention(home.settings, ledger, by_hand(home.plan.client), doomed, actor="bench", force=True)


def _run(home: Home, interval: Interval) -> tuple[float, float]:
    """Seconds of one more run, and of its cleanup alone; the files are there already."""
    start = time.monotonic()
    home.extract(interval)
    home.build(interval)
    built = time.monotonic()
    _clean(home, interval)
    return time.monotonic() - start, time.monotonic() - built


def retention_figures(home: Path, figure: Callable[..., dict[str, object]]) -> Iterator[dict[str, object]]:
    """Two figures: one more run with its cleanup, and the cleanup alone."""
    weeks = [_week(number) for number in range(LANDED + ROUNDS + 1)]
    short, long = _homes(home, weeks[:LANDED])
    took: dict[int, list[tuple[float, float]]] = {90: [], 2555: []}
    for number, interval in enumerate(weeks[LANDED:]):
        for one in (short, long):
            one.generate(interval)
        pair = [(90, short), (2555, long)]
        for days, one in pair if number % 2 else reversed(pair):
            took[days].append(_run(one, interval))
    # The first run of each also reads what the others find in memory.
    medians = {days: _medians(runs[1:]) for days, runs in took.items()}
    rows = f"{_rows(long):,} rows / {_rows(short):,}"
    names = {"retention": "one more run and its cleanup", "cleanup": "its cleanup alone"}
    for place, (name, what) in enumerate(names.items()):
        ours, base = medians[2555][place], medians[90][place]
        told = f"{what}, 2,555 days kept ({ours:.1f} s) / 90 ({base:.1f} s); {rows} in bronze and silver"
        yield figure(name, ours / base, 1.2, "ratio", told)
    for one in (short, long):
        shutil.rmtree(one.settings.home)


def _medians(runs: list[tuple[float, float]]) -> list[float]:
    return [statistics.median(part) for part in zip(*runs, strict=True)]


def _week(number: int) -> Interval:
    start = FIRST + timedelta(weeks=number)
    return Interval(start, start + timedelta(days=1))


def _homes(home: Path, landed: list[Interval]) -> tuple[Home, Home]:
    """Both clients with the same intervals landed, built and cleaned up."""
    short, long = (home_of(home / f"kept_{days}", _client(days)) for days in (90, 2555))
    land(short, landed)
    shutil.copytree(short.settings.landing, long.settings.landing)
    for one in (short, long):
        one.build(*landed)
        _clean(one, landed[-1])
    return short, long


def _client(days: int) -> Client:
    said = {
        "description": "Retention",
        "schedule_interval": timedelta(days=1),
        "data_sources": ["sales"],
        "transformations": ["clean", "normalize", "enrich", "validate", "aggregate"],
        "destination": "data_warehouse",
        "business_rules": {"data_retention_days": days, "quality_threshold": 0.95},
    }
    return client_from_dict("kept", said)
