from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from medallion.clients import Catalog, load_catalog
from medallion.database import engine_of
from medallion.registry import Definition, Registry, SyncPlan, open_registry, sync
from medallion.settings import Settings
from servers import postgres

FIXTURES = Path(__file__).parents[2] / "fixtures" / "clients"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the test's own; on PostgreSQL a schema, for a database takes long to make."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'registry.db'}"
        return
    server, name = request.getfixturevalue("server"), f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create schema {name}")
    own = f"{server}?options=-csearch_path%3D{name}"
    yield own
    engine_of(own).dispose()


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

    def with_platforms(self, *names: str) -> House:
        return House(replace(self.settings, platforms=names))


@pytest.fixture
def house(tmp_path: Path, url: str) -> House:
    """The project, its registry in a database of its own."""
    shutil.copytree(FIXTURES / "configs", tmp_path / "configs")
    shutil.copytree(FIXTURES / "good", tmp_path / "configs" / "clients")
    shutil.copytree(FIXTURES / "dbt", tmp_path / "dbt")
    for source in ("crm", "sales"):
        (tmp_path / "dbt" / "models" / "bronze" / source).mkdir(parents=True)
    return House(Settings(tmp_path, tmp_path / "var", database_url=url))


@pytest.fixture
def shop(house: House) -> Definition:
    catalog = house.catalog()
    return Definition.of(catalog.clients["shop"], catalog)


@pytest.fixture
def changed(shop: Definition) -> Callable[..., Definition]:
    """The shop with other values."""
    return lambda **values: replace(shop, client=shop.client.model_copy(update=values))
