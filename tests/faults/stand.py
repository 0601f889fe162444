"""Runs of a small client, task by task as its DAG has them, through faults that a test brings and ends.

What Airflow does around a task is done here as it does it: the policy is asked what follows from a failure,
the callbacks tell of it, and another try follows. Everything else is real: dbt, files, databases, servers.
"""

from __future__ import annotations

import csv
import email
import gc
import hashlib
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import policy
from functools import cached_property
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
import yaml
from airflow.sdk import DAG, RetryAction
from dbt.adapters.duckdb.connections import DuckDBConnectionManager

from destinations.tills import MODELS, YAML
from medallion.clients import load_catalog
from medallion.failures import Failure, classify
from medallion.ledger import Ledger, RunKey, open_ledger, tables
from medallion.notifications import Teller
from medallion.orchestration import told
from medallion.orchestration.dag import Manifest, create_client_dag
from medallion.pipeline import LAYERS, shape_of
from medallion.settings import Settings, load_settings
from medallion.transform import load_slim, prepare, slim_path
from sharing import share_manifests

CLIENT = "stall"
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
#: The tasks of a run in their order; those that run whatever became of the others.
BEHIND = [f"{layer}.{what}" for layer in LAYERS for what in ("build", "gate")]
TASKS = ["start", "extract_shop", *BEHIND, "quality_validation", "load_to_shelf", "daily_report"]
ALWAYS = frozenset({*(one for one in TASKS if one.endswith("gate")), "quality_validation", "daily_report"})
CONFIG = {
    "description": "A stall",
    "schedule_interval": "1d",
    "data_sources": ["shop"],
    "transformations": ["clean"],
    "destination": "shelf",
    "notification_email": "stall@example.com",
    "retries": 2,
    "business_rules": {"data_retention_days": 365, "quality_threshold": 0.5},
}
SOURCE = {
    "description": "A shop",
    "connector": "files",
    "location": "{samples}/shop",
    "format": "csv",
    "load": "interval",
    "entities": {
        "orders": {
            "path": "orders_{interval}.csv",
            "keys": ["id"],
            "event_time": "sold_at",
            "min_rows": 1,
            "checks": {"times_usual": 5},
        }
    },
}
SHELF = {"shelf": {"description": "A shelf", "type": "duckdb", "path": "shelf.duckdb"}}
#: As tills have it, of whatever types a source has.
BRONZE = """
    select
        cast(id as integer) as id, cast(cast(sold_at as timestamp) as date) as day,
        cast(amount as integer) as amount, _interval_start, _run_date
    from {{ landed('shop', 'orders') }}"""
_PATIENT = 120.0
Contents = dict[str, tuple[int, str]]


def orders(day: int, count: int = 40) -> list[dict[str, Any]]:
    """The orders of a day, among them some of the day before, corrected."""
    numbers = [*range(100 * day, 100 * day + count), *range(100 * (day - 1), 100 * (day - 1) + 5)]
    return [
        {"id": number, "sold_at": f"{FIRST + timedelta(days=day - 1, hours=number % 24):%Y-%m-%dT%H:%M:%SZ}"}
        | {"amount": number * day}
        for number in numbers
    ]


def make_project(folder: Path, **changed: Any) -> Project:
    """A project of one source, one client and three marts; keys of the source's contract may differ."""
    ignored = shutil.ignore_patterns("models", "singular", "target", "logs")
    own = load_settings()
    shutil.copytree(own.dbt_project, folder / "dbt", ignore=ignored)
    for path, sql in (MODELS | {"bronze/shop/bronze_shop__orders.sql": BRONZE}).items():
        model = folder / "dbt" / "models" / path
        model.parent.mkdir(parents=True, exist_ok=True)
        model.write_text(sql)
    (folder / "dbt" / "models" / "_models.yml").write_text(YAML)
    shutil.copytree(own.configs, folder / "configs", ignore=shutil.ignore_patterns("clients", "sources"))
    for name, said in {
        "destinations": SHELF,
        "sources/shop": SOURCE | changed,
        f"clients/{CLIENT}": CONFIG,
    }.items():
        path = folder / "configs" / f"{name}.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(said))
    return Project(folder)


