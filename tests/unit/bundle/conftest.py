"""A registry with made-up clients, and the bundle of their DAG files; no Airflow runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.bundles import base

from medallion.bundle import ClientBundle, Published, files_of, publish
from medallion.clients import Destination, SourceContract, client_from_dict
from medallion.pipeline import Shape, slim_manifest
from medallion.registry import (
    ACTIVE,
    Configuration,
    DagFiles,
    Definition,
    FileChange,
    Registry,
    open_registry,
)
from medallion.settings import Settings
from medallion.transform import manifest_key
from medallion.transform.manifest import write_manifest


def _definition(client_id: str, **changes: Any) -> Definition:
    """A client of one made-up source, with its contract and its destination."""
    config = {
        "description": "A shop",
        "schedule_interval": "1d",
        "data_sources": ["shop"],
        "transformations": ["clean"],
        "destination": "shelf",
        "business_rules": {"data_retention_days": 30, "quality_threshold": 0.9},
    }
    client = client_from_dict(client_id, config | changes)
    contract = {
        "description": "The shop.",
        "location": "{samples}/{client}",
        "format": "csv",
        "load": "interval",
        "entities": {"things": {"path": "things.csv", "keys": ["id"]}},
    }
    sources = {
        ref.name: SourceContract.model_validate(contract | {"name": ref.name}) for ref in client.data_sources
    }
    shelf = Destination.model_validate({"name": "shelf", "type": "parquet", "path": "shelf"})
    return Definition(client, sources, shelf)


def _shape(*sources: str, steps: tuple[str, ...] = ("clean",)) -> Shape:
    return Shape(tuple(sorted(sources or ("shop",))), steps)


class Fleet:
    """Clients in a registry, a dbt project whose manifests need no dbt, and what Airflow would read."""

    def __init__(self, folder: Path, url: str = "") -> None:
        url = url or f"sqlite:///{folder / 'registry.db'}"
        self.settings = Settings(project=folder, home=folder / "var", database_url=url)
        self.settings.dbt_project.mkdir(parents=True)
        self.edit_project("# as it is")

    @property
    def registry(self) -> Registry:
        return open_registry(self.settings.database_url, "default")

    @property
    def files(self) -> DagFiles:
        return files_of(self.registry)

    def put(self, client_id: str, status: str = ACTIVE, **changes: Any) -> Configuration:
        known = _definition(client_id, **changes)
        return self.registry.put(client_id, known, status=status, origin="api", actor="ann", why="")

    def definition(self, client_id: str, **changes: Any) -> Definition:
        return _definition(client_id, **changes)

    def set(self, client_id: str, status: str) -> Configuration:
        return self.registry.set_status(client_id, status, origin="api", actor="ann", why="")

    def take_away(self, *paths: str) -> None:
        """Take files out of the bundle, as the factory does."""
        self.files.change([FileChange(path, None) for path in paths])

    def publish(self) -> Published:
        return publish(self.settings, self.registry)

    def edit_project(self, text: str, *shapes: Shape) -> None:
        """Make another dbt project of it, and its manifests."""
        (self.settings.dbt_project / "dbt_project.yml").write_text(text)
        for one in shapes or (_shape(), _shape("shop", "till")):
            self.make_manifest(one)

    def make_manifest(self, one: Shape) -> str:
        key = manifest_key(self.settings, one)
        folder = self.settings.manifests / key
        folder.mkdir(parents=True, exist_ok=True)
        slim = slim_manifest(_manifest(one), one)
        slim["metadata"]["key"] = key
        write_manifest(folder, b"for builds alone", slim)
        return key

    def text(self, client_id: str) -> str:
        """A client's live file."""
        checksum = self.files.tree()[f"clients/client_{client_id}_pipeline.py"]
        return self.files.contents([checksum])[checksum].decode()


def _manifest(one: Shape) -> dict[str, Any]:
    nodes = dict(_model(f"bronze_{source}__things", f"bronze/{source}") for source in one.sources)
    return {"metadata": {"project_name": "medallion"}, "nodes": nodes}


def _model(name: str, folder: str) -> tuple[str, dict[str, Any]]:
    return f"model.medallion.{name}", {
        "unique_id": f"model.medallion.{name}",
        "name": name,
        "resource_type": "model",
        "package_name": "medallion",
        "original_file_path": f"models/{folder}/{name}.sql",
        "depends_on": {"nodes": []},
        "tags": [],
    }


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path / "project")


@pytest.fixture
def bundle_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ClientBundle]:
    """Makes the bundle of a fleet as one of Airflow's processes would."""
    storage = tmp_path / "bundles"
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH", str(storage))
    # Airflow works this one out when it is imported.
    monkeypatch.setattr(base, "STALE_BUNDLE_TRACKING_FOLDER", storage / "_tracking")

    def make(fleet: Fleet, version: str | None = None, **kwargs: Any) -> ClientBundle:
        monkeypatch.setenv("MEDALLION_REGISTRY_URL", fleet.settings.database_url)
        return ClientBundle(name="clients", version=version, **kwargs)

    return make


@pytest.fixture
def two(fleet: Fleet) -> Fleet:
    """A fleet of two clients, published."""
    fleet.put("north")
    fleet.put("south")
    fleet.publish()
    return fleet
