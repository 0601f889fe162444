# ruff: noqa: S608 - the names in the SQL are the test's own
"""Runs of a small shop by the tasks that Airflow runs, one by one: a test says which is next."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import psycopg
from dbt.adapters.duckdb.connections import DuckDBConnectionManager

from medallion.clients import Client, Destination, client_from_dict
from medallion.ledger import Ledger, open_ledger
from medallion.orchestration.ends import LoadTask
from medallion.orchestration.gates import GateTask
from medallion.orchestration.layer_build import LayerBuilder
from medallion.orchestration.start import BuildTurnTask
from medallion.pipeline import LAYERS, Plan, make_plan, shape_of
from medallion.settings import Settings, load_settings
from medallion.transform import load_slim, prepare

SHELF = Destination(name="shelf", type="postgres", env="SHELF_URL")
FIRST = date(2026, 1, 1)
#: The tasks of a run behind its extracts, in their order.
STEPS = ("turn", *LAYERS, "quality_validation", "load")
MODELS = {
    "bronze/shop/bronze_shop__orders.sql": """
        select id, day, amount, _interval_start, _run_date from {{ landed('shop', 'orders') }}""",
    "silver/clean/shop/clean_shop__orders.sql": """
        {{ clean(
            'shop', 'orders', newest=['_interval_start'], kept=['id', 'day', 'amount']
        ) }}""",
    "gold/shop/shop_orders.sql": """
        {{ keyed(nearest_name('shop', 'orders', ['clean']), ['id'], logged=['day']) }}
        select id, day, amount from {{ one_per_key('shop', 'orders', ['clean']) }}
        {{- touched('orders') }}""",
    "gold/shop/shop_days.sql": """
        {{ needs_sources(['shop']) }}
        {{ keyed('shop_orders', ['day']) }}
        select day, count(*) as orders, sum(amount) as amount
        from {{ ref('shop_orders') }} as sold {{- touched('sold') }} group by day""",
    "gold/shop/shop_total.sql": """
        {{ needs_sources(['shop']) }}
        select count(*) as orders, sum(amount) as amount from {{ ref('shop_orders') }}""",
}
YAML = """
models:
  - name: bronze_shop__orders
    config: {meta: {keys: [id]}}
    columns: [{name: amount, data_tests: [not_null]}]
  - name: clean_shop__orders
    columns: [{name: id, data_tests: [unique]}]
