"""A client that is restored onto an empty home is what it was, and goes on as it would have."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import Result
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from typer.testing import CliRunner

from medallion.cli import app
from medallion.extract import extract_source
from medallion.interval import Interval
from medallion.ledger import RunKey, open_ledger, tables
from medallion.pipeline import LAYERS, Asked
from medallion.publish import publish
from medallion.publish.delivery import RunFacts
from medallion.reports import write_run_report
from medallion.sample_data import generate_client
from sharing import share_manifests
from warehouse.retailer import Retailer, Run, retail_client, six_hours

pytestmark = pytest.mark.slow

REAL = Path(__file__).parents[2]
CLIENT = retail_client("kept", ("clean", "enrich", "validate"), ("sales",))
STARTS = ["2026-01-15T00:00", "2026-01-15T06:00", "2026-01-15T12:00"]
ROWS = 400  # a day
FILE = """\
description: A retailer
schedule_interval: 6h
data_sources: [sales]
transformations: [clean, enrich, validate]
destination: analytics_lake
business_rules: {data_retention_days: 365, quality_threshold: 0.95}
"""
#: What shows an operator the state of things, as facts.
SHOWN = [("clients",), ("show", "kept"), ("history", "kept"), ("audit",), ("report", "kept"), ("plan",)]


@dataclass(frozen=True)
class House:
    """An installation: its home, and a client that runs in it."""

    retailer: Retailer

    @property
    def home(self) -> Path:
        return self.retailer.home

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.home / 'registry.db'}"

    def land(self, start: str) -> None:
        """Land an interval that the next build reads as well: bronze takes in all of landing that is new."""
        sources, samples = self.retailer.catalog.sources, self.retailer.settings.samples
        generate_client(CLIENT, sources, [six_hours(start)], samples, rows_a_day=ROWS)
        extract_source(
            sources["sales"],
            client_id=CLIENT.id,
            interval=six_hours(start),
            sub_daily=True,
            landing=self.retailer.settings.landing,
            samples=samples,
        )

    def run(self, start: str) -> Run:
        """Land, build, judge, deliver and report an interval, as the client's DAG does it."""
        interval = six_hours(start)
        run = self.retailer.run(CLIENT, interval, rows_a_day=ROWS)
        DuckDBConnectionManager.close_all_connections()  # dbt keeps its own open until the process ends
        self._tell(run, RunKey("client_kept_pipeline", f"scheduled__{start}"), interval)
        return run

    def _tell(self, run: Run, key: RunKey, interval: Interval) -> None:
        ledger = open_ledger(self.database_url)
        start, end = (moment.replace(tzinfo=None) for moment in (interval.start, interval.end))
        dated = {"interval_start": start, "interval_end": end}
        ledger.start_run(key, client_id=CLIENT.id, config_version="0123456789ab", **dated)
        for layer in LAYERS:
            build = ledger.start_build(key, layer, 1)
            ledger.add_results(key, build, [row for row in run.rows.values() if row.layer == layer])
            ledger.end_build(build, "success")
        self._deliver(run, key, interval)
        write_run_report(ledger, run.plan, key, Asked((interval,)), self.home / "reports")

    def _deliver(self, run: Run, key: RunKey, interval: Interval) -> None:
        for name in ("analytics_lake", "data_warehouse"):
            done = publish(
                CLIENT.id,
                self.retailer.catalog.destinations[name],
                warehouse=run.path,
                schema="kept_gold",
                tables=sorted(node.name for node in run.plan.layer("gold").nodes if node.kind == "model"),
                root=self.home / "destinations",
                run=RunFacts(run_id=key.run_id, interval_start=interval.start, config_version="x"),
            )
            row = {"destination": name, "path": done.place, "tables": dict(done.tables)}
            open_ledger(self.database_url).record(tables.delivery, key, [row])

    def says(self, *words: str) -> Any:
        return json.loads(self.command(*words, "--json").stdout)

    def command(self, *words: str | Path) -> Result:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MEDALLION_HOME", str(self.home))
            result = CliRunner().invoke(app, [str(word) for word in words])
        assert result.exit_code == 0, result.output
        return result

    def built(self) -> dict[str, list[str]]:
        """All that is in the warehouse."""
        return _rows(self.retailer.settings.warehouse(CLIENT.id))

    def delivered(self) -> dict[str, list[str]]:
        """What readers of both destinations see."""
        found = _rows(self.home / "destinations" / "data_warehouse.duckdb")
        for path in (self.home / "destinations" / "analytics_lake" / "kept" / "current").glob("*.parquet"):
            found[path.name] = sorted(map(repr, duckdb.sql(f"from '{path}'").fetchall()))
        return found


def _rows(path: Path) -> dict[str, list[str]]:
    """Every row of every table of a DuckDB file."""
    with duckdb.connect(path, read_only=True) as reader:
        names = reader.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        return {
            f"{schema}.{name}": sorted(map(repr, reader.execute(f"from {schema}.{name}").fetchall()))
            for schema, name in names
        }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The real project with one client."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(REAL / "configs", folder / "configs")
    shutil.rmtree(folder / "configs" / "clients")
    (folder / "configs" / "clients").mkdir()
    (folder / "configs" / "clients" / "kept.yml").write_text(FILE)
    (folder / "dbt").symlink_to(REAL / "dbt")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("MEDALLION_")]:
            if name != "MEDALLION_TEST_MANIFESTS":
                patch.delenv(name)
        patch.setenv("MEDALLION_PROJECT", str(folder))
        yield folder


@pytest.fixture(scope="module")
def house(project: Path, tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(Retailer(tmp_path_factory.mktemp("before")))
    house.command("apply", "--why", "first client")
    house.land(STARTS[0])
    house.run(STARTS[1])
    return house


@pytest.fixture(scope="module")
def restored(house: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """What became of the house's backup on an empty home."""
    folder = tmp_path_factory.mktemp("after")
    house.command("backup", folder / "kept.tar.gz", "--with-landing")
    share_manifests(folder / "home")
    again = House(Retailer(folder / "home", house.retailer.catalog))
    again.command("restore", folder / "kept.tar.gz", "--yes")
    return again


def test_everything_is_as_it_was(house: House, restored: House) -> None:
    for words in SHOWN:
        assert restored.says(*words) == house.says(*words), words
    assert restored.says("report", "kept")["layers"]
    assert restored.built() == house.built()
    assert restored.built()
    assert restored.delivered() == house.delivered()
    assert {name.rpartition(".")[2] for name in house.delivered()} >= {"_delivery", "parquet"}


def test_its_bundle_is_the_same_and_needs_no_rendering(house: House, restored: House) -> None:
    (before,), (after,) = house.says("apply"), restored.says("apply")
    assert after["bundle"] == before["bundle"]
    assert after["bundle"]["rendered"] == []


@pytest.mark.soak
def test_the_next_run_gives_the_same_tables(house: House, restored: House) -> None:
    last, again = house.run(STARTS[2]), restored.run(STARTS[2])

    assert again.path != last.path
    assert again.contents() == last.contents()
    assert {key: (row.status, row.failing) for key, row in again.rows.items()} == {
        key: (row.status, row.failing) for key, row in last.rows.items()
    }
    starts = "select count(distinct _interval_start) from {bronze}.bronze_sales__orders"
    assert again.query(starts) == [(3,)]
    without_log = [
        {name: rows for name, rows in one.delivered().items() if name != "kept._delivery"}
        for one in (house, restored)
    ]
    assert without_log[0] == without_log[1]
    assert without_log[0]
