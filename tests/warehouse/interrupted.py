"""Runs of a client in a process of their own that is killed wherever a test wants it to be."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import duckdb

from medallion.clients import Client
from medallion.extract import extract_source
from medallion.interval import Interval
from medallion.ledger import RunKey, open_ledger
from medallion.pipeline import LAYERS, Plan, make_plan, shape_of, snapshot_entities
from medallion.publish import publish
from medallion.retention import apply_retention, plan_retention
from medallion.sample_data import generate_client
from medallion.settings import Settings
from medallion.transform import BuildRequest, build_nodes, load_slim, prepare
from warehouse.retailer import Retailer

#: A child is forked from a process that has imported everything, so that it works at once.
_FORK = multiprocessing.get_context("fork")
ROWS = 800  # a day

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
    """A client's runs in a home of its own, a process each, step by step as Airflow's tasks run them."""

    home: Path
    client: Client
    usual: dict[str, float] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        registry = f"sqlite:///{self.home / 'registry.db'}"
        return replace(Retailer(self.home).settings, database_url=registry)

    def steps(
        self, interval: Interval, *, cleanup: bool = False
    ) -> Iterator[tuple[str, Callable[[], object]]]:
        """The steps of a run by name, in their order."""
        for source in self.client.data_sources:
            yield f"extract {source.name}", partial(self._extract, source.name, interval)
        for layer in LAYERS:
            yield f"build {layer}", partial(self._build, layer, interval)
        yield "publish", partial(self._publish, interval)
        if cleanup:
            yield "cleanup", partial(self._clean, interval)

    def run(self, interval: Interval, kill: Kill | None = None, *, cleanup: bool = False) -> bool:
        """Run an interval in a child; returns whether it came to its end, and raises what a step raised."""
        generate_client(
            self.client, self._catalog.sources, [interval], self.settings.samples, rows_a_day=ROWS
        )
        ours, theirs = _FORK.Pipe()
        child = _FORK.Process(target=self._child, args=(theirs, interval, cleanup))
        child.start()
        theirs.close()
        try:
            return self._led(ours, kill)
        finally:
            child.kill()
            child.join()

    def _led(self, child: Connection, kill: Kill | None) -> bool:
        """Let the child go on step by step, until it has ended or is to be killed."""
        name, started = "", time.monotonic()
        while True:
            reached = child.recv()
            if isinstance(reached, BaseException):
                raise reached
            self.usual.setdefault(name, time.monotonic() - started)
            if reached is None:
                return True
            name, started = reached, time.monotonic()
            ends_here = kill is not None and kill.step == name
            if ends_here and kill.inside is None:
                return False
            child.send("go on")
            if ends_here and not child.poll(kill.inside * self.usual[name]):
                return False

    def _child(self, parent: Connection, interval: Interval, cleanup: bool) -> None:
        try:
            prepare(self.settings, [shape_of(self.client)])
            for name, step in self.steps(interval, cleanup=cleanup):
                parent.send(name)
                parent.recv()
                step()
            parent.send(None)
        except BaseException as error:
            parent.send(RuntimeError(f"{type(error).__name__}: {error}"))

    # --- Steps

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
            self.client.id,
            self._catalog.destinations[self.client.destination],
            warehouse=self.settings.warehouse(self.client.id),
            schema=f"{self.client.id}_gold",
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
        found = _rows(self.settings.warehouse(self.client.id), [f"{self.client.id}_{one}" for one in LAYERS])
        for delivered in self.settings.destinations.glob("*.duckdb"):
            found |= _rows(delivered, [self.client.id])
        landing = self.settings.landing / self.client.id
        found["landing"] = Counter((str(one.relative_to(landing)),) for one in landing.rglob("*.parquet"))
        return found


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
