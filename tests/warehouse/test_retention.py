"""Retention on what the real dbt project built of four days, six hours a run, two runs on the last day."""

# ruff: noqa: S608  # the SQL is ours

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from medallion.clients import BusinessRules, Client
from medallion.exceptions import RetentionRefused
from medallion.extract import extract_source
from medallion.interval import Interval
from medallion.ledger import Ledger, RunKey, open_ledger, tables
from medallion.pipeline import LAYERS, make_plan, shape_of
from medallion.retention import RetentionPlan, apply_retention, plan_retention
from medallion.sample_data import generate_client
from medallion.settings import Settings
from medallion.transform import load_slim
from warehouse.conftest import ALL_STEPS
from warehouse.retailer import SOURCES, Retailer, retail_client, six_hours

pytestmark = pytest.mark.slow

STARTS = ["2026-01-12T00:00", "2026-01-13T00:00", "2026-01-14T00:00", "2026-01-15T00:00", "2026-01-15T06:00"]
TODAY = date(2026, 1, 15)
ROWS = 2_000  # a day


def _client(**days: int) -> Client:
    rules = BusinessRules.model_validate({"data_retention_days": days, "quality_threshold": 0.9})
    return retail_client("kept", ALL_STEPS).model_copy(update={"business_rules": rules})


STEPPED = _client(landing=1, bronze=1, silver=2, gold=3)
SHORT = _client(landing=1, bronze=1, silver=1, gold=1)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Retailer:
    retailer = Retailer(tmp_path_factory.mktemp("retention"))
    for start in STARTS[:-1]:
        _land(retailer, six_hours(start))
    retailer.run(STEPPED, six_hours(STARTS[-1]), rows_a_day=ROWS)
    return retailer


def _land(retailer: Retailer, interval: Interval) -> None:
    """Generate and land what a run would; bronze reads all intervals of sales, and the last of the others."""
    settings, sources = retailer.settings, retailer.catalog.sources
    generate_client(STEPPED, sources, [interval], settings.samples, rows_a_day=ROWS)
    for source in SOURCES:
        extract_source(
            sources[source],
            client_id=STEPPED.id,
            interval=interval,
            sub_daily=True,
            landing=settings.landing,
            samples=settings.samples,
        )


@dataclass(frozen=True)
class Kept:
    """A copy of what was built."""

    retailer: Retailer

    @property
    def settings(self) -> Settings:
        home = self.retailer.home
        return replace(self.retailer.settings, database_url=f"sqlite:///{home / 'registry.db'}")

    @property
    def ledger(self) -> Ledger:
        return open_ledger(self.settings.database_url)

    def look(self, client: Client, today: date = TODAY, **changed: Any) -> RetentionPlan:
        plan = make_plan(client, load_slim(self.settings, shape_of(client)))
        return plan_retention(replace(self.settings, **changed), self.ledger, plan, today)

    def clean(self, client: Client, today: date = TODAY, force: bool = False) -> RetentionPlan:
        doomed = self.look(client, today)
        apply_retention(self.settings, self.ledger, RunKey("dag", "run"), doomed, actor="test", force=force)
        return doomed

    def audit(self) -> list[dict[str, Any]]:
        return self.ledger.rows_of(tables.cleanup_object, RunKey("dag", "run"))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.settings.warehouse("kept")) as connection:
            return connection.execute(sql).fetchall()

    def tables(self, layer: str) -> list[str]:
        found = f"select table_name from information_schema.tables where table_schema = 'kept_{layer}'"
        return [f"kept_{layer}.{name}" for (name,) in self.query(found)]

    def days(self, layer: str) -> dict[str, Counter[date]]:
        """The rows of each day in each table."""
        return {
            table: Counter(day for (day,) in self.query(f"select _run_date from {table}"))
            for table in self.tables(layer)
        }

    def state(self) -> dict[str, Any]:
        """Everything there is, in the warehouse and in landing."""
        rows = {
            table: Counter(self.query(f"from {table}")) for layer in LAYERS for table in self.tables(layer)
        }
        files = sorted(str(path) for path in self.settings.landing.rglob("*.parquet"))
        return {"rows": rows, "files": files}


@pytest.fixture
def kept(built: Retailer, tmp_path: Path) -> Kept:
    home = tmp_path / "home"
    shutil.copytree(built.home, home)
    return Kept(Retailer(home, built.catalog))


