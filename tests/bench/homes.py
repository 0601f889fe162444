"""A client in a home of its own, whose runs a benchmark makes step by step, without Airflow."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dbt.adapters.duckdb.connections import DuckDBConnectionManager

from medallion.clients import Catalog, Client, Destination, SourceContract, load_catalog
from medallion.extract import extract_source
from medallion.interval import Interval
from medallion.pipeline import LAYERS, Plan, make_plan, shape_of, snapshot_entities
from medallion.publish import publish
from medallion.sample_data import generate_client
from medallion.settings import Settings, load_settings
from medallion.transform import BuildRequest, build_nodes, load_slim, prepare

ROWS = 20_000  # a day


@dataclass(frozen=True)
class Home:
    """One client and what its runs need."""

    settings: Settings
    plan: Plan
    contracts: Mapping[str, SourceContract]
    destination: Destination

    def generate(self, interval: Interval) -> None:
        """Write an interval's files, of sources that have samples."""
        generate_client(self.plan.client, self.contracts, [interval], self.settings.samples, rows_a_day=ROWS)

    def extract(self, interval: Interval) -> None:
        """Land an interval's files."""
        for contract in self.contracts.values():
            extract_source(
                contract,
                client_id=self.plan.client.id,
                interval=interval,
                sub_daily=self.plan.sub_daily,
                landing=self.settings.landing,
                samples=self.settings.samples,
                adventureworks=self.settings.adventureworks,
            )

    def build(self, *intervals: Interval) -> None:
        """Build all layers for intervals, a dbt build each."""
        snapshots = snapshot_entities(self.plan.client, self.contracts)
        for layer in LAYERS:
            request = BuildRequest(self.plan, self.plan.layer(layer).nodes, intervals, snapshots)
            build_nodes(self.settings, request, lambda _: None)
        DuckDBConnectionManager.close_all_connections()  # dbt keeps its own open until the process ends

    def deliver(self, interval: Interval) -> None:
        """Publish gold."""
        publish(
            self.plan.client.id,
            self.destination,
            warehouse=self.settings.warehouse(self.plan.client.id),
            schema=f"{self.plan.client.id}_gold",
            tables=self.plan.marts,
            root=self.settings.destinations,
            run={"run_id": str(interval), "interval_start": interval.start, "config_version": "bench"},
        )

    def seconds(self, interval: Interval) -> float:
        """How long one run takes, from its files to its delivery."""
        start = time.monotonic()
        self.extract(interval)
        self.build(interval)
        self.deliver(interval)
        return time.monotonic() - start


def home_of(folder: Path, client: Client, catalog: Catalog | None = None) -> Home:
    """Make a home for a client, with the manifest of its shape."""
    folder.mkdir(parents=True)
    settings = replace(
        load_settings(), home=folder, target="duckdb", database_url=f"sqlite:///{folder / 'ledger.db'}"
    )
    catalog = catalog or load_catalog(settings.configs)
    prepare(settings, [shape_of(client)])
    plan = make_plan(client, load_slim(settings, shape_of(client)))
    contracts = {source.name: catalog.sources[source.name] for source in client.data_sources}
    return Home(settings, plan, contracts, catalog.destinations[client.destination])


def land(home: Home, intervals: Iterable[Interval], *, samples: bool = True) -> None:
    """Generate and land intervals, one after the other."""
    for interval in intervals:
        if samples:
            home.generate(interval)
        home.extract(interval)
