"""One small client with its plan, and a ledger in which its runs can be told as they would happen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import create_engine, update
from sqlalchemy.pool import StaticPool

from medallion.clients import client_from_dict
from medallion.database import metadata
from medallion.exceptions import TransformError
from medallion.failures import Decision, classify
from medallion.interval import Interval
from medallion.ledger import Ledger, NodeRow, RunKey, tables
from medallion.ledger.tries import add_failed_try, begin_try, failed_tries_of
from medallion.pipeline import make_plan
from medallion.pipeline.plan import Plan
from medallion.reports import run_figures
from medallion.reports.contract import Report, report_schema
from medallion.settings import Settings

#: As the macro rolling_week makes it; six days are too few to know what is usual.
WEEKS = """
    create schema acme_corp_gold;
    create schema acme_corp_bronze;
    create table acme_corp_bronze.bronze_crm__people as
        select date '2026-01-14' + least(range, 1)::integer as _run_date from range(3);
    create table acme_corp_gold.gold_people as
        select
            order_date, order_count, window_days, window_order_count,
            cast(window_order_count / window_days as decimal(18, 4)) as average_daily_orders,
            order_count * window_days / nullif(window_order_count, 0) - 1 as order_growth,
            cast(order_count * 10.5 as decimal(18, 4)) as revenue,
            cast(window_order_count * 10.5 as decimal(18, 4)) as window_revenue,
            cast(window_order_count * 10.5 / window_days as decimal(18, 4)) as average_daily_revenue,
            cast(0.04 as decimal(18, 6)) as revenue_growth
        from (
            select
                cast(date '2026-01-01' + number as date) as order_date,
                number as order_count,
                least(number + 1, 7) as window_days,
                cast(sum(number) over (order by number rows between 6 preceding and current row) as bigint)
                    as window_order_count
            from (select cast(range as integer) as number from range(20))
        )
"""
KEY = RunKey("client_acme_corp_pipeline", "manual__2026-01-15T00:00:00+00:00")
INTERVAL = Interval(datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC))
SCHEMA = Draft202012Validator(report_schema())
STARTED = datetime(2026, 1, 16, 0, 5)  # as the ledger keeps it, in UTC without zone


def model(layer, group, name):
    return _node(f"model.medallion.{name}", name, "model", layer, group, [])


def hard_test(behind, name):
    return _node(
        f"test.medallion.{name}.1", name, "test", behind["layer"], behind["group"], [behind["unique_id"]]
    )


def rule(behind, name, reads, **changed):
    facts = {"name": name, "condition": f"{name} = 1", "effect": "gate", "on_fail": "quarantine"}
    return hard_test(behind, name) | {"rule": facts | changed, "reads": reads}


def _node(unique_id, name, kind, layer, group, parents):
    facts = {"unique_id": unique_id, "name": name, "resource_type": kind, "layer": layer, "group": group}
    return facts | {"depends_on": {"nodes": parents}}


QUARANTINE = ("quarantine", "validate")


def nodes(*, without="", models=0, quarantine=False, called="has_address", **changed):
    """A project's nodes: without a layer, with a quarantine or more models in bronze, with another rule."""
    bronze = model("bronze", "crm", "bronze_crm__people")
    clean = model("silver", "clean", "clean_crm__people")
    gold = model("gold", "sales", "gold_people")
    found = [
        bronze,
        *(model("bronze", "crm", f"model_{number}") for number in range(models)),
        hard_test(bronze, "bronze_people_not_empty"),
        clean,
        *(model("silver", "validate", f"{kind}_crm__people") for kind in QUARANTINE if quarantine),
        hard_test(clean, "people_unique"),
        rule(clean, called, "clean_crm__people", **changed),
        rule(clean, "has_phone", "clean_crm__people", on_fail="keep", effect="report"),
        gold,
        hard_test(gold, "gold_people_unique"),
    ]
    return [node for node in found if node["layer"] != without]


def plan_of(found, **changed):
    config = {
        "description": "ACME Corporation data pipeline",
        "schedule_interval": "1d",
        "data_sources": ["crm"],
        "transformations": ["clean"],
        "destination": "data_warehouse",
        "business_rules": {"data_retention_days": 30, "quality_threshold": 0.95},
    }
    client = client_from_dict("acme_corp", config | changed)
    return make_plan(client, {"metadata": {}, "nodes": {node["unique_id"]: node for node in found}})