"""
Row = tuple[int, int, int | None]  # id, day of FIRST's month, amount
Tables = dict[str, Counter[tuple[Any, ...]]]


class Shop:
    """The project of three marts, two of which keep their rows, prepared once."""

    def __init__(self, folder: Path) -> None:
        ignored = shutil.ignore_patterns("models", "singular", "target")
        shutil.copytree(load_settings().dbt_project, folder / "dbt", ignore=ignored)
        for path, sql in MODELS.items():
            model = folder / "dbt" / "models" / path
            model.parent.mkdir(parents=True, exist_ok=True)
            model.write_text(sql)
        (folder / "dbt" / "models" / "_models.yml").write_text(YAML)
        self.settings = Settings(folder, folder / "var", database_url=f"sqlite:///{folder}/registry.db")
        prepare(self.settings, [shape_of(self.client("any"))])

    def client(self, client_id: str) -> Client:
        return client_from_dict(
            client_id,
            {
                "description": "A shop",
                "schedule_interval": "1d",
                "data_sources": ["shop"],
                "transformations": ["clean"],
                "destination": "shelf",
                "business_rules": {"data_retention_days": 365, "quality_threshold": 0.5},
            },
        )

    def till(self, client_id: str, url: str) -> Till:
        client = self.client(client_id)
        plan = make_plan(client, load_slim(self.settings, shape_of(client)))
        return Till(self.settings, plan, url)


@dataclass
class Till:
    """A client's runs; ``at_work`` are those that Airflow would call running."""

    settings: Settings
    plan: Plan
    url: str
    at_work: set[str] = field(default_factory=set)
    tries: Counter[tuple[int, str]] = field(default_factory=Counter)

    @property
    def ledger(self) -> Ledger:
        return open_ledger(self.settings.database_url)

    def land(self, day: int, *rows: Row) -> None:
        """Land an interval, as an extract does."""
        start = _day(day)
        path = self.settings.landing / self.plan.client.id / "shop" / "orders"
        path /= f"year={start:%Y}/month={start:%m}/day={start:%d}"
        path.mkdir(parents=True)
        values = ", ".join(f"({one}, {of}, {amount or 'null'})" for one, of, amount in rows)
        stamp = f"timestamp '{start:%Y-%m-%d}' as _interval_start, date '{start:%Y-%m-%d}' as _run_date"
        with duckdb.connect() as connection:
            landed = connection.sql(
                f"select id, date '{FIRST}' + (day - 1)::integer as day, amount::integer as amount, {stamp} "
                f"from (values {values}) as t(id, day, amount)"
            )
            landed.write_parquet(str(path / "part-0.parquet"))

    def step(self, day: int, name: str, *, until: int | None = None) -> Any:
        """Do one task of the run of a day, or clear it and do it again; what it raises is raised."""
        self.at_work.add(f"run_{day}")
        context = self._context(day, until or day, tries=self.tries[day, name])
        self.tries[day, name] += 1
        if name == "turn":
            return BuildTurnTask(task_id="turn_to_build", plan=self.plan).poke(context)
        if name == "load":
            return LoadTask(task_id="load", plan=self.plan, destination=SHELF).execute(context)
        if name == "quality_validation":
            return GateTask(task_id=name, plan=self.plan, layers=LAYERS).execute(context)
        LayerBuilder(self.plan, name, ()).build(context)
        DuckDBConnectionManager.close_all_connections()  # dbt keeps its own open until the process ends
        return GateTask(task_id=f"{name}.gate", plan=self.plan, layers=[name]).execute(context)

    def run(self, day: int, *, until: int | None = None) -> None:
        """All tasks of a run behind its extracts, to its end."""
        for name in STEPS:
            assert self.step(day, name, until=until) is not False
        self.at_work.remove(f"run_{day}")

    def _context(self, first: int, last: int, tries: int) -> Any:
        def running(*, dag_id: str, run_ids: list[str], states: list[str]) -> int:
            assert (dag_id, states) == (self.plan.dag_id, ["running"])
            return len(self.at_work & set(run_ids))

        run = SimpleNamespace(dag_id=self.plan.dag_id, run_id=f"run_{first}", run_after=_day(28))
        task = SimpleNamespace(
            task=SimpleNamespace(retries=0),
            max_tries=tries,
            try_number=tries + 1,
            task_id="a task",
            get_dr_count=running,
        )
        several = {"day": f"{_day(first):%Y-%m-%d}", "until": f"{_day(last):%Y-%m-%d}"}
        return {
            "dag_run": run,
            "ti": task,
            "params": several if last != first else {},
            "data_interval_start": _day(first),
            "data_interval_end": _day(first + 1),
        }

    # --- What is there

    def gold(self) -> Tables:
        """Every row of gold."""
        schema = f"{self.plan.client.id}_gold"
        with duckdb.connect(self.settings.warehouse(self.plan.client.id), read_only=True) as warehouse:
            return {
                mart: Counter(warehouse.execute(f"from {schema}.{mart}").fetchall())
                for mart in self.plan.marts
            }

    def delivered(self) -> Tables:
        """Every row that a reader has."""
        schema = self.plan.client.id
        with psycopg.connect(self.url) as reader:
            return {
                mart: Counter(reader.execute(f"select * from {schema}.{mart}".encode()).fetchall())
                for mart in self.plan.marts
            }

    def deliveries(self, mart: str) -> int:
        """How many deliveries the rows of a mart are from, as PostgreSQL tells."""
        query = f"select count(distinct xmin::text) from {self.plan.client.id}.{mart}"
        with psycopg.connect(self.url) as reader:
            return int(reader.execute(query.encode()).fetchall()[0][0])


def _day(number: int) -> datetime:
    return datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) + timedelta(days=number - 1)
