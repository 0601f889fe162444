from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from medallion.clients import Catalog, load_catalog
from medallion.registry import DagFiles, Definition, FileChange, Registry, SyncPlan, open_registry, sync
from medallion.settings import Settings

FIXTURES = Path(__file__).parents[2] / "fixtures" / "clients"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of the test's own."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'registry.db'}"
    own: str = request.getfixturevalue("own_schema")()
    return own


@dataclass
class House:
    """A project of the test's own, with the fixtures' clients and a dbt project that knows their sources."""

    settings: Settings

    @property
    def clients(self) -> Path:
        return self.settings.configs / "clients"

    def catalog(self) -> Catalog:
        return load_catalog(self.settings.configs)

    def registry(self, platform: str = "default", keys: str = "") -> Registry:
        return open_registry(self.settings.database_url, platform, keys)

    def sync(self, platform: str = "default", *, confirmed: bool = False) -> SyncPlan:
        return sync(self.catalog(), self.registry(platform), self.settings, actor="ann", confirmed=confirmed)

    def edit(self, client: str, old: str, new: str) -> None:
        path = self.clients / f"{client}.yml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def write(self, client: str, *lines: str, like: str = "small") -> None:
        text = (self.clients / f"{like}.yml").read_text(encoding="utf-8")
        (self.clients / f"{client}.yml").write_text(text + "\n".join(lines) + "\n", encoding="utf-8")

    def draw(self, *clients: str, platform: str = "default") -> None:
        """Put clients' DAG files in the bundle."""
        files = DagFiles(self.registry(platform).engine, platform)
        files.change([FileChange(f"clients/client_{client}_pipeline.py", b"dag") for client in clients])

    def with_platforms(self, *names: str) -> House:
        return House(replace(self.settings, platforms=names))


@pytest.fixture
def house(tmp_path: Path, url: str) -> House:
    """The project, its registry in a database of its own."""
    shutil.copytree(FIXTURES / "configs", tmp_path / "configs")
    shutil.copytree(FIXTURES / "good", tmp_path / "configs" / "clients")
    shutil.copytree(FIXTURES / "dbt", tmp_path / "dbt")
    return House(Settings(tmp_path, tmp_path / "var", database_url=url))


@pytest.fixture
def shop(house: House) -> Definition:
    catalog = house.catalog()
    return Definition.of(catalog.clients["shop"], catalog)


@pytest.fixture
def changed(shop: Definition) -> Callable[..., Definition]:
    """The shop with other values."""
    return lambda **values: replace(shop, client=shop.client.model_copy(update=values))
