"""Runs of a client without Airflow: samples, landing, plan, one build of all layers, verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from medallion.clients import Client, client_from_dict, load_catalog
from medallion.extract import Landed, extract_source
from medallion.interval import Interval
from medallion.ledger import NodeRow
from medallion.pipeline import LAYERS, Plan, make_plan, shape_of, snapshot_entities
from medallion.quality import judge_layer
from medallion.quality.verdict import LayerVerdict
from medallion.sample_data import Planted, generate_client
from medallion.settings import Settings, load_settings
from medallion.transform import BuildRequest, build_nodes, load_slim, prepare
from sharing import share_manifests

SOURCES = ("crm", "sales", "inventory")


def six_hours(start: str) -> Interval:
    """The interval of six hours from an ISO time in UTC."""
    begin = datetime.fromisoformat(f"{start}+00:00")
    return Interval(begin, begin + timedelta(hours=6))


def retail_client(client_id: str, steps: tuple[str, ...], sources: tuple[str, ...] = SOURCES) -> Client:
    return client_from_dict(
        client_id,
        {
            "description": "A retailer",
            "schedule_interval": timedelta(hours=6),
            "data_sources": list(sources),
            "transformations": list(steps),
            "destination": "data_warehouse",
            "business_rules": {"data_retention_days": 365, "quality_threshold": 0.95},
        },
    )


@dataclass(frozen=True)
class Run:
    """What one run of one interval left."""

    plan: Plan
    path: Path
    rows: dict[str, NodeRow]
    planted: list[Planted]
    snapshots: tuple[str, ...]
    landed: dict[str, list[Landed]]

    @property
    def rules(self) -> dict[str, tuple[int | None, int | None]]:
        """Population and failing rows of each rule by its name."""
        nodes = [node for layer in self.plan.layers for node in layer.rules]
        return {
            node.name: (self.rows[node.unique_id].population, self.rows[node.unique_id].failing)
            for node in nodes
        }

    def verdict(self, layer: str) -> LayerVerdict:
        return judge_layer(self.plan, layer, self.rows)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query, in which ``{gold}`` and the like stand for the client's schemas."""
        schemas = {layer: f"{self.plan.client.id}_{layer}" for layer in LAYERS}
        with duckdb.connect(self.path) as connection:
            return connection.execute(sql.format(**schemas)).fetchall()

    def tables(self) -> set[str]:
        return {name for _, name in self._tables()}

    def _tables(self) -> list[tuple[str, str]]:
        """Schema and name of each table of the layers."""
        layers = tuple(f"{self.plan.client.id}_{layer}" for layer in LAYERS)
        found = self.query("select table_schema, table_name from information_schema.tables")
        return [(schema, name) for schema, name in found if schema in layers]

    def contents(self) -> dict[str, Counter[tuple[Any, ...]]]:
        """Every row of every table, whatever their order."""
        return {
            f"{schema}.{name}": Counter(self.query(f'from "{schema}"."{name}"'))
            for schema, name in self._tables()
        }


@dataclass(frozen=True)
class Retailer:
    """A home of its own, in which clients run."""

    home: Path
    catalog: Any = field(default_factory=lambda: load_catalog(load_settings().configs))

    def __post_init__(self) -> None:
        share_manifests(self.home)

    @property
    def settings(self) -> Settings:
        return replace(load_settings(), home=self.home, target="duckdb", database_url="sqlite://")

    def run(
        self, client: Client, interval: Interval, *, anew: bool = False, emptied: bool = False, **knobs: Any
    ) -> Run:
        """Generate, land and build one interval, or all tables anew; what fails in dbt raises.

        Where extracts are emptied, files of JSON lines have none.
        """
        samples = self.settings.samples
        planted = generate_client(client, self.catalog.sources, [interval], samples, **knobs)
        for file in samples.joinpath(client.id).rglob("*.jsonl") if emptied else ():
            file.write_text("")
        shape = shape_of(client)
        prepare(self.settings, [shape])
        plan = make_plan(client, load_slim(self.settings, shape))
        contracts = [self.catalog.sources[source.name] for source in client.data_sources]
        landed = {
            contract.name: extract_source(
                contract,
                client_id=client.id,
                interval=interval,
                sub_daily=plan.sub_daily,
                landing=self.settings.landing,
                samples=samples,
            )
            for contract in contracts
        }
        snapshots = snapshot_entities(client, self.catalog.sources)
        nodes = [node for layer in plan.layers for node in layer.nodes]
        rows: dict[str, NodeRow] = {}
        build_nodes(
            self.settings,
            BuildRequest(plan, nodes, (interval,), snapshots, full_refresh=anew),
            lambda row: rows.update({row.node: row}),
        )
        return Run(plan, self.settings.warehouse(client.id), rows, planted, snapshots, landed)


def planted_in(runs: Sequence[Run]) -> dict[str, dict[str, int]]:
    """What is planted in what a client has after its runs, by entity.

    Of a snapshot it is what the last run planted; of intervals what all of them did. An interval corrects
    rows of the one before it: for the first of the runs those are keys of their own.
    """
    planted: dict[str, dict[str, int]] = {}
    for number, run in enumerate(runs):
        for one in run.planted:
            for entity, counts in one.counts.items():
                if f"{one.source}.{entity}" in run.snapshots or entity not in planted:
                    planted[entity] = dict(counts)
                else:
                    known = planted[entity]
                    planted[entity] = {what: count + known[what] for what, count in counts.items()}
                if number == 0:
                    planted[entity]["keys"] += counts.get("corrected_keys", 0)
    return planted


def retail_rules(planted: Mapping[str, Mapping[str, int]]) -> dict[str, tuple[int, int]]:
    """Population and failing rows of each rule of the retailer's sources; a defect's name is the rule's."""
    failing = {what: count for counts in planted.values() for what, count in counts.items()}
    less = {
        "crm_email_is_valid": "crm_customer_has_email",
        "sales_order_has_customer": "sales_order_names_customer",
        "inventory_cost_is_below_price": "inventory_product_has_cost",
        "inventory_stock_covers_what_is_reserved": "inventory_stock_is_not_negative",
    }
    return {
        rule: (counts["keys"] - failing.get(less.get(rule, ""), 0), count)
        for counts in planted.values()
        for rule, count in counts.items()
        if rule.startswith(SOURCES)
    }
