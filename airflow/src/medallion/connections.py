"""Addresses and logins of other systems: in an Airflow connection or an environment variable, in no file."""

from __future__ import annotations

import os
from collections.abc import Callable
from urllib.parse import quote, quote_plus

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from medallion.exceptions import ConfigError
from medallion.masking import hide

#: From an Airflow connection's id to its URL; None where there is no such connection.
Lookup = Callable[[str], str | None]


def from_environment(connection: str) -> str | None:
    """Find an Airflow connection where Airflow looks as well: ``AIRFLOW_CONN_<ID>``, as a URL."""
    return os.environ.get(variable_of(connection))


def url_of(connection: str | None, env: str | None, lookup: Lookup = from_environment) -> str:
    """Return the URL that a config file refers to by ``connection`` or ``env``.

    Args:
        connection: an Airflow connection's id, or None.
        env: an environment variable's name, or None.
        lookup: finds a connection; a task passes Airflow's own.

    Returns:
        The URL, with its login: never for a log, a ledger or an error, which from now on are masked of it.

    Raises:
        ConfigError: if nothing is there, naming what to set.
    """
    if connection:
        url = lookup(connection)
        own = variable_of(connection)
        said = f"Airflow connection {connection} is not there: add it to Airflow, or set {own}"
    else:
        url = os.environ.get(env or "")
        said = f"environment variable {env} is not set"
    if not url:
        raise ConfigError(f"{said} to a URL such as postgresql://user:password@host:5432/database")
    hide(url)
    return url


def parsed(url: str) -> URL:
    """Take a URL to pieces.

    Raises:
        ConfigError: if it is none; what it holds is not repeated.
    """
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        said = "the connection is no URL such as postgresql://user:password@host:5432/database"
        raise ConfigError(said) from None


def shown(url: URL) -> str:
    """Write a URL without login and options, for people, logs and the ledger."""
    return URL.create(url.get_backend_name(), None, None, url.host, url.port, url.database).render_as_string()


def without_secret(message: object, url: URL) -> str:
    """Return a driver's message with the URL's password, however it is written, blotted out."""
    text, password = str(message).strip(), url.password
    if password:
        in_braces = password.replace("}", "}}")  # as ODBC's connection strings have it
        encoded = (quote(password), quote(password, safe=""), quote_plus(password))
        for written in {password, in_braces, *encoded}:
            text = text.replace(written, "***")
    return text


def variable_of(connection: str) -> str:
    """The environment's variable in which Airflow looks for a connection."""
    return f"AIRFLOW_CONN_{connection.upper()}"
