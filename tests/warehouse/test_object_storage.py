"""A client whose landing, reports and deliveries are all in an S3: from its extract to its retention."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pyarrow.parquet as pq
import pytest
import s3fs
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from typer.testing import CliRunner

from medallion.cli import app
from medallion.clients import Destination
from medallion.clients.model import Retention
from medallion.doctor.storage import storage
from medallion.extract import totals
from medallion.interval import Interval
from medallion.ledger import Ledger, RunKey, open_ledger, tables
from medallion.pipeline import LAYERS, Asked
from medallion.publish import publish
from medallion.publish.delivery import RunFacts
from medallion.quality import LayerVerdict
from medallion.reports import read_day, write_run_report
from medallion.retention import apply_retention, plan_retention
from medallion.settings import Settings
from medallion.transform.runner import dbt_runner
from medallion.warehouses import dbt_environment
from servers import s3, s3_login
from warehouse.retailer import Retailer, Run, planted_in, retail_client, retail_rules, six_hours

CLIENT = retail_client("kept", ("clean", "enrich", "validate"), ("sales",))
KEY, SECRET = "a-key-of-the-lake", "a/secret+of-the-lake"
STARTS = ["2026-01-15T06:00", "2026-01-16T00:00"]
ROWS = 400  # a day
LAKE = Destination(name="lake", type="parquet", path="s3://lake/gold", connection="lake_login")


@dataclass(frozen=True)
class House:
    """An installation with nothing but its warehouse, registry and locks on this machine."""

    retailer: Retailer
    store: s3fs.S3FileSystem
    runs: list[Run]

    @property
    def settings(self) -> Settings:
        url = f"sqlite:///{self.retailer.home / 'registry.db'}"
        return replace(self.retailer.settings, database_url=url)

    @property
    def ledger(self) -> Ledger:
        return open_ledger(self.settings.database_url)

    def run(self, start: str) -> None:
        """Extract, build, judge, deliver and report an interval, as the client's DAG does it."""
        interval = six_hours(start)
        run = self.retailer.run(CLIENT, interval, rows_a_day=ROWS)
        DuckDBConnectionManager.close_all_connections()  # dbt keeps its own open until the process ends
        assert all(run.verdict(layer).passed for layer in LAYERS)
        self._tell(run, RunKey("client_kept_pipeline", f"scheduled__{start}"), interval)
        self.runs.append(run)

    def _tell(self, run: Run, key: RunKey, interval: Interval) -> None:
        start, end = (moment.replace(tzinfo=None) for moment in (interval.start, interval.end))
        dated = {"interval_start": start, "interval_end": end}
        self.ledger.start_run(key, client_id=CLIENT.id, config_version="0123456789ab", **dated)
        rows = [{"source": "sales", **row} for row in totals(run.landed["sales"])]
        self.ledger.record(tables.extraction, key, rows)
        for layer in LAYERS:
            build = self.ledger.start_build(key, layer, 1)
            self.ledger.add_results(key, build, [row for row in run.rows.values() if row.layer == layer])
            self.ledger.end_build(build, "success")
        self.ledger.record(tables.verdict, key, [_row(run.verdict(layer)) for layer in LAYERS])
        done = publish(
            CLIENT.id,
            LAKE,
            warehouse=run.path,
            schema="kept_gold",
            tables=run.plan.marts,
            root=self.settings.destinations,
            run=RunFacts(run_id=key.run_id, interval_start=interval.start, config_version="x"),
        )
        row = {"destination": LAKE.name, "path": done.place, "tables": dict(done.tables)}
        self.ledger.record(tables.delivery, key, [row])
        seen = read_day(self.settings, run.plan, interval.run_date)
        write_run_report(self.ledger, run.plan, key, Asked((interval,)), self.settings.reports, seen=seen)

    def read(self, path: str) -> Any:
        return json.loads(self.store.cat_file(path))

    def there(self, root: str) -> set[str]:
        return {path.removeprefix(f"{root}/") for path in self.store.find(root)}


