from __future__ import annotations

from pathlib import Path

import pytest

from medallion.clients import DISABLED, load_catalog, status_of
from medallion.clients.schema import SCHEMA_LINE
from medallion.clients.template import _filled, new_client
from medallion.exceptions import ConfigError
from medallion.settings import Settings, load_settings


def test_a_new_client_is_valid_at_once_and_not_yet_run(configs: Path) -> None:
    path = new_client("hat_shop", configs / "clients", load_catalog(configs))

    catalog = load_catalog(configs)
    assert path == configs / "clients/hat_shop.yml"
    assert path.read_text(encoding="utf-8").splitlines()[0] == SCHEMA_LINE
    assert catalog.problems == ()
    settings = Settings(configs.parent, configs.parent / "var")
    assert status_of(catalog.client("hat_shop"), catalog, settings) == DISABLED
    assert not [note for note in catalog.notes if "hat_shop" in str(note)]


def test_a_new_client_reads_a_source_that_samples_can_be_written_for() -> None:
    catalog = load_catalog(load_settings().configs)
    assert "adventureworks" in min(catalog.sources)
    assert "data_sources: [app_events]" in _filled("hat_shop", catalog)


def test_a_new_client_never_overwrites(configs: Path) -> None:
    before = (configs / "clients/small.yml").read_bytes()

    with pytest.raises(ConfigError, match=r"small is there already: small\.yml"):
        new_client("small", configs / "clients", load_catalog(configs))

    assert (configs / "clients/small.yml").read_bytes() == before


@pytest.mark.parametrize("name", ["small.yaml", "Small.YML"])
def test_a_file_that_claims_the_id_counts_as_there(configs: Path, name: str) -> None:
    (configs / "clients/small.yml").rename(configs / "clients" / name)

    with pytest.raises(ConfigError, match="there already"):
        new_client("small", configs / "clients", load_catalog(configs))


@pytest.mark.parametrize("client_id", ["../out", "/out", "Hat", "hat-shop", "", "hat\n", "-h"])
def test_an_id_never_becomes_a_path(configs: Path, client_id: str) -> None:
    before = sorted(configs.parent.rglob("*"))

    with pytest.raises(ConfigError, match="id must be"):
        new_client(client_id, configs / "clients", load_catalog(configs))

    assert sorted(configs.parent.rglob("*")) == before


def test_a_new_client_needs_something_to_name(configs: Path) -> None:
    (configs / "destinations.yml").unlink()

    with pytest.raises(ConfigError, match="needs a valid source and a valid destination"):
        new_client("hat_shop", configs / "clients", load_catalog(configs))


def test_a_folder_that_is_not_there_is_told(configs: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written: No such file"):
        new_client("hat_shop", configs / "elsewhere", load_catalog(configs))
