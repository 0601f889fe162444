"""A project with templates of its own, one live client, and a registry."""

# ruff: noqa: S608  # the SQL is the tests' own

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from medallion.clients import client_from_dict, load_catalog
from medallion.creator import CreatedDags, DagRequest, Made, create_dag, read_request
from medallion.pipeline import shape_of
from medallion.registry import ACTIVE, FILE, Definition, Registry, open_registry
from medallion.settings import Settings, load_settings
from medallion.transform import prepare

FIXTURES = Path(__file__).parents[2] / "fixtures" / "clients"
GOOD = """from airflow.sdk import DAG

MASTER_DICT = {{ master_dict }}

with DAG({{ dag_id }}, schedule={{ schedule }}, is_paused_upon_creation=False):
    pass
"""
OLD = """from airflow import DAG

arguments = #MASTER_DICT
dag = DAG("#DAG_ID", schedule="@once")
"""
CLIENT = {
    "description": "A shop",
    "schedule_interval": timedelta(days=1),
    "data_sources": ["sales"],
    "transformations": ["clean"],
    "destination": "lake",
    "business_rules": {"data_retention_days": 30, "quality_threshold": 0.9},
}


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The project with one model, its manifest, and a template of each kind."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(FIXTURES / "configs", folder / "configs")
    left_out = shutil.ignore_patterns("models", "singular", "target")
    shutil.copytree(load_settings().dbt_project, folder / "dbt", ignore=left_out)
    model = folder / "dbt" / "models" / "bronze" / "sales" / "bronze_sales__orders.sql"
    model.parent.mkdir(parents=True)
    model.write_text("select 1 as id")
    templates = folder / "airflow" / "templates"
    templates.mkdir(parents=True)
    (templates / "good.py.j2").write_text(GOOD)
    (templates / "old.template").write_text(OLD)
    settings = Settings(project=folder, home=folder / "home", database_url="sqlite://")
    prepare(settings, [shape_of(client_from_dict("acme", CLIENT))])
    return settings


@dataclass(frozen=True)
class House:
    """One installation: its registry, and the warehouse of its client."""

    settings: Settings

    @property
    def registry(self) -> Registry:
        return open_registry(self.settings.database_url, "default", self.settings.fernet_keys)

    @property
    def dags(self) -> CreatedDags:
        return CreatedDags(self.registry)

    def make(self, **changed: Any) -> Made:
        return create_dag(self.settings, self.registry, asked(**changed), actor="ann")

    def text(self, path: str) -> str:
        """A file of the bundle's newest version."""
        checksum = self.dags.files.tree()[path]
        return self.dags.files.contents([checksum])[checksum].decode()

    def told(self, subject: str) -> list[tuple[str, str]]:
        return [(event.action, event.actor) for event in self.registry.events(subject)]

    def add_client(self) -> None:
        catalog = load_catalog(self.settings.configs)
        definition = Definition.of(client_from_dict("acme", CLIENT), catalog)
        self.registry.put("acme", definition, status=ACTIVE, origin=FILE, actor="ann", why="")

    def table(self, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """The table `acme_silver.orders`."""
        path = self.settings.warehouse("acme")
        path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(path) as connection:
            connection.execute("create schema if not exists acme_silver")
            connection.execute(f"create or replace table acme_silver.orders ({columns})")
            for row in rows:
                marks = ", ".join("?" for _ in row)
                connection.execute(f"insert into acme_silver.orders values ({marks})", row)

    def rows(self) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.settings.warehouse("acme")) as connection:
            return connection.execute("select * from acme_silver.orders order by all").fetchall()


def asked(**changed: Any) -> DagRequest:
    """A good request, with some keys changed."""
    good = {"dag_id": "tidy_42", "template": "good", "namespace": "projects", "master_dict": {"a": [1]}}
    return read_request(good | changed)


@pytest.fixture
def house(project: Settings, tmp_path: Path) -> House:
    shutil.copytree(project.manifests, tmp_path / "manifests")
    return House(replace(project, home=tmp_path, database_url=f"sqlite:///{tmp_path / 'registry.db'}"))


@pytest.fixture
def add_template(house: House) -> Iterable[Callable[[str, str], None]]:
    """Adds a template for as long as the test runs."""
    folder, added = house.settings.project / "airflow" / "templates", []

    def add(file: str, text: str) -> None:
        (folder / file).write_text(text)
        added.append(folder / file)

    yield add
    for path in added:
        path.unlink()
