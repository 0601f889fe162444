import socket

import pytest

from medallion.doctor import BAD, OK, WARN
from medallion.doctor.logins import logins

BY_ENV = {"name": "warehouse", "type": "postgres", "env": "WAREHOUSE_URL"}
BY_CONNECTION = {"name": "warehouse", "type": "postgres", "connection": "warehouse"}
SQL = {
    "connector": "sql",
    "connection": "erp_{client}",
    "load": "snapshot",
    "entities": {"people": {"table": "people", "keys": ["id"]}},
}


@pytest.fixture
def listening():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def one(*definitions):
    (found,) = logins(definitions, patience=0.5)
    return found


def test_where_no_login_is_named_none_is_missed(definition):
    assert one(definition()).level == OK


def test_a_variable_that_is_not_set_is_bad(settings, definition):
    found = one(definition(destination=BY_ENV))
    assert (found.level, found.said) == (BAD, "variable WAREHOUSE_URL is not in the environment")
    assert "WAREHOUSE_URL is not set to a URL" in found.todo


def test_a_connection_may_be_airflows_own(settings, definition):
    found = one(definition(destination=BY_CONNECTION))
    assert found.level == WARN
    assert "add it to Airflow, or set AIRFLOW_CONN_WAREHOUSE" in found.todo


def test_a_login_that_is_no_url_is_bad_and_not_repeated(settings, definition, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", "s3cret")
    found = one(definition(destination=BY_ENV))
    assert found.level == BAD
    assert "s3cret" not in found.said + found.todo


def test_a_database_that_listens_is_fine(settings, definition, monkeypatch, listening):
    monkeypatch.setenv("WAREHOUSE_URL", f"postgresql://me:s3cret@127.0.0.1:{listening}/gold")
    found = one(definition(destination=BY_ENV))
    assert found.said.endswith(f"answers at 127.0.0.1:{listening}")
    assert (found.level, "s3cret" in found.said) == (OK, False)


def test_a_database_that_does_not_listen_is_bad(settings, definition, monkeypatch):
    with socket.socket() as taken:  # bound, not listening: nobody else gets the port, and nobody answers
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        monkeypatch.setenv("WAREHOUSE_URL", f"postgresql://me:s3cret@127.0.0.1:{port}/gold")
        found = one(definition(destination=BY_ENV))
    assert (found.level, f"nothing answers at 127.0.0.1:{port}" in found.said) == (BAD, True)
    assert "s3cret" not in found.said


def test_a_sources_connection_is_the_clients_own(settings, definition):
    assert "connection erp_acme is not" in one(definition(source=SQL)).said
