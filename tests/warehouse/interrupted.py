"""Runs of a client whose tasks are processes that are killed wherever a test wants them to be."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, partial
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.forkserver import ensure_running
from pathlib import Path
from typing import Any

import duckdb
import pytest

from medallion.clients import Client
from medallion.extract import extract_source
from medallion.interval import Interval
from medallion.ledger import RunKey, open_ledger
from medallion.pipeline import LAYERS, Plan, make_plan, shape_of, snapshot_entities
from medallion.publish import publish
from medallion.retention import apply_retention, plan_retention
from medallion.sample_data import Planted, generate_client
from medallion.settings import PRODUCTION, Settings
from medallion.transform import BuildRequest, build_nodes, load_slim, prepare
from warehouse.retailer import Retailer

TESTS = Path(__file__).parents[1]
ROWS = 800  # a day

Step = Callable[[], object]
Contents = dict[str, Counter[tuple[Any, ...]]]


@dataclass(frozen=True)
class Kill:
    """Where a run ends: before a step, or inside it, after a share of the time that it usually takes."""

    step: str
    inside: float | None = None

    def __str__(self) -> str:
        return f"before {self.step}" if self.inside is None else f"{self.inside:.0%} into {self.step}"


@dataclass
class Pipeline:
    """A client's runs in a home of its own, step by step as Airflow's tasks run them."""

    home: Path
    client: Client
    environment: str = PRODUCTION
    usual: dict[tuple[Interval, str], float] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        registry = f"sqlite:///{self.home / 'registry.db'}"
        made = Retailer(self.home).settings
        return replace(made, database_url=registry, environment=self.environment)

    def steps(self, interval: Interval, *, cleanup: bool = False) -> dict[str, Step]:
        """The steps of a run by name, in their order."""
        extracts = {
            f"extract {source.name}": partial(self._extract, source.name, interval)
            for source in self.client.data_sources
        }
        builds = {f"build {layer}": partial(self._build, layer, interval) for layer in LAYERS}
        last = {"publish": partial(self._publish, interval), "cleanup": partial(self._clean, interval)}
        return extracts | builds | {name: step for name, step in last.items() if cleanup or name == "publish"}

    def run(
        self, interval: Interval, kill: Kill | None = None, *, cleanup: bool = False, since: str = ""
    ) -> bool:
        """Run an interval, or of it what is left since a step, as Airflow tries a killed task again.

        Returns whether it came to its end, and raises what a step raised.
        """
        self._generate(interval)
        steps = self.steps(interval, cleanup=cleanup)
        for name in list(steps)[list(steps).index(since) if since else 0 :]:
            share = kill.inside if kill is not None and kill.step == name else 1.0
            if share is None:
                return False
            started = time.monotonic()
            if not in_a_child(steps[name], share * self.usual[interval, name] if share < 1 else None):
                return False
            self.usual[interval, name] = time.monotonic() - started
        return True

    def land(self, interval: Interval, *, empty: bool = False) -> None:
        """Do what a run does before it builds, in this process; of files without a row if they are empty."""
        (planted, *_) = self._generate(interval)
        if empty:
            for file in (self.settings.samples / self.client.id).rglob(f"{planted.interval}.*"):
                file.write_text("")
        for source in self.client.data_sources:
            self._extract(source.name, interval)

    # --- Steps

    def _generate(self, interval: Interval) -> list[Planted]:
        sources, samples = self._catalog.sources, self.settings.samples
        prepare(self.settings, [shape_of(self.client)])
        return generate_client(self.client, sources, [interval], samples, rows_a_day=ROWS)

    @property
    def _catalog(self) -> Any:
        return Retailer(self.home).catalog

    @property
    def _plan(self) -> Plan:
        return make_plan(self.client, load_slim(self.settings, shape_of(self.client)))

    def _extract(self, source: str, interval: Interval) -> None:
        extract_source(
            self._catalog.sources[source],
            client_id=self.client.id,
            interval=interval,
            sub_daily=self._plan.sub_daily,
            landing=self.settings.landing,
            samples=self.settings.samples,
        )

    def _build(self, layer: str, interval: Interval) -> None:
        snapshots = snapshot_entities(self.client, self._catalog.sources)
        request = BuildRequest(self._plan, self._plan.layer(layer).models, (interval,), snapshots)
        build_nodes(self.settings, request, lambda _: None)

    def _publish(self, interval: Interval) -> None:
        publish(
            self.settings.name_of(self.client.id),
            self._catalog.destinations[self.client.destination],
            warehouse=self.settings.warehouse(self.client.id),
            schema=self.settings.schema_of(self.client.id, "gold"),
            tables=self._plan.marts,
            root=self.settings.destinations,
            run={"run_id": str(interval), "interval_start": interval.start, "config_version": "x"},
        )

    def _clean(self, interval: Interval) -> None:
        ledger = open_ledger(self.settings.database_url)
        doomed = plan_retention(self.settings, ledger, self._plan, interval.run_date)
        apply_retention(
            self.settings, ledger, RunKey("dag", str(interval)), doomed, actor="cleanup_old_data", force=True
        )

    # --- What is there

    def contents(self) -> Contents:
        """Every row of every table of the layers and of the delivery, and every file of landing."""
        name, settings = self.settings.name_of(self.client.id), self.settings
        found = _rows(settings.warehouse(self.client.id), [f"{name}_{one}" for one in LAYERS])
        for delivered in settings.destinations.glob("*.duckdb"):
            found |= _rows(delivered, [name])
        landing = self.settings.landing / self.client.id
        found["landing"] = Counter((str(one.relative_to(landing)),) for one in landing.rglob("*.parquet"))
        return found


def in_a_child(step: Step, seconds: float | None = None) -> bool:
    """Do a step as a task does, in a process of its own; False if it was killed for taking longer."""
    forks = _forks()
    ours, theirs = forks.Pipe(duplex=False)
    child = forks.Process(target=_say_what_came_of, args=(step, theirs))
    child.start()
    theirs.close()
    try:
        if not ours.poll(seconds):
            return False
        if problem := ours.recv():
            raise AssertionError(problem)
        return True
    finally:
        child.kill()
        child.join()
        ours.close()


@cache
def _forks() -> ForkServerContext:
    """Makes forks of a fresh process that has everything at hand, and no thread of the tests."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["warehouse.warmed"])
    with pytest.MonkeyPatch.context() as patched:  # which finds modules by nothing else
        patched.setenv("PYTHONPATH", str(TESTS))
        ensure_running()
    return context


def _say_what_came_of(step: Step, parent: Connection) -> None:
    try:
        step()
        parent.send("")
    except Exception as error:
        parent.send(f"{type(error).__name__}: {error}")


def _rows(database: Path, schemas: list[str]) -> Contents:
    with duckdb.connect(database, read_only=True) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall()
        return {
            f"{schema}.{name} in {database.name}": Counter(
                connection.sql(f'from "{schema}"."{name}"').fetchall()
            )
            for schema, name in tables
            if schema in schemas and not name.startswith("_")
        }
