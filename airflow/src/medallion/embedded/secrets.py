"""The embedded Airflow's secrets: made once, kept under its home, readable by its owner alone."""

from __future__ import annotations

import base64
import json
import os
import secrets
import string
from dataclasses import dataclass, field
from pathlib import Path

USERNAME = "admin"
_SECRETS, _PASSWORDS = "secrets.json", "passwords.json"


@dataclass(frozen=True)
class Secrets:
    """What all processes of one embedded Airflow share.

    ``jwt`` signs every token, ``session`` the UI's cookies, ``fernet`` encrypts connections, and ``password``
    is that of the one user, :data:`USERNAME`.
    """

    jwt: str = field(repr=False)
    session: str = field(repr=False)
    fernet: str = field(repr=False)
    password: str = field(repr=False)


def load_secrets(home: Path) -> Secrets:
    """Read the secrets of an Airflow home, making them the first time.

    Args:
        home: the Airflow home; created if it is not there.

    Returns:
        The same secrets at every call. :func:`passwords_file` holds the password as Airflow reads it.
    """
    path = home / _SECRETS
    if not path.is_file():
        home.mkdir(parents=True, exist_ok=True)
        made = {name: secrets.token_urlsafe(32) for name in ("jwt", "session")}
        made["fernet"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        write_private(path, json.dumps({**made, "password": _password()}))
    found = Secrets(**json.loads(path.read_text()))
    write_private(passwords_file(home), json.dumps({USERNAME: found.password}))
    return found


def _password() -> str:
    """Letters and digits, 95 bits: one that begins with a dash is an option to whatever it is handed to."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(16))


def passwords_file(home: Path) -> Path:
    """Where Airflow's simple auth manager reads the user's password."""
    return home / _PASSWORDS


def write_private(path: Path, text: str) -> None:
    """Replace a file atomically; nobody but its owner can read it, at no moment."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    scratch.replace(path)
