import json

import pytest

from medallion.airflow_api.named import NamedAirflow, named_airflow
from medallion.exceptions import ConfigError

VARIABLE = "AIRFLOW_CONN_MEDALLION_AIRFLOW"
KEYS = {"conn_type": "http", "host": "api-server", "port": 8080, "login": "medallion", "password": "p@-_q"}


@pytest.mark.parametrize(
    ("connection", "url"),
    [
        (json.dumps(KEYS), "http://api-server:8080"),
        (json.dumps({**KEYS, "schema": "https"}), "https://api-server:8080"),
        ("http://medallion:p%40-_q@api-server:8080", "http://api-server:8080"),
        ("http://medallion:p%40-_q@api-server:8080/https", "https://api-server:8080"),
        ("https://medallion:p%40-_q@airflow.example.com", "https://airflow.example.com"),
    ],
)
def test_it_is_read_as_airflow_reads_it(monkeypatch, connection, url):
    monkeypatch.setenv(VARIABLE, connection)
    assert named_airflow() == NamedAirflow(url, "medallion", "p@-_q")
    assert "p@-_q" not in repr(named_airflow())


def test_without_one_there_is_none(monkeypatch):
    monkeypatch.setenv(VARIABLE, " ")
    assert named_airflow() is None
    monkeypatch.delenv(VARIABLE)
    assert named_airflow() is None


@pytest.mark.parametrize(
    "connection",
    [
        "http://api-server:8080",
        "http://medallion:hunter2@",
        "http://medallion:hunter2@api-server:port",
        '{"host": "x", "login": "hunter2"',
        '{"conn_type": "http", "host": "x", "login": "hunter2"}',
        '{"host": 1, "password": ["hunter2"]}',
    ],
)
def test_what_lacks_something_is_refused_and_not_repeated(monkeypatch, connection):
    monkeypatch.setenv(VARIABLE, connection)
    with pytest.raises(ConfigError, match=f"{VARIABLE} must name a host, a login and a password") as refused:
        named_airflow()
    assert "hunter2" not in str(refused.value)
