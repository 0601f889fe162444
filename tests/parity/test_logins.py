"""Logins that `medallion setup` makes on a server: each client's sees and changes what is its own alone."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mssql_python
import pytest
from sqlalchemy import make_url

from medallion.doctor.sqlserver import server
from medallion.settings import Settings
from medallion.warehouses.sqlserver_address import address_of
from medallion.warehouses.sqlserver_session import session
from medallion.warehouses.sqlserver_setup import set_up
from parity.emptied import emptied

pytestmark = pytest.mark.slow

#: How a server says that it is none of Microsoft's, and has no right to make tables to give: owners may.
_NOT_THERE = "'GRANT Database' is not currently supported in Babelfish"


class Lenient:
    """A session on whichever server: a statement that the stand-in says it lacks is left out."""

    def __init__(self, address: str, **options: Any) -> None:
        self.session = mssql_python.connect(address, **options)

    def cursor(self) -> Any:
        made, execute = self.session.cursor(), mssql_python.Cursor.execute

        def lenient(statement: str, *parameters: Any) -> Any:
            try:
                return execute(made, statement, *parameters)
            except mssql_python.Error as error:
                if _NOT_THERE not in str(error):
                    raise

        made.execute = lenient
        return made

    def close(self) -> None:
        self.session.close()


ONE, OTHER = "parity_one", "parity_other"


@pytest.fixture
def clients(sqlserver: str, monkeypatch: pytest.MonkeyPatch) -> str:
    url = make_url(os.environ["MEDALLION_SQLSERVER_URL"])
    for client in (ONE, OTHER):
        emptied(client)
    monkeypatch.setenv("MEDALLION_SQLSERVER_ADMIN", str(url.username))
    monkeypatch.setenv("MEDALLION_SQLSERVER_ADMIN_PASSWORD", str(url.password))
    monkeypatch.setenv("MEDALLION_SQLSERVER_KEY", "a key of this test")
    for _ in range(2):  # safe to repeat
        *_, last = set_up([ONE, OTHER], Lenient)
    return last


def _as(client: str, *statements: str) -> list[Any]:
    with session(mssql_python.connect, address_of(client), autocommit=True) as opened:
        cursor = opened.cursor()
        for statement in statements:
            cursor.execute(statement)
        return [tuple(row) for row in cursor.fetchall()]


def test_a_login_owns_its_clients_schemas_and_sees_nothing_of_others(clients: str) -> None:
    assert clients == "schemas of 2 clients are there, each with a login of its own"
    table = f"{ONE}_gold.daily"
    made = f"select 1 as n into {table}"
    assert _as(ONE, made, f"create index daily_n on {table} (n)", f"select n from {table}") == [(1,)]  # noqa: S608
    for refused in (
        f"select n from {table}",  # noqa: S608
        f"insert into {table} values (2)",  # noqa: S608
        f"drop table {table}",
        f"create table {ONE}_gold.other (n int)",
    ):
        with pytest.raises(mssql_python.Error):
            _as(OTHER, refused)
    assert _as(ONE, f"drop table {table}", "select 1") == [(1,)]


def test_doctor_finds_logins_and_schemas_or_says_which_are_missing(
    clients: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(tmp_path, tmp_path / "var", "sqlserver")

    def told(*names: str) -> list[tuple[str, str]]:
        definitions = [SimpleNamespace(client=SimpleNamespace(id=name)) for name in names]
        found = server(settings, definitions)  # type: ignore[arg-type]  # it asks for their ids alone
        return [(one.level, one.said) for one in found if one.check in ("logins", "schemas")]

    assert told(ONE, OTHER)[-1] == ("ok", "2 clients log in and find their schemas")
    stranger = told(ONE, "parity_stranger")
    assert [level for level, _ in stranger] == ["ok", "ok", "bad"]
    assert stranger[-1][1].startswith("parity_stranger cannot log in: ")
    with session(mssql_python.connect, address_of(ONE), autocommit=True) as opened:
        opened.cursor().execute(f"drop schema {ONE}_work")
    assert told(ONE, OTHER)[-1] == ("bad", f"{ONE}_work: not there")
    monkeypatch.setenv("MEDALLION_SQLSERVER_KEY", "another key")
    assert all(level == "bad" for level, said in told(ONE, OTHER) if "cannot log in" in said)
    assert any("cannot log in" in said for _, said in told(ONE, OTHER))
