"""Airflow's own connections, as :mod:`medallion.connections` asks for them."""

from __future__ import annotations

from dataclasses import replace

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from medallion.settings import Settings, load_settings


def airflow_connection(connection: str) -> str | None:
    """Return the URL of an Airflow connection, or None where there is none; tasks and the server may ask."""
    try:
        return str(Connection.get(connection).get_uri())
    except AirflowNotFoundException:
        return None


def airflow_settings() -> Settings:
    """The settings of this process, whose landing and reports are opened with Airflow's own connections."""
    return replace(load_settings(), lookup=airflow_connection)
