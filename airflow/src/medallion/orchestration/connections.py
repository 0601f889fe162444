"""Airflow's own connections, as :mod:`medallion.connections` asks for them."""

from __future__ import annotations

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException


def airflow_connection(connection: str) -> str | None:
    """Return the URL of an Airflow connection, or None where there is none; only a task may ask."""
    try:
        return str(Connection.get(connection).get_uri())
    except AirflowNotFoundException:
        return None
