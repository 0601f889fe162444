from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from medallion.clients import DISABLED, ENABLED, NO_DATA, load_catalog, status_of
from medallion.clients.inherited import Inherited
from medallion.exceptions import ConfigError
from medallion.settings import Settings, load_settings

Edit = Callable[[str, str, str], None]


def _status(configs: Path, client_id: str) -> str:
    catalog = load_catalog(configs)
    return status_of(catalog.client(client_id), catalog, Settings(configs.parent, configs.parent / "var"))


@pytest.fixture
def no_adventureworks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MEDALLION_ADVENTUREWORKS", str(tmp_path / "nowhere"))


@pytest.fixture
def adventureworks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "files/sales").mkdir(parents=True)
    (tmp_path / "files/sales/salesorderheader.csv").touch()
    monkeypatch.setenv("MEDALLION_ADVENTUREWORKS", str(tmp_path / "files"))


def test_a_client_is_enabled_unless_its_file_says_otherwise(configs: Path, edit: Edit) -> None:
    assert _status(configs, "small") == ENABLED

    edit("clients/small.yml", "destination:", "enabled: false\ndestination:")
    assert _status(configs, "small") == DISABLED


def test_a_client_of_adventureworks_is_disabled_without_its_files(
    configs: Path, edit: Edit, no_adventureworks: None
) -> None:
    edit("sources/crm.yml", "{samples}/{client}", "{adventureworks}")

    assert _status(configs, "small") == NO_DATA == "disabled: no data"


def test_a_client_of_adventureworks_is_enabled_with_its_files(
    configs: Path, edit: Edit, adventureworks: None
) -> None:
    edit("sources/crm.yml", "{samples}/{client}", "{adventureworks}")

    assert _status(configs, "small") == ENABLED


def test_an_override_of_the_location_decides(configs: Path, edit: Edit, no_adventureworks: None) -> None:
    edit("clients/small.yml", "[crm]", "[{name: crm, location: '{adventureworks}/crm'}]")

    assert _status(configs, "small") == NO_DATA


def test_an_unknown_client_is_told_with_the_nearest_id(configs: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no client 'smal'; did you mean 'small'\?"):
        load_catalog(configs).client("smal")
    with pytest.raises(ConfigError, match="there is no client 'x'; known are shop, small"):
        load_catalog(configs).client("x")


def test_a_broken_client_is_told_with_its_problems(configs: Path, edit: Edit) -> None:
    edit("clients/small.yml", "[crm]", "[crn]")

    with pytest.raises(ConfigError, match=r"configs/clients/small\.yml:4: data_sources\[0\]: must be one of"):
        load_catalog(configs).client("small")


def test_the_clients_of_this_project_are_good() -> None:
    catalog = load_catalog(load_settings().configs)

    assert [str(problem) for problem in catalog.problems] == []
    assert {"acme_corp", "adventure_works"} <= set(catalog.clients)


def test_the_defaults_of_this_project_say_aloud_what_is_built_in() -> None:
    said = yaml.safe_load((load_settings().configs / "defaults.yml").read_text(encoding="utf-8"))

    assert set(said) == set(Inherited.model_fields)
    assert Inherited.model_validate(said) == Inherited()


def test_reading_clients_imports_no_scheduler_and_no_database() -> None:
    heavy = "{'airflow', 'cosmos', 'dbt', 'dlt', 'sqlalchemy', 'duckdb', 'pandas'}"
    code = f"import sys, medallion.clients; print(sorted({heavy} & set(sys.modules)))"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
