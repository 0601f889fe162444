import pytest

from medallion.deployment import setup
from medallion.exceptions import ConfigError
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
