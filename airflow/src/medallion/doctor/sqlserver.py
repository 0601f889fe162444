"""What a SQL Server still lacks before clients' warehouses can be on it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial

from medallion.connections import without_secret
from medallion.doctor.finding import BAD, OK, WARN, Finding
from medallion.doctor.logins import knock
from medallion.registry.definition import Definition
from medallion.settings import Settings
from medallion.warehouses.sqlserver_address import KEY, address_of, owners_address
from medallion.warehouses.sqlserver_session import session
from medallion.warehouses.sqlserver_setup import SCHEMAS

_PATIENCE = 2.0  # seconds for a server to answer
#: https://learn.microsoft.com/sql/odbc/reference/syntax/sqlsetconnectattr-function: SQL_ATTR_LOGIN_TIMEOUT
_LOGIN_TIMEOUT, _LOGIN_SECONDS = 103, 5
#: https://learn.microsoft.com/sql/relational-databases/databases/database-identifiers
_LONGEST_NAME = 128
_SET_UP = "medallion setup makes the database, logins and schemas: docs/sqlserver.md"


def server(settings: Settings, definitions: Sequence[Definition]) -> Iterator[Finding]:
    """Look for the server that the environment names, and on it for each client's login and schemas.

    Args:
        settings: the installation as it is.
        definitions: the clients that run here.
    """
    names = [settings.name_of(one.client.id) for one in definitions]
    url = owners_address()
    found = knock("the server of MEDALLION_SQLSERVER_HOST", str(url.host), int(url.port or 1433), _PATIENCE)
    yield Finding("sqlserver", found.level, found.said, found.todo)
    login = _login(str(url.username), given=bool(url.password))
    yield login
    yield _lengths(names)
    if BAD not in (found.level, login.level):
        yield from _inside(names)


def _login(shared: str, *, given: bool) -> Finding:
    """What clients log in with."""
    if os.environ.get(KEY):
        return Finding("logins", OK, "each client has a login of its own, by MEDALLION_SQLSERVER_KEY")
    if given:
        said = f"all clients share the login {shared}"
        return Finding("logins", WARN, said, f"set {KEY}, then medallion setup makes a login for each")
    said = f"neither {KEY} nor MEDALLION_SQLSERVER_PASSWORD is set"
    return Finding("logins", BAD, said, "set one of them: docs/sqlserver.md")


def _lengths(names: Sequence[str]) -> Finding:
    """Names of schemas, which a server takes up to a length."""
    longest = [max((f"{name}_{one}" for one in SCHEMAS), key=len) for name in names]
    if long := [schema for schema in longest if len(schema) > _LONGEST_NAME]:
        said = f"{', '.join(long)}: longer than {_LONGEST_NAME} characters"
        return Finding("schemas", BAD, said, "give the client a shorter id")
    return Finding("schemas", OK, f"the names of {len(names)} clients' schemas fit")


def _inside(names: Sequence[str]) -> Iterator[Finding]:
    """Log in as each client and look for its schemas; clients of one trouble are told together."""
    refused: dict[str, list[str]] = {}
    lacking: list[str] = []
    for name in names:
        try:
            lacking += _missing_schemas(name)
        except _driver_errors() as error:
            # Not from the error: a driver's message may hold the password.
            said = " ".join(without_secret(error, address_of(name)).replace(f"medallion_{name}", "…").split())
            refused.setdefault(said, []).append(name)
    for said, clients in refused.items():
        yield Finding("logins", BAD, f"{', '.join(clients)} cannot log in: {said}", _SET_UP)
    if lacking:
        yield Finding("schemas", BAD, f"{', '.join(lacking)}: not there", _SET_UP)
    elif names and not refused:
        yield Finding("schemas", OK, f"{len(names)} clients log in and find their schemas")


def _missing_schemas(name: str) -> list[str]:
    import mssql_python  # its driver is loaded only where it is used

    connect = partial(mssql_python.connect, attrs_before={_LOGIN_TIMEOUT: _LOGIN_SECONDS})
    with session(connect, address_of(name), autocommit=True) as opened:
        cursor = opened.cursor()
        missing = []
        for schema in (f"{name}_{one}" for one in SCHEMAS):
            cursor.execute("select schema_id(?)", (schema,))
            if cursor.fetchone()[0] is None:
                missing.append(schema)
    return missing


def _driver_errors() -> tuple[type[Exception], ...]:
    import mssql_python

    return (mssql_python.Error, RuntimeError)
