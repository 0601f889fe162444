import re

import pytest
from sqlalchemy import make_url

from medallion.exceptions import ConfigError
from medallion.masking import masked
from medallion.settings import Settings
from medallion.warehouses.sqlserver import SQLSERVER
from medallion.warehouses.sqlserver_address import address_of, loader, password_of, switches, variables_of


@pytest.fixture(autouse=True)
def said(monkeypatch):
    for name in ("HOST", "PORT", "DATABASE", "USER", "PASSWORD", "KEY", "ENCRYPT", "TRUST_CERT", "LOADER"):
        monkeypatch.delenv(f"MEDALLION_SQLSERVER_{name}", raising=False)
    return lambda name, value: monkeypatch.setenv(f"MEDALLION_SQLSERVER_{name}", value)


def test_a_url_says_what_the_variables_say(said):
    url = make_url("mssql://loader:pa%40ss@db.example:1444/lake?TrustServerCertificate=yes")
    for name, value in variables_of(url).items():
        said(name.removeprefix("MEDALLION_SQLSERVER_"), value)
    assert address_of("acme") == url.update_query_dict({"Encrypt": "yes"})


def test_connections_are_encrypted_and_certificates_looked_at_unless_told_otherwise(said):
    assert dict(address_of("acme").query) == {"Encrypt": "yes", "TrustServerCertificate": "no"}
    said("ENCRYPT", "false")
    assert address_of("acme").query["Encrypt"] == "no"


def test_with_a_key_each_client_has_a_login_and_password_of_its_own(said, tmp_path):
    said("USER", "loader")
    said("KEY", "k" * 48)
    one, other = address_of("acme"), address_of("beta")
    assert (one.username, other.username) == ("medallion_acme", "medallion_beta")
    assert one.password == password_of("acme", "k" * 48) != other.password
    assert one.password != password_of("acme", "l" * 48)
    environment = SQLSERVER.environment(Settings(tmp_path, tmp_path), "acme")
    assert environment["MEDALLION_SQLSERVER_PASSWORD"] == one.password
    assert masked(f"{one.password} was refused") == "*** was refused"


@pytest.mark.parametrize("client", ["a", "acme_corp", "x" * 60])
def test_a_password_is_of_the_kinds_that_the_server_asks_for(client):
    made = password_of(client, "key")
    assert 8 <= len(made) <= 128
    assert all(re.search(kind, made) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("PORT", "many", "MEDALLION_SQLSERVER_PORT: must be a whole number, is 'many'"),
        ("ENCRYPT", "si", "MEDALLION_SQLSERVER_ENCRYPT: must be true or false, is 'si'"),
        ("LOADER", "slow", "MEDALLION_SQLSERVER_LOADER: must be bulk or insert, is 'slow'"),
        ("COLUMNSTORE", "no", "MEDALLION_SQLSERVER_COLUMNSTORE: must be true or false, is 'no'"),
    ],
)
def test_what_it_may_not_be_is_said(said, name, value, problem):
    said(name, value)
    with pytest.raises(ConfigError, match=problem):
        (address_of("acme"), loader(), switches())