def _row(verdict: LayerVerdict) -> dict[str, Any]:
    known = {name: getattr(verdict, name) for name in ("layer", "score", "threshold")}
    return {"gate": "gate", "passed": int(verdict.passed), "detail": verdict.detail(), **known}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A run on each of two days."""
    home = tmp_path_factory.mktemp("object_storage")
    with s3() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_LAKE_LOGIN", s3_login(url, KEY, SECRET))
        patch.setenv("MEDALLION_HOME", str(home))
        for name in ("LANDING", "REPORTS"):
            patch.setenv(f"MEDALLION_{name}", f"s3://lake/{name.lower()}/")
            patch.setenv(f"MEDALLION_{name}_CONNECTION", "lake_login")
        options = {"endpoint_url": url, "region_name": "eu-west-1"}
        store = s3fs.S3FileSystem(
            key="other", secret="reader", client_kwargs=options, use_listings_cache=False
        )
        store.mkdir("lake")
        house = House(Retailer(home), store, [])
        for start in STARTS:
            house.run(start)
        yield house


def test_bronze_has_what_landed_in_the_store(house: House) -> None:
    landed = [one for one in house.there("lake/landing/kept/sales") if one.startswith("orders/")]
    assert sorted(landed) == [
        f"orders/year=2026/month=01/day={day}/hour={hour}/part-0.parquet"
        for day, hour in (("15", "0600"), ("16", "0000"))
    ]
    files = [house.store.cat_file(f"lake/landing/kept/sales/{one}") for one in landed]
    rows = sum(pq.read_table(io.BytesIO(file)).num_rows for file in files)
    assert house.runs[-1].query("select count(*) from {bronze}.bronze_sales__orders") == [(rows,)]
    assert rows > 0


def test_rules_find_what_was_planted(house: House) -> None:
    assert house.runs[-1].rules.items() <= retail_rules(planted_in(house.runs)).items()


def test_a_reader_of_the_delivery_sees_gold(house: House) -> None:
    current = house.read("lake/gold/kept/current.json")
    assert current["run_id"] == f"scheduled__{STARTS[-1]}"
    for table, rows in current["tables"].items():
        file = house.store.cat_file(f"lake/gold/kept/{current['version']}/{table}.parquet")
        assert pq.read_table(io.BytesIO(file)).num_rows == rows
        assert house.runs[-1].query(f"select count(*) from {{gold}}.{table}") == [(rows,)]  # noqa: S608


def test_reports_of_runs_days_and_the_fleet_are_in_the_store(house: House) -> None:
    written = [f"kept/year=2026/month=01/day={one}" for one in ("16/hour=0000", "15/hour=0600")]
    runs = {f"{folder}/run_report.{kind}" for folder in written for kind in ("html", "json")}
    days = {f"kept/year=2026/month=01/day={day}/daily_report" for day in (15, 16)}
    fleet = {"index.html", "index.json", "kept/latest_daily_report.json"}
    assert house.there("lake/reports") == runs | fleet | {
        f"{day}.{kind}" for day in days for kind in ("html", "json")
    }
    (client,) = house.read("lake/reports/index.json")["clients"]
    assert [run["page"] for run in client["runs"]] == [
        f"{folder.removeprefix('kept/')}/run_report.html" for folder in written
    ]
    assert house.read("lake/reports/kept/latest_daily_report.json")["day"] == "2026-01-16"
    fifteenth = house.read("lake/reports/kept/year=2026/month=01/day=15/daily_report.json")
    assert [run["outcome"] for run in fifteenth["runs"]] == ["delivered"]


def test_commands_read_what_is_in_the_store(house: House) -> None:
    told = CliRunner().invoke(app, ["report", "kept", "--date", "2026-01-15T06:00", "--json"])
    assert told.exit_code == 0, told.output
    report = house.read("lake/reports/kept/year=2026/month=01/day=15/hour=0600/run_report.json")
    assert json.loads(told.stdout) == report


def test_nothing_of_it_is_on_this_machine_nor_is_the_login(house: House) -> None:
    home = house.retailer.home
    files = [path for path in home.rglob("*") if path.is_file()]
    assert not {"landing", "reports"} & {path.name for path in home.iterdir()}
    assert [path for path in files if path.suffix in (".parquet", ".html")] == []
    held = [path for path in files if any(one.encode() in path.read_bytes() for one in (KEY, SECRET))]
    assert held == []


def test_no_log_holds_the_secret(
    house: House, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert [one.said for one in storage(house.settings)] == [
            f"{what} at s3://lake/{what} may be written" for what in ("landing", "reports")
        ]
        with dbt_environment(house.settings, CLIENT.id):
            project = str(house.settings.dbt_project)
            flags = ["--project-dir", project, "--profiles-dir", project, "--log-level-file", "none"]
            assert dbt_runner().invoke(["debug", "--connection", *flags]).success
    printed = capfd.readouterr()
    assert "s3://lake" in caplog.text or "/lake" in caplog.text
    assert "duckdb_plugin" in printed.out
    assert SECRET not in caplog.text + printed.out + printed.err


def test_retention_deletes_in_the_store(house: House) -> None:
    kept = Retention(landing=1, bronze=1, silver=1, gold=1, reports=1)
    rules = CLIENT.business_rules.model_copy(update={"data_retention_days": kept})
    plan = replace(house.runs[-1].plan, client=CLIENT.model_copy(update={"business_rules": rules}))
    before = house.there("lake/landing") | house.there("lake/reports")
    size = sum(house.store.size(path) for path in house.store.find("lake/landing") if "/day=15/" in path)
    doomed = plan_retention(house.settings, house.ledger, plan, date(2026, 1, 17))
    landed = [loss for loss in doomed.losses if loss.layer == "landing"]
    assert {loss.object: (loss.gone, loss.held) for loss in landed} == {
        f"sales.{entity}": (1, 2) for entity in ("order_lines", "orders", "payments")
    }
    assert sum(loss.bytes or 0 for loss in landed) == size
    apply_retention(house.settings, house.ledger, RunKey("dag", "run"), doomed, actor="test", force=True)
    after = house.there("lake/landing") | house.there("lake/reports")
    assert before - after == {path for path in before if "/day=15/" in path}
    assert after <= before
    (client,) = house.read("lake/reports/index.json")["clients"]
    assert [run["page"] for run in client["runs"]] == ["year=2026/month=01/day=16/hour=0000/run_report.html"]
