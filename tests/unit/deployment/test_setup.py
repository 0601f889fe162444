from dataclasses import replace
from types import SimpleNamespace

import pytest

from medallion.clients import load_catalog
from medallion.deployment import setup
from medallion.exceptions import ConfigError
from medallion.registry import ACTIVE, API, Definition
from medallion.registry.find import registry_of
from medallion.settings import Settings, load_settings

CONNECTION = (
    '{"conn_type": "http", "host": "api-server", "port": 8080, "login": "medallion", "password": "p-_q"}'
)


@pytest.fixture
def settings(tmp_path):
    return Settings(load_settings().project, tmp_path, database_url=f"sqlite:///{tmp_path / 'registry.db'}")


@pytest.fixture
def environment(monkeypatch):
    given = {"MEDALLION_ADMIN_PASSWORD": "secret", "AIRFLOW_CONN_MEDALLION_AIRFLOW": CONNECTION}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    # What it calls is Airflow's, and is done for real in tests/docker.
    monkeypatch.setattr(setup, "_migrate_airflow", lambda: None)
    return monkeypatch


@pytest.mark.parametrize("missing", ["MEDALLION_ADMIN_PASSWORD", "AIRFLOW_CONN_MEDALLION_AIRFLOW"])
def test_what_is_not_set_is_named_with_where_it_comes_from(settings, environment, missing):
    environment.delenv(missing)
    with pytest.raises(ConfigError, match=f"{missing} is not set: docker-compose.yml sets it"):
        list(setup.set_up(settings))


def test_a_connection_without_login_is_refused(settings, environment):
    environment.setenv("AIRFLOW_CONN_MEDALLION_AIRFLOW", "http://api-server:8080")
    with pytest.raises(ConfigError, match="must name a host, a login and a password"):
        list(setup.set_up(settings))


@pytest.mark.parametrize("rows", ["many", "-1", "1.5"])
def test_rows_of_samples_are_a_number(settings, environment, rows):
    environment.setenv("MEDALLION_SAMPLE_ROWS", rows)
    with pytest.raises(ConfigError, match="must be a whole number, or empty for no samples, is "):
        list(setup.set_up(settings))


def test_a_client_that_is_in_the_registry_alone_is_set_up_too(settings, environment):
    asked = []

    def recorded(_settings, client_ids):
        asked.extend(client_ids)
        raise ConfigError("enough is known")

    catalog = load_catalog(settings.configs)
    made = Definition.of(catalog.clients["acme_corp"], catalog)
    alone = replace(made, client=made.client.model_copy(update={"id": "alone"}))
    registry_of(settings).put("alone", alone, status=ACTIVE, origin=API, actor="app", why="")
    environment.setattr(setup, "_people", lambda *_: iter(()))
    environment.setattr(setup, "warehouse_of", lambda _: SimpleNamespace(set_up=recorded))
    with pytest.raises(ConfigError, match="enough"):
        list(setup.set_up(settings))
    assert {"alone", "acme_corp", "startup_inc"} <= set(asked)
