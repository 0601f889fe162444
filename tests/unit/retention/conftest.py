"""A project of five models with the real project's macros; its tables are filled by the tests, not built."""

# ruff: noqa: S608  # the SQL is the tests' own

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from brief_reports import write_brief_report
from medallion.clients import Client, client_from_dict
from medallion.extract.landing import PART
from medallion.interval import Interval
from medallion.ledger import Ledger, RunKey, open_ledger, tables
from medallion.pipeline import make_plan, shape_of
from medallion.reports.history import JSON_FILE
from medallion.retention import RetentionPlan, apply_retention, plan_retention
from medallion.settings import Settings, load_settings
from medallion.transform import load_slim, prepare

TODAY = date(2026, 3, 1)
FIXTURES = Path(__file__).parents[2] / "fixtures" / "clients"
KEYED = "{{ config(meta={'keys': ['id']}) }} select 1 as id"
MODELS = {
    "bronze/sales/bronze_sales__orders.sql": KEYED,
    "bronze/sales/bronze_sales__order_lines.sql": KEYED,
    "silver/clean/sales/clean_sales__orders.sql": "{{ keyed_step('sales', 'orders', []) }} "
    "select * from {{ ref('bronze_sales__orders') }}",
    "silver/normalize/sales/normalize_sales__order_lines.sql": "{{ keyed_step('sales', 'order_lines', []) }} "
    "select * from {{ ref('bronze_sales__order_lines') }}",
    "silver/validate/sales/quarantine_sales__orders.sql": "select * from {{ ref('clean_sales__orders') }}",
    "gold/shop/shop_orders.sql": "select * from {{ ref('clean_sales__orders') }}",
}
CLIENT = {
    "description": "A shop",
    "schedule_interval": timedelta(days=1),
    "data_sources": ["sales"],
    "transformations": ["clean", "validate"],
    "destination": "lake",
    "business_rules": {
        "data_retention_days": {"landing": 30, "bronze": 30, "silver": 60, "gold": 90},
        "quality_threshold": 0.9,
    },
}


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The project with its manifest; every test takes a home of its own."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(FIXTURES / "configs", folder / "configs")
    left_out = shutil.ignore_patterns("models", "singular", "target")
    shutil.copytree(load_settings().dbt_project, folder / "dbt", ignore=left_out)
    for path, sql in MODELS.items():
        target = folder / "dbt" / "models" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(sql)
    settings = Settings(project=folder, home=folder / "home", database_url="sqlite://")
    prepare(settings, [shape_of(client_from_dict("acme", CLIENT))])
    return settings


@dataclass(frozen=True)
class House:
    """One client's warehouse, landing and ledger."""

    settings: Settings
    client: Client

    @property
    def ledger(self) -> Ledger:
        return open_ledger(self.settings.database_url)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.settings.warehouse("acme")) as connection:
            return connection.execute(sql).fetchall()

    def fill(self, table: str, *days: str | None) -> None:
        """Make a table anew, with a row of each day."""
        with duckdb.connect(self.settings.warehouse("acme")) as connection:
            connection.execute(f"create schema if not exists {table.partition('.')[0]}")
            connection.execute(f"create or replace table {table} (id integer, _run_date date)")
            connection.executemany(f"insert into {table} values (1, ?)", [[day] for day in days])

    def keep_log(self, *tables: str) -> None:
        """Give tables the empty logs that their builds would have made, and say that each was built once."""
        with duckdb.connect(self.settings.warehouse("acme")) as connection:
            connection.execute("create schema acme_work")
            connection.execute("create table acme_work.built_models as select 1 as batch")
            for table in tables:
                log = f"acme_work.{table.partition('.')[2]}__changes"
                connection.execute(f"create table {log} (id integer, _batch bigint, _changed integer)")

    def logged(self, table: str) -> list[tuple[Any, ...]]:
        """What a table's log says."""
        return self.query(f"from acme_work.{table.partition('.')[2]}__changes")

    def days(self, table: str) -> list[str | None]:
        found = self.query(f"select _run_date from {table} order by _run_date")
        return [str(day) if day else None for (day,) in found]

    def land(self, entity: str, *days: str) -> None:
        """A partition of ten bytes for each day."""
        for day in days:
            interval = Interval.parse(f"{day}T00:00:00+00:00/{day}T06:00:00+00:00")
            folder = self.settings.landing / "acme" / "sales" / entity / interval.partition_path(False)
            folder.mkdir(parents=True)
            (folder / PART).write_bytes(b"0123456789")

    def report(self, *days: str) -> None:
        """The report of a delivered run for each day."""
        for day in days:
            write_brief_report(self.settings.reports / "acme", day)

    def reported(self) -> list[Path]:
        return sorted(self.settings.reports.rglob(JSON_FILE))

    def landed(self) -> int:
        return len(list(self.settings.landing.rglob(PART)))

    def look(self, today: date = TODAY) -> RetentionPlan:
        plan = make_plan(self.client, load_slim(self.settings, shape_of(self.client)))
        return plan_retention(self.settings, self.ledger, plan, today)

    def clean(self, today: date = TODAY, *, run: str = "run", force: bool = False) -> RetentionPlan:
        doomed, key = self.look(today), RunKey("dag", run)
        apply_retention(self.settings, self.ledger, key, doomed, actor="cleanup_old_data", force=force)
        return doomed

    def audit(self, run: str = "run") -> list[dict[str, Any]]:
        return self.ledger.rows_of(tables.cleanup_object, RunKey("dag", run))

    def finished(self, run: str = "run") -> list[dict[str, Any]]:
        return self.ledger.rows_of(tables.cleanup, RunKey("dag", run))


@pytest.fixture
def house(project: Settings, tmp_path: Path) -> House:
    shutil.copytree(project.manifests, tmp_path / "manifests")
    (tmp_path / "warehouse").mkdir()
    settings = replace(project, home=tmp_path, database_url=f"sqlite:///{tmp_path / 'registry.db'}")
    return House(settings, client_from_dict("acme", CLIENT))
