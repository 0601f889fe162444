"""Where the SQL Server is that holds the warehouses, and the login of each client.

``MEDALLION_SQLSERVER_…`` says it, which ``dbt/profiles.yml`` reads as well. With a key each client has a
login of its own, whose password follows from the key: nothing has to be written down for a new client.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping

from sqlalchemy import URL

from medallion.exceptions import ConfigError
from medallion.masking import hide

_HOST, _PORT, _DATABASE = (
    "MEDALLION_SQLSERVER_HOST",
    "MEDALLION_SQLSERVER_PORT",
    "MEDALLION_SQLSERVER_DATABASE",
)
_USER, _PASSWORD, KEY = "MEDALLION_SQLSERVER_USER", "MEDALLION_SQLSERVER_PASSWORD", "MEDALLION_SQLSERVER_KEY"
_ENCRYPT, _TRUST = "MEDALLION_SQLSERVER_ENCRYPT", "MEDALLION_SQLSERVER_TRUST_CERT"
_LOADER = "MEDALLION_SQLSERVER_LOADER"
_SWITCHES = ("MEDALLION_SQLSERVER_COLUMNSTORE", "MEDALLION_SQLSERVER_INDEXES")
#: What a client's own login is called.
LOGIN = "medallion_{client}"
#: How rows of landing and of deliveries come to the server.
LOADERS = ("bulk", "insert")


def login_variables(client_id: str) -> dict[str, str]:
    """The variables with a client's login: its own where there is a key, else those that are set."""
    key = os.environ.get(KEY)
    if not key:
        return {}
    return {
        _USER: LOGIN.format(client=client_id),
        _PASSWORD: password_of(client_id, key),
    }


def switches() -> dict[str, str]:
    """What dbt's macros do or leave on this server, each ``true`` or ``false``.

    Raises:
        ConfigError: if one is something else.
    """
    return {name: str(_yes_or_no(os.environ, name, "true") == "yes").lower() for name in _SWITCHES}


def password_of(client_id: str, key: str) -> str:
    """A client's password: what follows from the key, in letters of every kind that SQL Server asks for.

    https://learn.microsoft.com/sql/relational-databases/security/password-policy
    """
    made = hmac.new(key.encode(), client_id.encode(), hashlib.sha256).digest()
    return f"Aa1-{base64.urlsafe_b64encode(made[:24]).decode()}"


def address_of(client_id: str) -> URL:
    """The server's database, with the client's login.

    Raises:
        ConfigError: if a variable holds what it may not.
    """
    return _address({**os.environ, **login_variables(client_id)})


def owners_address() -> URL:
    """The same with the login that is set, which makes schemas and logins where clients have their own."""
    return _address(os.environ)


def database() -> str:
    """The database that all clients' schemas are in."""
    return os.environ.get(_DATABASE) or "medallion"


def loader() -> str:
    """How rows of landing and of deliveries come to the server.

    Raises:
        ConfigError: if ``MEDALLION_SQLSERVER_LOADER`` is none.
    """
    said = os.environ.get(_LOADER) or LOADERS[0]
    if said not in LOADERS:
        raise ConfigError(f"{_LOADER}: must be {' or '.join(LOADERS)}, is {said!r}")
    return said


def variables_of(url: URL) -> dict[str, str]:
    """The variables that say what a URL does, ``Encrypt`` and ``TrustServerCertificate`` among it."""
    query = {name.lower(): str(value).lower() for name, value in url.query.items()}
    return {
        _HOST: url.host or "localhost",
        _PORT: str(url.port or 1433),
        _DATABASE: url.database or "medallion",
        _USER: url.username or "",
        _PASSWORD: url.password or "",
        _ENCRYPT: _true_or_false(query.get("encrypt", "yes")),
        _TRUST: _true_or_false(query.get("trustservercertificate", "no")),
    }


def _address(said: Mapping[str, str]) -> URL:
    port = said.get(_PORT) or "1433"
    if not port.isdigit():
        raise ConfigError(f"{_PORT}: must be a whole number, is {port!r}")
    password = said.get(_PASSWORD) or None
    url = URL.create(
        "mssql",
        said.get(_USER) or "medallion",
        password,
        said.get(_HOST) or "localhost",
        int(port),
        database(),
        {
            "Encrypt": _yes_or_no(said, _ENCRYPT, "true"),
            "TrustServerCertificate": _yes_or_no(said, _TRUST, "false"),
        },
    )
    hide(url.render_as_string(hide_password=False))
    return url


def _yes_or_no(said: Mapping[str, str], name: str, usual: str) -> str:
    value = (said.get(name) or usual).lower()
    if value not in ("true", "false"):
        raise ConfigError(f"{name}: must be true or false, is {value!r}")
    return "yes" if value == "true" else "no"


def _true_or_false(word: str) -> str:
    return str(word in ("yes", "true", "mandatory", "strict")).lower()
