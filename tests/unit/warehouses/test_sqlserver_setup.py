"""What `medallion setup` says to a SQL Server, told to a recorder: none can run here."""

import mssql_python
import pytest

from medallion.exceptions import ConfigError
from medallion.warehouses.sqlserver_address import password_of
from medallion.warehouses.sqlserver_setup import set_up


class Server:
    """Answers each question with 0 or null, unless all is there already."""

    def __init__(self, there=False):
        self.there, self.said = there, []

    def connect(self, address, **_options):
        assert "UID={admin};PWD={secret-55d0}" in address
        self.database = address.partition("Database=")[2].partition(";")[0]
        return self

    def cursor(self):
        return self

    def execute(self, statement, *_parameters):
        self.asked = statement
        if not statement.startswith("select"):
            self.said.append(f"{self.database} {statement}")

    def fetchone(self):
        nothing = 0 if "count" in self.asked else None
        return (1 if self.there else nothing,)

    def close(self):
        pass


@pytest.fixture
def environment(monkeypatch):
    said = {"ADMIN": "admin", "ADMIN_PASSWORD": "secret-55d0", "DATABASE": "lake", "KEY": "k" * 48}
    for name, value in said.items():
        monkeypatch.setenv(f"MEDALLION_SQLSERVER_{name}", value)
    return monkeypatch


def test_the_first_time_all_is_made_and_a_client_owns_its_schemas_alone(environment):
    server = Server()
    assert list(set_up(["acme", "beta"], server.connect))[-1].startswith(
        "schemas of 2 clients are there, each"
    )
    assert server.said[:2] == [
        "{master} create database [lake]",
        "{master} alter database [lake] set read_committed_snapshot on",
    ]
    login = f"{{master}} create login [medallion_acme] with password = N'{password_of('acme', 'k' * 48)}'"
    assert [said for said in server.said if said.startswith(login)]
    of_acme = [said for said in server.said if "acme" in said and said.startswith("{lake}")]
    schemas = [f"acme_{one}" for one in ("landing", "bronze", "silver", "gold", "work")]
    assert of_acme == [
        "{lake} create user [medallion_acme] for login [medallion_acme]",
        "{lake} grant create table, create view to [medallion_acme]",
        *(f"{{lake}} create schema [{schema}] authorization [medallion_acme]" for schema in schemas),
    ]


def test_again_it_only_gives_logins_their_passwords_and_rights(environment):
    server = Server(there=True)
    list(set_up(["acme"], server.connect))
    assert [" ".join(said.split()[1:3]) for said in server.said] == ["alter login", "grant create"]


def test_without_a_key_nobody_gets_a_login(environment):
    environment.delenv("MEDALLION_SQLSERVER_KEY")
    server = Server()
    list(set_up(["acme"], server.connect))
    assert not any("login" in said or "user" in said for said in server.said)
    assert "{lake} create schema [acme_gold] authorization [dbo]" in server.said


def test_without_the_administrators_password_it_says_what_to_set(environment):
    environment.delenv("MEDALLION_SQLSERVER_ADMIN_PASSWORD")
    with pytest.raises(ConfigError, match="MEDALLION_SQLSERVER_ADMIN_PASSWORD is not set"):
        list(set_up(["acme"], Server().connect))


def test_no_error_holds_the_password(environment):
    def refuse(address, **_options):
        raise mssql_python.OperationalError("login failed", f"with {address}")

    with pytest.raises(ConfigError, match=r"cannot be set up.*login failed") as caught:
        list(set_up(["acme"], refuse))
    assert "secret-55d0" not in str(caught.value)


def test_without_key_and_administrator_the_server_is_left_as_it_is(environment):
    environment.delenv("MEDALLION_SQLSERVER_KEY")
    environment.delenv("MEDALLION_SQLSERVER_ADMIN_PASSWORD")
    server = Server()
    (said,) = set_up(["acme"], server.connect)
    assert said.startswith("the server is as its administrator made it")
    assert server.said == []
