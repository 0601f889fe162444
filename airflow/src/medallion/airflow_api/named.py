"""The Airflow that the environment names, in the connection by which its own tasks call its API."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from medallion.connections import variable_of
from medallion.exceptions import ConfigError

#: The connection by which tasks talk to Airflow's own API.
CONNECTION = "medallion_airflow"


@dataclass(frozen=True)
class NamedAirflow:
    """Where an Airflow is, and who logs in."""

    url: str
    username: str
    password: str = field(repr=False)


def named_airflow() -> NamedAirflow | None:
    """Read ``AIRFLOW_CONN_MEDALLION_AIRFLOW``, JSON or URL as Airflow takes them; None where it is not set.

    Raises:
        ConfigError: if it does not name a host, a login and a password; what it holds is not repeated.
    """
    variable = variable_of(CONNECTION)
    said = os.environ.get(variable, "").strip()
    if not said:
        return None
    try:
        found = _of_json(said) if said.startswith("{") else _of_url(said)
    except (ValueError, TypeError, AttributeError):
        found = None
    if found is None:
        raise ConfigError(
            f"{variable} must name a host, a login and a password, "
            "as URL (http://login:password@host:8080) or as JSON (conn_type, host, port, login, password)"
        )
    return found


def _of_json(text: str) -> NamedAirflow | None:
    keys = json.loads(text)
    return _named(
        keys.get("schema"), keys.get("host"), keys.get("port"), keys.get("login"), keys.get("password")
    )


def _of_url(text: str) -> NamedAirflow | None:
    parts = urlsplit(text)
    login, password = (unquote(one or "") for one in (parts.username, parts.password))
    return _named(parts.path.strip("/") or parts.scheme, parts.hostname, parts.port, login, password)


def _named(
    scheme: str | None, host: str | None, port: int | None, login: str | None, password: str | None
) -> NamedAirflow | None:
    if not (host and login and password):
        return None
    return NamedAirflow(f"{scheme or 'http'}://{host}" + (f":{port}" if port else ""), login, password)
