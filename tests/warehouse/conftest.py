"""A real DuckDB, built by the real dbt project from landed files; one build a shape and session."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import yaml
from dbt_common.tests import enable_test_caching

from medallion.settings import load_settings
from medallion.transform.runner import dbt_runner

# dbt's own macros, most of what there is to parse, are the same whatever the shape.
enable_test_caching()
SETTINGS = load_settings()
DBT = SETTINGS.dbt_project
ALL_STEPS = ("clean", "normalize", "enrich", "validate", "aggregate")
ADVENTUREWORKS = ("adventureworks_person", "adventureworks_production", "adventureworks_sales")
INTERVAL = "2026-01-15T00:00:00"


@dataclass(frozen=True)
class Warehouse:
    """What a build left: the database, dbt's verdicts and what its rules measured."""

    client: str
    path: Path
    statuses: dict[str, str]
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def rules(self) -> dict[str, tuple[int, int]]:
        return {e["medallion_rule"]: (e["population"], e["failing"]) for e in self.events}

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query, in which ``{gold}`` and the like stand for the client's schemas."""
        schemas = {layer: f"{self.client}_{layer}" for layer in ("bronze", "silver", "gold")}
        with duckdb.connect(self.path) as connection:
            return connection.execute(sql.format(**schemas)).fetchall()

    def value(self, sql: str) -> Any:
        return self.rows(sql)[0][0]

    def tables(self) -> set[str]:
        """The tables of the layers."""
        layers = "select table_name from information_schema.tables where table_schema not like '%_work'"
        return {name for (name,) in self.rows(layers)}


@dataclass(frozen=True)
class Project:
    """The dbt project, or a copy of it, on a target folder and a landing of its own."""

    folder: Path
    models: Path = DBT

    def of_one_source(self, source: str, folder: Path) -> Project:
        """The project with the models of one source and their run summary: a parse of it takes little."""
        models = folder / "dbt"
        shutil.copytree(self.models, models, ignore=shutil.ignore_patterns("target", "logs", ".*"))
        for model in (models / "models").rglob("*.sql"):
            if source not in model.name:
                model.unlink()
        for described in (models / "models").rglob("_*.yml"):
            if not any(described.parent.glob("*.sql")):
                described.unlink()
        return Project(folder, models)

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    def land(self, csv: Path, source: str, entity: str, client: str, interval: str = INTERVAL) -> None:
        """Write a CSV's rows where extraction would: every column as text, blank as ''."""
        with duckdb.connect() as connection:
            rows = connection.sql(
                "select coalesce(columns(*), '') from read_csv($csv, all_varchar = true, header = true)",
                params={"csv": str(csv)},
            )
            self._write(connection, rows.to_arrow_table(), (client, source, entity), interval)

    def land_rows(
        self,
        source: str,
        entities: dict[str, list[dict[str, str]]],
        client: str,
        interval: str = INTERVAL,
        kinds: Mapping[str, pa.DataType] | None = None,
    ) -> None:
        """Land every entity of a source: the rows given, '' where they say nothing; for the others none.

        As a file's they are texts, or of the types given by column, as a database's.
        """
        with duckdb.connect() as connection:
            for entity, described in contract(source)["entities"].items():
                columns = {
                    name: [row.get(name, "") for row in entities.get(entity, [])]
                    for name in described["required"]
                }
                texts = pa.table(columns, pa.schema([(name, pa.string()) for name in columns]))
                typed = pa.schema([(name, (kinds or {}).get(name, pa.string())) for name in columns])
                self._write(connection, texts.cast(typed), (client, source, entity), interval)

    def _write(self, connection: Any, rows: pa.Table, entity: tuple[str, str, str], interval: str) -> None:
        into = self.landing.joinpath(*entity, day_folder(interval))
        into.mkdir(parents=True, exist_ok=True)
        connection.register("landed", rows)
        stamped = connection.sql(
            "select *, $interval::timestamp as _interval_start, $interval::date as _run_date from landed",
            params={"interval": interval},
        )
        stamped.write_parquet(str(into / "part-0.parquet"))
        connection.unregister("landed")

    def manifest(self) -> dict[str, Any]:
        """The nodes of the last command's manifest, by their unique id."""
        nodes: dict[str, Any] = json.loads((self.folder / "target" / "manifest.json").read_text("utf-8"))[
            "nodes"
        ]
        return nodes

    def build(self, client: str, steps: tuple[str, ...] = ALL_STEPS, **options: Any) -> Warehouse:
        """Build a client as it runs: without `validate` its rules are measured, and its models not built."""
        silver = [f"tag:{step}" for step in steps if step != "aggregate"]
        chosen = ("tag:bronze", *silver, "tag:gold", "tag:rule")
        command = ("build", "--exclude-resource-type", "unit_test", "--select", *chosen)
        return self.dbt(*command, client=client, transformations=steps, **options)

    def dbt(
        self,
        *command: str,
        client: str,
        transformations: tuple[str, ...] = ALL_STEPS,
        sources: tuple[str, ...] = ADVENTUREWORKS,
        interval: str = INTERVAL,
        more: Mapping[str, Any] | None = None,
    ) -> Warehouse:
        """Run one dbt command in this process, quietly; a failed node is in the statuses, not raised."""
        variables = {
            "client": client,
            "transformations": list(transformations),
            "sources": list(sources),
            "landing": str(self.landing),
            "intervals": [{"start": interval, "path": day_folder(interval)}],
            "snapshot_entities": [
                f"{source}.{name}" for source in sources for name in contract(source)["entities"]
            ],
            **(more or {}),
        }
        database = self.folder / f"{client}.duckdb"
        events: list[dict[str, Any]] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MEDALLION_DUCKDB_PATH", str(database))
            patch.setenv("DBT_ENGINE_LOG_PATH", str(self.folder))
            outcome = dbt_runner(callbacks=[lambda event: _keep_rule_event(event, events)]).invoke(
                [
                    *command,
                    *("--project-dir", str(self.models), "--profiles-dir", str(self.models)),
                    *("--target-path", str(self.folder / "target"), "--vars", json.dumps(variables)),
                    *("--log-path", str(self.folder), "--log-level", "none", "--quiet"),
                ]
            )
        if outcome.exception:
            raise outcome.exception
        ran = [one for one in outcome.result.results if one.node.resource_type != "operation"]
        statuses = {result.node.name: str(result.status) for result in ran}
        return Warehouse(client, database, statuses, events)


