"""The connections and environment variables that sources and destinations name."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from medallion.connections import parsed, url_of
from medallion.doctor.finding import BAD, OK, WARN, Finding
from medallion.exceptions import ConfigError
from medallion.registry.definition import Definition

#: Ports of databases whose URL names none.
_PORTS = {"postgresql": 5432, "postgres": 5432, "mssql": 1433, "mysql": 3306}


@dataclass(frozen=True)
class Login:
    """What is named somewhere; a database has an address that can be tried, a token has none."""

    connection: str | None
    env: str | None
    is_database: bool

    def __str__(self) -> str:
        return f"connection {self.connection}" if self.connection else f"variable {self.env}"


def logins(definitions: Iterable[Definition], patience: float = 2.0) -> Iterator[Finding]:
    """Look for each login, and whether somebody listens at its address.

    Args:
        definitions: the clients whose sources and destinations are meant.
        patience: seconds to wait for an answer.
    """
    named: dict[Login, set[str]] = {}
    for definition in definitions:
        for login, user in named_logins(definition):
            named.setdefault(login, set()).add(user)
    for login in sorted(named, key=str):
        yield _look_for(login, sorted(named[login]), patience)
    if not named:
        yield Finding("connections", OK, "no source or destination in use needs one")


def named_logins(definition: Definition) -> Iterator[tuple[Login, str]]:
    """Each login that a client's sources and destination name, and which of them names it."""
    to = definition.destination
    if to.connection or to.env:
        yield Login(to.connection, to.env, to.type in ("postgres", "sqlserver")), f"destination {to.name}"
    for source in definition.sources.values():
        if source.connection or source.env:
            own = (source.connection or "").replace("{client}", definition.client.id) or None
            yield Login(own, source.env, source.connector == "sql"), f"source {source.name}"


def _look_for(login: Login, users: list[str], patience: float) -> Finding:
    who = f"{login} (of {', '.join(users)})"
    try:
        url = url_of(login.connection, login.env)
    except ConfigError as error:
        # Airflow may have it in its own database, which no command may read.
        level = WARN if login.connection else BAD
        return Finding("connections", level, f"{login} is not in the environment", f"{error}")
    if not login.is_database or url.lstrip().startswith("{"):
        return Finding("connections", OK, f"{who} is set")
    try:
        address = parsed(url)
    except ConfigError as error:
        return Finding("connections", BAD, f"{who}: {error}", "set it to the database's URL")
    backend = address.get_backend_name()
    port = address.port or _PORTS.get(backend)
    if not address.host or not port:
        return Finding("connections", OK, f"{who} is set")
    return knock(who, address.host, port, patience)


def knock(who: str, host: str, port: int, patience: float) -> Finding:
    """Whether somebody listens at an address."""
    try:
        socket.create_connection((host, port), patience).close()
    except OSError as error:
        said = f"{who}: nothing answers at {host}:{port} ({error})"
        return Finding("connections", BAD, said, "start that database, or correct the address")
    return Finding("connections", OK, f"{who} answers at {host}:{port}")
