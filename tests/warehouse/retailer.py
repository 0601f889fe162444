"""Runs of a retailer without Airflow: samples, landing, plan, one build of all layers, verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from medallion.clients import Client, client_from_dict, load_catalog
from medallion.extract import extract_source
from medallion.interval import Interval
from medallion.ledger import NodeRow
from medallion.pipeline import LAYERS, Plan, make_plan, shape_of
from medallion.quality import judge_layer
from medallion.quality.verdict import LayerVerdict
from medallion.sample_data import Planted, generate_client
from medallion.settings import Settings, load_settings
from medallion.transform import BuildRequest, build_nodes, load_slim, prepare

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
        return {name for (name,) in self.query("select table_name from information_schema.tables")}

    def contents(self) -> dict[str, Counter[tuple[Any, ...]]]:
        """Every row of every table, whatever their order."""
        return {
            f"{schema}.{name}": Counter(self.query(f'from "{schema}"."{name}"'))
            for schema, name in self.query("select table_schema, table_name from information_schema.tables")
        }


@dataclass(frozen=True)
class Retailer:
    """A home of its own, in which clients run."""

    home: Path
    catalog: Any = field(default_factory=lambda: load_catalog(load_settings().configs))

    @property
    def settings(self) -> Settings:
        return replace(load_settings(), home=self.home, target="duckdb", ledger_url="sqlite://")

    def run(self, client: Client, interval: Interval, **knobs: Any) -> Run:
        """Generate, land and build one interval; what fails in dbt raises."""
        samples = self.settings.samples
        planted = generate_client(client, self.catalog.sources, [interval], samples, **knobs)
        shape = shape_of(client)
        prepare(self.settings, [shape])
        plan = make_plan(client, load_slim(self.settings, shape))
        contracts = [self.catalog.sources[source.name] for source in client.data_sources]
        for contract in contracts:
            extract_source(
                contract,
                client_id=client.id,
                interval=interval,
                sub_daily=plan.sub_daily,
                landing=self.settings.landing,
                samples=samples,
            )
        snapshots = tuple(contract.name for contract in contracts if contract.load == "snapshot")
        nodes = [node for layer in plan.layers for node in layer.nodes]
        rows: dict[str, NodeRow] = {}
        build_nodes(
            self.settings,
            BuildRequest(plan, nodes, interval, snapshots),
            lambda row: rows.update({row.node: row}),
        )
        return Run(plan, self.settings.warehouse(client.id), rows, planted)


def planted_in(runs: Sequence[Run]) -> dict[str, Mapping[str, int]]:
    """Counts by entity: of snapshots those of the last run, of intervals those of all runs together."""
    counts: dict[str, dict[str, int]] = {}
    for one in (one for run in runs for one in run.planted):
        for entity, count in one.counts.items():
            before = counts.get(entity, {}) if one.source == "sales" else {}
            counts[entity] = {what: count[what] + before.get(what, 0) for what in count}
    return counts


def expected_rules(planted: Mapping[str, Mapping[str, int]]) -> dict[str, tuple[int, int]]:
    """Population and failing rows of each rule that acme_corp measures."""
    customers, orders, lines = planted["customers"], planted["orders"], planted["order_lines"]
    payments, products, stock = planted["payments"], planted["products"], planted["stock"]
    return {
        "crm_customer_has_email": (customers["keys"], customers["blank_emails"]),
        "crm_email_is_valid": (customers["keys"] - customers["blank_emails"], customers["malformed_emails"]),
        "crm_country_is_known": (customers["keys"], customers["unknown_countries"]),
        "crm_customer_is_not_from_the_future": (customers["keys"], customers["future_registrations"]),
        "crm_customer_has_segment": (customers["keys"], customers["unknown_segments"]),
        "crm_customer_has_phone": (customers["keys"], customers["blank_phones"]),
        "sales_order_is_not_from_the_future": (orders["keys"], orders["future_dates"]),
        "sales_currency_is_known": (orders["keys"], orders["unknown_currencies"]),
        "sales_order_has_customer": (orders["keys"] - orders["guests"], orders["unknown_customers"]),
        "sales_order_names_customer": (orders["keys"], orders["guests"]),
        "sales_line_has_order": (lines["keys"], lines["orphans"]),
        "sales_line_quantity_is_positive": (lines["keys"], lines["negative_quantities"]),
        "sales_line_price_is_positive": (lines["keys"], lines["free_lines"]),
        "sales_line_has_product": (lines["keys"], lines["unknown_products"]),
        "sales_payment_has_order": (payments["keys"], payments["orphans"]),
        "sales_payment_is_positive": (payments["keys"], payments["negative_amounts"]),
        "sales_payment_method_is_known": (payments["keys"], payments["blank_methods"]),
        "inventory_product_has_cost": (products["keys"], products["missing_costs"]),
        "inventory_cost_is_below_price": (
            products["keys"] - products["missing_costs"],
            products["costs_above_price"],
        ),
        "inventory_stock_is_not_negative": (stock["keys"], stock["negative_counts"]),
        "inventory_stock_has_product": (stock["keys"], stock["unknown_products"]),
        "inventory_stock_covers_what_is_reserved": (
            stock["keys"] - stock["negative_counts"],
            stock["over_reserved"],
        ),
    }