def contract(source: str) -> dict[str, Any]:
    """What the source's contract says, as written."""
    said: dict[str, Any] = yaml.safe_load((SETTINGS.configs / "sources" / f"{source}.yml").read_text("utf-8"))
    return said


def day_folder(interval: str) -> str:
    year, month, day = interval[:10].split("-")
    return f"year={year}/month={month}/day={day}"


def _keep_rule_event(event: Any, events: list[dict[str, Any]]) -> None:
    if event.info.name.startswith("JinjaLog") and event.info.msg.startswith('{"medallion_rule"'):
        events.append(json.loads(event.info.msg))


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("warehouse"))


@pytest.fixture(scope="session")
def adventureworks() -> Path:
    if SETTINGS.adventureworks is None:
        pytest.skip("no AdventureWorks files: set MEDALLION_ADVENTUREWORKS to their folder")
    return SETTINGS.adventureworks


@pytest.fixture(scope="session")
def land_adventureworks(project: Project, adventureworks: Path) -> Callable[..., None]:
    """Lands the files of every entity that the sources' contracts name."""

    def land(client: str, sources: tuple[str, ...] = ADVENTUREWORKS, interval: str = INTERVAL) -> None:
        for source in sources:
            said = contract(source)
            folder = Path(said["location"].format(adventureworks=adventureworks))
            for entity, described in said["entities"].items():
                project.land(folder / described["path"], source, entity, client, interval)

    return land


@pytest.fixture(scope="session")
def built(project: Project, land_adventureworks: Callable[..., None]) -> Warehouse:
    """AdventureWorks with all transformations."""
    land_adventureworks("full")
    return project.build("full")