def test_each_layer_keeps_its_days_and_gold_what_it_was_built_from(kept: Kept) -> None:
    before = {layer: kept.days(layer) for layer in ("bronze", "silver")}
    gold = {table: kept.query(f"select count(*) from {table}") for table in kept.tables("gold")}
    kept.clean(STEPPED, force=True)
    for layer, first in {"bronze": date(2026, 1, 14), "silver": date(2026, 1, 13)}.items():
        expected = {
            table: Counter({day: rows for day, rows in days.items() if day >= first})
            for table, days in before[layer].items()
        }
        assert kept.days(layer) == expected
        assert expected != before[layer]
    assert {table: kept.query(f"select count(*) from {table}") for table in gold} == gold
    assert any(rows > [(0,)] for rows in gold.values())


def test_quarantine_is_trimmed_with_silver(kept: Kept) -> None:
    old = "select count(*) from {} where _run_date < date '2026-01-14'"
    quarantine = [table for table in kept.tables("silver") if ".quarantine_" in table]
    trimmed = [table for table in quarantine if kept.query(old.format(table)) > [(0,)]]
    assert trimmed
    kept.clean(SHORT, force=True)
    assert [table for table in quarantine if kept.query(old.format(table)) > [(0,)]] == []


def test_a_dry_run_changes_nothing_and_counts_what_goes(kept: Kept) -> None:
    before = kept.state()
    told = {loss.object: loss.gone for loss in kept.look(STEPPED).tables if loss.gone}
    assert kept.state() == before
    kept.clean(STEPPED, force=True)
    after = kept.state()
    lost = {
        table.partition(".")[2]: sum((rows - after["rows"][table]).values())
        for table, rows in before["rows"].items()
    }
    assert {name: rows for name, rows in lost.items() if rows} == told


def test_too_much_is_refused_and_nothing_is_gone(kept: Kept) -> None:
    before = kept.state()
    with pytest.raises(RetentionRefused, match=r"bronze bronze_sales__orders: .* before 2026-01-15"):
        kept.clean(SHORT, date(2026, 1, 16))
    assert kept.state() == before
    audit = kept.audit()
    assert {row["refused"] for row in audit} == {1}
    assert {row["layer"] for row in audit} == {"landing", "bronze", "silver"}
    assert kept.ledger.rows_of(tables.cleanup, RunKey("dag", "run")) == []
    assert kept.look(SHORT, date(2026, 1, 16), cleanup_share=1.0).refusal == ""


@pytest.mark.soak
def test_what_was_forced_once_stays_allowed_though_a_rebuild_brings_it_back(kept: Kept) -> None:
    tomorrow = date(2026, 1, 16)
    forced = kept.clean(STEPPED, tomorrow, force=True)
    assert forced.too_many
    again = kept.look(STEPPED, tomorrow)
    assert not any(loss.gone for loss in again.losses)
    kept.retailer.run(STEPPED, six_hours("2026-01-16T00:00"), anew=True, rows_a_day=ROWS)
    rebuilt = kept.look(STEPPED, tomorrow)
    assert sum(loss.gone for loss in rebuilt.tables) > 0
    assert rebuilt.refusal == ""


def test_what_was_deleted_stays_away_and_gold_follows_silver(kept: Kept) -> None:
    tomorrow = date(2026, 1, 16)
    before = kept.query("select count(*) from kept_gold.retail_orders")
    kept.clean(SHORT, tomorrow, force=True)
    kept.retailer.run(SHORT, six_hours("2026-01-16T00:00"), rows_a_day=ROWS)
    assert not any(loss.gone for loss in kept.look(SHORT, tomorrow).losses)
    after = kept.query("select count(*) from kept_gold.retail_orders")
    assert after < before


def test_landing_is_kept_as_long_as_the_longest_layer_and_in_sub_days(kept: Kept) -> None:
    (orders,) = [loss for loss in kept.look(STEPPED).losses if loss.object == "sales.orders"]
    assert (orders.cutoff, orders.gone, orders.held) == (date(2026, 1, 12), 0, 5)
    (orders,) = [loss for loss in kept.look(SHORT).losses if loss.object == "sales.orders"]
    assert (orders.cutoff, orders.gone, orders.held) == (date(2026, 1, 14), 2, 5)
    kept.clean(SHORT)
    left = [path.parent for path in (kept.settings.landing / "kept/sales/orders").rglob("*.parquet")]
    assert sorted(f"{path.parent.name}/{path.name}" for path in left) == [
        "day=14/hour=0000",
        "day=15/hour=0000",
        "day=15/hour=0600",
    ]
