"""Airflow's own connections, as :mod:`medallion.connections` asks for them."""

from __future__ import annotations

from dataclasses import replace

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from medallion.masking import secrets_of
from medallion.settings import Settings, load_settings


def airflow_connection(connection: str) -> str | None:
    """Return the URL of an Airflow connection, or None where there is none; tasks and the server may ask.

    Airflow's logs hide what it holds from then on, also as a URL writes it.
    """
    try:
        return _hidden(str(Connection.get(connection).get_uri()))
    except AirflowNotFoundException:
        return None


def airflow_settings() -> Settings:
    """The settings of this process, whose landing and reports are opened with Airflow's own connections."""
    return replace(load_settings(), lookup=airflow_connection)


def channel_url(connection: str) -> str | None:
    """Return the URL of a channel in an Airflow connection, or None where there is none.

    It stands in the connection's password, which Airflow hides. A connection that was made from a URL gives
    that back, as far as Airflow keeps it: a host in small letters.
    """
    try:
        found = Connection.get(connection)
    except AirflowNotFoundException:
        return None
    if found.password and "://" in found.password:
        return _hidden(str(found.password))
    head, mark, options = str(found.get_uri()).partition("?")
    return _hidden(head.replace("%2F", "/") + mark + options)


def _hidden(url: str) -> str:
    """The URL, which no log shows from now on."""
    if secrets := sorted(secrets_of(url)):
        mask_secret(secrets)
    return url