@dataclass
class Story:
    """A run told to the ledger step by step; each step takes a minute."""

    ledger: Ledger
    plan: Plan
    key: RunKey = KEY
    interval: Interval = INTERVAL
    clock: datetime = field(default=STARTED)

    def figures(self) -> dict[str, Any]:
        """The figures; whatever a test tells, they are what the contract says, to the last key."""
        found = run_figures(self.ledger, self.plan, self.key, self.interval)
        SCHEMA.validate(found)
        Report.model_validate(found, strict=True, extra="forbid", by_alias=True)
        return found

    def start(self, **asked: Any) -> None:
        start, end = (when.replace(tzinfo=None) for when in (self.interval.start, self.interval.end))
        facts = {"client_id": "acme_corp", "interval_start": start, "interval_end": end}
        self.ledger.start_run(self.key, config_version="0123456789ab", **facts | asked)
        self._stamp(tables.run, "started_at")

    def land(self, rows: int = 1200, source: str = "crm", changes: Sequence[str] = ()) -> None:
        row = {"source": source, "entity": "people", "rows": rows, "files": 1, "bytes": 45_678}
        row["changes"] = list(changes)
        self.ledger.record(tables.extraction, self.key, [row])
        self._stamp(tables.extraction, "landed_at")

    def check(self, check: str = "rows_a_day", state: str = "passed", **changed: Any) -> None:
        row = {"source": "crm", "entity": "people", "check": check, "column": None, "on_breach": "warn"}
        row |= {"state": state, "found": 60, "population": None, "allowed": 50.0, "intervals": 1}
        row |= {"said": f"people.csv: {check}", "breaches": int(state in ("warned", "failed"))}
        row["interval_start"] = self.interval.start.replace(tzinfo=None)
        self.ledger.record(tables.contract_check, self.key, [row | changed])
        self._stamp(tables.contract_check, "checked_at")

    def build(
        self, layer: str, *, series: int = 1, state: str = "success", only: Any = None, **ends: Any
    ) -> None:
        """Build a layer; ``ends`` gives by a node's name what its row has that is not all well."""
        task = f"{layer}.build"
        number = 1 + len(failed_tries_of(self.ledger, self.key, task))
        build = self.ledger.start_build(self.key, layer, series)
        self._stamp(tables.build, "started_at")
        if series == 1 and number > 1:
            begin_try(self.ledger, self.key, task, 1, number)
            self._stamp(tables.failed_try, "began_again_at", where=tables.failed_try.c.task_id == task)
        chosen = [node for node in self.plan.layer(layer).nodes if only is None or node.name in only]
        self.ledger.add_results(self.key, build, [_row(node, ends.get(node.name, {})) for node in chosen])
        self.ledger.end_build(build, state, "" if state == "success" else f"{layer} went wrong")
        self._stamp(tables.build, "finished_at")
        if state in ("retry", "failed"):
            self.fail(
                task, TransformError(f"{layer} went wrong"), number, again=state == "retry", at=self.clock
            )

    def fail(self, task: str, error: Exception, number: int = 1, *, again: bool, at: datetime) -> None:
        """Let a task's try fail at a moment."""
        decision = Decision(again, timedelta(minutes=5) if again else None)
        add_failed_try(self.ledger, self.key, task, number, classify(error), decision)
        self.clock = at - timedelta(minutes=1)
        self._stamp(tables.failed_try, "failed_at")

    def judge(self, gate: str, *, passed: bool, waivers: Any = (), score: float = 1.0) -> None:
        row = {
            "layer": gate.split(".")[0],
            "passed": int(passed),
            "score": score,
            "threshold": 0.95,
            "detail": {"rules": [{"rule": one.rule, "waiver": one.facts()} for one in waivers]},
        }
        self.ledger.record(tables.verdict, self.key, [row | {"gate": gate}])
        self._stamp(tables.verdict, "judged_at")

    def deliver(self) -> None:
        row = {
            "destination": "data_warehouse",
            "path": "data_warehouse.duckdb",
            "tables": {"gold_people": 1100},
        }
        self.ledger.record(tables.delivery, self.key, [row])
        self._stamp(tables.delivery, "delivered_at")

    def clean_up(self, **detail: Any) -> None:
        row = {"partitions": 2, "files": 3, "bytes": 1_234_567, "detail": detail}
        self.ledger.record(tables.cleanup, self.key, [row])
        self._stamp(tables.cleanup, "cleaned_at")

    def clean_up_object(self, **values: Any) -> None:
        row = {"client_id": "acme", "cutoff": date(2025, 12, 16), "share": 0.75, "refused": 0, "forced": 0}
        self.ledger.record(tables.cleanup_object, self.key, [row | {"actor": "cleanup_old_data"} | values])

    def all_well(self, *, waivers: Any = (), asked: Any = None, **ends: Any) -> None:
        self.start(**asked or {})
        self.land()
        for layer in ("bronze", "silver", "gold"):
            self.build(layer, **ends)
            self.judge(f"{layer}.gate", passed=True, waivers=waivers)
        self.deliver()
        self.clean_up()

    def _stamp(self, table: Any, column: str, where: Any = None) -> None:
        """Move what was just written to the story's own clock: a minute on, but for what is only changed."""
        self.clock += timedelta(minutes=1) if where is None else timedelta(0)
        newest = table.c.id == self.ledger.rows_of(table, self.key)[-1]["id"] if where is None else where
        with self.ledger.engine.begin() as connection:
            connection.execute(update(table).where(newest).values({column: self.clock}))


def _row(node, changed):
    facts = {"status": "success" if node.kind == "model" else "pass", "seconds": 0.25, "rows": None}
    if node.rule:
        facts |= {"population": 1000, "failing": 0}
    return NodeRow(node.unique_id, node.layer, **facts | changed)


@pytest.fixture
def story(monkeypatch):
    monkeypatch.delenv("AIRFLOW__API__BASE_URL", raising=False)
    # In memory, for a story writes often; a test may read it in a thread of its own.
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    metadata.create_all(engine)

    def begin(found=None, **changed):
        return Story(Ledger(engine), plan_of(found or nodes(), **changed))

    yield begin
    engine.dispose()


@pytest.fixture
def project():
    return nodes


@pytest.fixture
def settings(tmp_path):
    return Settings(project=tmp_path, home=tmp_path)


@pytest.fixture
def warehouse(settings):
    """The client's warehouse with a mart of rolling weeks of 20 days."""
    path = settings.warehouse("acme_corp")
    path.parent.mkdir()
    with duckdb.connect(path) as connection:
        connection.execute(WEEKS)
    return path


@pytest.fixture
def with_weeks(project):
    """A project whose one mart of gold is a rolling week's."""
    found = project()
    mart = next(node for node in found if node["name"] == "gold_people")
    mart["rolling"] = {"currency": "EUR"}
    return found
