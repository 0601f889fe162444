"""What has to be there on a SQL Server before clients run on it: a database, a login and schemas a client.

A client's login owns its own schemas and may make tables and views, which no schema of another's takes from
it. Of other clients' it sees neither rows nor names. All is safe to repeat; a login that is there gets the
password that follows from the key again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import URL

from medallion.connections import shown, without_secret
from medallion.exceptions import ConfigError
from medallion.warehouses.sqlserver_address import KEY, LOGIN, owners_address, password_of
from medallion.warehouses.sqlserver_session import Connect, session
from medallion.warehouses.sqlserver_types import bracketed

#: What a client's login owns.
SCHEMAS = ("landing", "bronze", "silver", "gold", "work")
#: The login that may make databases and logins, and its password.
ADMIN, ADMIN_PASSWORD = "MEDALLION_SQLSERVER_ADMIN", "MEDALLION_SQLSERVER_ADMIN_PASSWORD"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def set_up(client_ids: Iterable[str], connect: Connect | None = None) -> Iterator[str]:
    """Make what is missing on the server that the environment names.

    Args:
        client_ids: whose logins and schemas.
        connect: opens sessions; None for Microsoft's driver.

    Yields:
        What has been done, a line for each step.

    Raises:
        ConfigError: if the environment says too little, or the server does not do it.
    """
    import mssql_python  # its driver is loaded only where it is used

    key = os.environ.get(KEY)
    if not key and not os.environ.get(ADMIN_PASSWORD):
        yield f"the server is as its administrator made it: neither {KEY} nor {ADMIN_PASSWORD} is set"
        return
    clients, url = list(client_ids), _admins_address()
    try:
        with session(connect or mssql_python.connect, url.set(database="master"), autocommit=True) as server:
            yield _make_database(server.cursor(), str(url.database))
            for client in clients if key else ():
                _make_login(server.cursor(), client, password_of(client, key or ""), str(url.database))
        with session(connect or mssql_python.connect, url, autocommit=True) as opened:
            for client in clients:
                _make_schemas(opened.cursor(), client, LOGIN.format(client=client) if key else "dbo")
        whose = "each with a login of its own" if key else "all with that of MEDALLION_SQLSERVER_USER"
        yield f"schemas of {len(clients)} clients are there, {whose}"
    except mssql_python.Error as error:
        # Not from the error: a driver's message may hold the password.
        raise ConfigError(f"{shown(url)} cannot be set up: {without_secret(error, url)}") from None


def _admins_address() -> URL:
    password = os.environ.get(ADMIN_PASSWORD)
    if not password:
        said = "docker-compose.yml sets it, from what `make env` writes to .env"
        raise ConfigError(f"{ADMIN_PASSWORD} is not set: {said}")
    url = owners_address().set(username=os.environ.get(ADMIN) or "sa", password=password)
    if not _NAME.fullmatch(str(url.database)):
        raise ConfigError(
            f"MEDALLION_SQLSERVER_DATABASE: must be letters, digits and underscores, is {url.database!r}"
        )
    return url


def _make_database(cursor: Any, name: str) -> str:
    """Make the database where it is not there; readers see what was committed last, and wait for no writer.

    https://learn.microsoft.com/sql/t-sql/statements/set-transaction-isolation-level-transact-sql
    """
    if _value(cursor, "select db_id(?)", name) is not None:
        return f"the database {name} is there"
    cursor.execute(f"create database {bracketed(name)}")
    cursor.execute(f"alter database {bracketed(name)} set read_committed_snapshot on")
    return f"the database {name} is made"


def _make_login(cursor: Any, client: str, password: str, database: str) -> None:
    """Make a client's login, or give it its password again: neither takes parameters."""
    login, secret = LOGIN.format(client=client), password.replace("'", "''")
    query = "select count(*) from sys.server_principals where name = ?"
    how = "alter" if _value(cursor, query, login) else "create"
    options = f"password = N'{secret}', default_database = {bracketed(database)}, check_expiration = off"
    cursor.execute(f"{how} login {bracketed(login)} with {options}")


def _make_schemas(cursor: Any, client: str, owner: str) -> None:
    """Make a client's schemas, and the user that owns them."""
    user = bracketed(owner)
    if owner != "dbo":
        query = "select count(*) from sys.database_principals where name = ?"
        if not _value(cursor, query, owner):
            cursor.execute(f"create user {user} for login {user}")
        cursor.execute(f"grant create table, create view to {user}")
    for schema in (f"{client}_{one}" for one in SCHEMAS):
        if _value(cursor, "select schema_id(?)", schema) is None:
            cursor.execute(f"create schema {bracketed(schema)} authorization {user}")


def _value(cursor: Any, query: str, *parameters: object) -> Any:
    cursor.execute(query, parameters)
    return cursor.fetchone()[0]