@dataclass(frozen=True)
class Project:
    """The configs and models of a client."""

    folder: Path

    @cached_property
    def dag(self) -> DAG:
        """The client's DAG, as Airflow parses it."""
        catalog = load_catalog(self.folder / "configs")
        client, home = catalog.clients[CLIENT], self.folder / "var"
        share_manifests(home)
        settings, shape = Settings(self.folder, home), shape_of(client)
        prepare(settings, [shape])
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MEDALLION_PROJECT", str(self.folder))
            manifest = Manifest(load_slim(settings, shape), slim_path(settings, shape))
            return create_client_dag(CLIENT, client, catalog=catalog, manifest=manifest)


@dataclass
class Stand:
    """A client's runs in a home of its own.

    Attributes:
        project: its configs and models.
        home: where everything is written.
        mend: ends the fault, in place of the wait after the first failed try.
        ahead_of: what happens before a task begins for the first time, by the task.
        at_failure: what is looked at once a try has failed.
        ledger_in: the folder of registry and ledger, if it is not the home.
        failed: what tries failed of, in their order: the task, and the failure.
        seconds: from the end of the fault to the end of the run.
    """

    project: Project
    home: Path
    mend: Callable[[], object] | None = None
    ahead_of: dict[str, Callable[[], object]] = field(default_factory=dict)
    at_failure: Callable[[], object] = lambda: None
    ledger_in: Path | None = None
    failed: list[tuple[str, Failure]] = field(default_factory=list)
    seconds: float = 0.0
    _tries: Counter[tuple[int, str]] = field(default_factory=Counter)
    _mended: float = 0.0

    @property
    def settings(self) -> Settings:
        registry = (self.ledger_in or self.home) / "registry.db"
        return Settings(self.project.folder, self.home, database_url=f"sqlite:///{registry}")

    @property
    def ledger(self) -> Ledger:
        return open_ledger(self.settings.database_url)

    @property
    def warehouse(self) -> Path:
        return self.settings.warehouse(CLIENT)

    @property
    def shelf(self) -> Path:
        return self.settings.destinations / "shelf.duckdb"

    def landed(self, day: int) -> Path:
        """The file of a day's orders in landing."""
        partition = f"{_day(day):year=%Y/month=%m/day=%d}"
        return self.home / "landing" / CLIENT / "shop" / "orders" / partition / "part-0.parquet"

    def copy(self, home: Path) -> Stand:
        """The same client at the same point, in a home of its own."""
        shutil.copytree(self.home, home, symlinks=True)
        return Stand(self.project, home)

    def sell(self, day: int, rows: list[dict[str, Any]] | None = None) -> Path:
        """Write a day's file of the source."""
        rows = orders(day) if rows is None else rows
        path = self.settings.samples / "shop" / f"orders_{_day(day):%Y%m%dT%H%M}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0] if rows else ["id", "sold_at", "amount"])
            writer.writeheader()
            writer.writerows(rows)
        return path

    # --- A run

    def run(self, day: int, *, since: str = TASKS[0]) -> bool:
        """Run a day, or clear a task with all that follows and run these; returns whether all went well."""
        went_well = True
        environment = {
            "MEDALLION_PROJECT": str(self.project.folder),
            "MEDALLION_HOME": str(self.home),
            "MEDALLION_REGISTRY_URL": self.settings.database_url,
        }
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            # Who is told of what must not hang on how busy the machine is.
            patch.setattr(Teller.__init__, "__defaults__", (_PATIENT, _PATIENT / 2, ""))
            patch.setattr(told, "_LOOK", _PATIENT / 4)
            for name in TASKS[TASKS.index(since) :]:
                if went_well or name in ALWAYS:
                    went_well &= self._task(day, name)
        self.seconds = time.monotonic() - self._mended
        return went_well

    def mended(self) -> None:
        """The fault ends now."""
        self._mended = time.monotonic()

    def _task(self, day: int, name: str) -> bool:
        """Try a task as often as its policy says."""
        task, before = self.project.dag.get_task(name), self._tries[day, name]
        self.ahead_of.pop(name, lambda: None)()
        for number in count(before + 1):
            self._tries[day, name] = number
            context = _context(task, day, number, before + task.retries)
            try:
                _execute(task, context)
            except Exception as error:
                self.failed.append((name, classify(error)))
                self.at_failure()
                follows = _tells(task, context, error)
                del context["exception"]
            else:
                for call in task.on_success_callback:
                    call(context)
                return True
            # Out of reach of the error, whose frames hold DuckDB's files open until their process ends.
            gc.collect()
            if not follows:
                return False
            self._end_of_the_fault()
        raise AssertionError

    def _end_of_the_fault(self) -> None:
        if self.mend:
            self.mend()
            self.mend = None
            self.mended()

    @property
    def first_failure(self) -> tuple[str, str]:
        """The first task that failed, and of what; gates behind it fail as well."""
        return self.failed[0][0], self.failed[0][1].kind

    # --- What is there

    def contents(self) -> Contents:
        """How many rows each table of landing, of the layers and at the destination has, and their hash."""
        found = _tables(self.warehouse, [f"{CLIENT}_{layer}" for layer in LAYERS])
        found |= _tables(self.shelf, [CLIENT])
        for file in sorted((self.home / "landing").rglob("*.parquet")):
            rows = duckdb.sql(f"from read_parquet('{file}', hive_partitioning = false)").fetchall()
            found[str(file.relative_to(self.home))] = _hashed(rows)
        return found

    def delivered(self) -> Contents:
        """The same of what a reader has."""
        return _tables(self.shelf, [CLIENT])

    def deliveries(self, day: int) -> int:
        """How often the ledger says that a day's run has delivered."""
        return len(self.ledger.rows_of(tables.delivery, _key(day)))

    def passed(self, day: int) -> bool:
        """Whether the last verdict before the delivery let a day's run pass."""
        verdicts = [row for row in self.ledger.rows_of(tables.verdict, _key(day)) if row["gate"] == TASKS[-3]]
        return len(verdicts) >= len(LAYERS) and all(row["passed"] for row in verdicts[-len(LAYERS) :])

    def told(self) -> list[str]:
        """The subjects of the mails, in their order."""
        found = sorted((self.home / "outbox").rglob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        mails = [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in found]
        return [str(one["Subject"]).removeprefix(f"[medallion] {CLIENT} ") for one in mails]


def check_survived(stand: Stand, clean: Stand, day: int, *told: str) -> None:
    """Nothing lost, nothing doubled, no false green, told once."""
    assert stand.contents() == clean.contents()
    assert stand.passed(day)
    assert stand.deliveries(day) == 1
    assert stand.told() == list(told)
    print(f"recovered after {stand.seconds:.1f} s: {'; '.join(f'{a}: {b}' for a, b in stand.failed)}")


def again(task: str) -> tuple[str, str]:
    """What is told of a task that fails once, and then not."""
    return f"will try {task} again: try 1 of 3 failed", f"recovered: {task}"


def _execute(task: Any, context: Any) -> None:
    """Do a task, and end what would end with its process."""
    try:
        task.pre_execute(context)
        getattr(task, "poke", task.execute)(context)
    finally:
        DuckDBConnectionManager.close_all_connections()


def _tells(task: Any, context: Any, error: Exception) -> bool:
    """Do what Airflow does after a failed try; returns whether another one follows."""
    run_time, context["exception"] = context["ti"], error
    left = run_time.max_tries - run_time.try_number + 1
    decision = task.retry_policy.evaluate(error, run_time.try_number, run_time.max_tries, context)
    follows = decision.action is RetryAction.RETRY and left > 0
    for call in task.on_retry_callback if follows else task.on_failure_callback:
        call(context)
    return follows


def _context(task: Any, day: int, number: int, most: int) -> Any:
    key = _key(day)
    run_time = SimpleNamespace(
        task=task,
        task_id=task.task_id,
        dag_id=key.dag_id,
        run_id=key.run_id,
        try_number=number,
        max_tries=most,
        log_url="",
        get_dr_count=lambda **_: 0,
    )
    return {
        "dag_run": SimpleNamespace(
            dag_id=key.dag_id, run_id=key.run_id, run_after=_day(day + 1), run_type="scheduled"
        ),
        "ti": run_time,
        "params": {},
        "data_interval_start": _day(day),
        "data_interval_end": _day(day + 1),
    }


def _day(number: int) -> datetime:
    return FIRST + timedelta(days=number - 1)


def _key(day: int) -> RunKey:
    return RunKey(f"client_{CLIENT}_pipeline", f"run_{day}")


def _tables(database: Path, schemas: list[str]) -> Contents:
    with duckdb.connect(database, read_only=True) as connection:
        listed = "select table_schema, table_name from information_schema.tables order by all"
        return {
            f"{schema}.{name} in {database.name}": _hashed(
                connection.sql(f'from "{schema}"."{name}"').fetchall()
            )
            for schema, name in connection.execute(listed).fetchall()
            if schema in schemas and not name.startswith("_")
        }


def _hashed(rows: Iterable[tuple[Any, ...]]) -> tuple[int, str]:
    told = sorted(map(repr, rows))
    return len(told), hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]
