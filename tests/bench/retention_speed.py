"""Retention for `make bench`: whether a client that keeps seven years pays more a run than one of 90 days.

Both have the same landed intervals, a week apart, so that the one still holds all of them and the other the
last thirteen. What is measured is one more run, from its files to the end of its cleanup.
"""

import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from medallion.clients import SourceContract, client_from_dict, load_catalog
from medallion.extract import extract_source
from medallion.interval import Interval
from medallion.ledger import open_ledger
from medallion.pipeline import Plan, make_plan, shape_of, snapshot_entities
from medallion.retention import apply_retention, by_hand, plan_retention
from medallion.sample_data import generate_client
from medallion.settings import Settings, load_settings
from medallion.transform import BuildRequest, build_nodes, load_slim, prepare

FIRST = datetime(2026, 1, 5, tzinfo=UTC)
LANDED, ROUNDS = 30, 3
ROWS = 20_000  # an interval


@dataclass(frozen=True)
class Home:
    """One client in a home of its own."""

    settings: Settings
    plan: Plan
    contract: SourceContract

    @property
    def rows(self) -> int:
        """How many rows bronze and silver hold."""
        with duckdb.connect(self.settings.warehouse("kept")) as connection:
            found = connection.execute(
                "select schema_name || '.' || table_name from duckdb_tables() "
                "where schema_name in ('kept_bronze', 'kept_silver')"
            ).fetchall()
            return sum(len(connection.table(name)) for (name,) in found)

    def generate(self, interval: Interval) -> None:
        """Write an interval's files."""
        client, sources = self.plan.client, {"sales": self.contract}
        generate_client(client, sources, [interval], self.settings.samples, rows_a_day=ROWS)

    def extract(self, interval: Interval) -> None:
        """Land an interval's files."""
        extract_source(
            self.contract,
            client_id="kept",
            interval=interval,
            sub_daily=False,
            landing=self.settings.landing,
            samples=self.settings.samples,
        )

    def build(self, *intervals: Interval) -> None:
        """Build all layers for intervals."""
        nodes = [node for layer in self.plan.layers for node in layer.nodes]
        snapshots = snapshot_entities(self.plan.client, {"sales": self.contract})
        build_nodes(self.settings, BuildRequest(self.plan, nodes, intervals, snapshots), lambda _: None)

    def clean(self, interval: Interval) -> None:
        """Delete what is too old on an interval's day."""
        ledger = open_ledger(self.settings.database_url)
        doomed = plan_retention(self.settings, ledger, self.plan, interval.run_date)
        apply_retention(self.settings, ledger, by_hand(self.plan.client), doomed, actor="bench", force=True)

    def run(self, interval: Interval) -> tuple[float, float]:
        """Seconds of one more run, and of its cleanup alone; the files are there already."""
        start = time.monotonic()
        self.extract(interval)
        self.build(interval)
        built = time.monotonic()
        self.clean(interval)
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
            took[days].append(one.run(interval))
    # The first run of each also reads what the others find in memory.
    medians = {days: _medians(runs[1:]) for days, runs in took.items()}
    rows = f"{long.rows:,} rows / {short.rows:,}"
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
    short, long = (_home(home / f"kept_{days}", days) for days in (90, 2555))
    for interval in landed:
        short.generate(interval)
        short.extract(interval)
    shutil.copytree(short.settings.landing, long.settings.landing)
    for one in (short, long):
        one.build(*landed)
        one.clean(landed[-1])
    return short, long


def _home(folder: Path, days: int) -> Home:
    url = f"sqlite:///{folder / 'ledger.db'}"
    folder.mkdir(parents=True)
    settings = replace(load_settings(), home=folder, target="duckdb", database_url=url)
    said = {
        "description": "Retention",
        "schedule_interval": timedelta(days=1),
        "data_sources": ["sales"],
        "transformations": ["clean", "normalize", "enrich", "validate", "aggregate"],
        "destination": "data_warehouse",
        "business_rules": {"data_retention_days": days, "quality_threshold": 0.95},
    }
    client = client_from_dict("kept", said)
    prepare(settings, [shape_of(client)])
    plan = make_plan(client, load_slim(settings, shape_of(client)))
    return Home(settings, plan, load_catalog(settings.configs).sources["sales"])
