"""dbt by hand: on a client's own warehouse, with rows landed where there were none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from medallion.clients import Catalog, load_catalog
from medallion.development import run_dbt, write_docs
from medallion.settings import Settings, load_settings
from sharing import share_manifests

pytestmark = pytest.mark.slow

DAY = date(2026, 1, 15)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    ledger = f"sqlite:///{home / 'registry.db'}"
    share_manifests(home)
    return replace(load_settings(), home=home, target="duckdb", database_url=ledger)


@pytest.fixture(scope="module")
def catalog(settings: Settings) -> Catalog:
    return load_catalog(settings.configs)


def test_a_model_is_built_with_what_it_reads(settings: Settings, catalog: Catalog) -> None:
    client = catalog.clients["acme_corp"]
    assert run_dbt(settings, catalog, client, DAY, ["build", "-s", "+retail_stock", "--quiet"])
    with duckdb.connect(settings.warehouse("acme_corp")) as connection:
        tables = connection.execute("select table_schema, table_name from information_schema.tables")
        built = set(tables.fetchall())
    assert ("acme_corp_gold", "retail_stock") in built
    assert not [name for _, name in built if "sales" in name]
    landed = sorted(path.name for path in (settings.landing / "acme_corp").iterdir() if path.is_dir())
    assert {"crm", "inventory", "sales"} <= set(landed)


def test_what_is_wrong_with_a_model_ends_the_command_badly(settings: Settings, catalog: Catalog) -> None:
    client = catalog.clients["acme_corp"]
    without_parents = ["run", "-s", "retail_orders", "--quiet", "--log-level", "none"]
    assert not run_dbt(settings, catalog, client, DAY, without_parents)
    assert not run_dbt(settings, catalog, client, DAY, ["bild"])


@pytest.mark.soak
def test_the_documentation_shows_every_model_on_one_page(settings: Settings, catalog: Catalog) -> None:
    page = write_docs(settings, catalog.sources).read_text(encoding="utf-8")
    models = [path.stem for path in Path(settings.dbt_project / "models").rglob("*.sql")]
    assert all(model in page for model in models)
    assert not settings.warehouse("docs").exists()
