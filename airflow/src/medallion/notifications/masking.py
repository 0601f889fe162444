"""Secrets that must be in no message and no log: what our own connections hold."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, quote_plus, unquote, urlsplit

from medallion.notifications.message import Mask

#: Variables that hold a connection, beside those that a config file names.
_PREFIX = "AIRFLOW_CONN_"
_OWN = ("MEDALLION_REGISTRY_URL", "MEDALLION_FERNET_KEY")
#: Anything shorter is in other words as well; Airflow hides none either.
_SHORTEST = 5
#: The part of a webhook's path that is its key; a shorter one is a word of its address.
_KEY = 8
_WEBHOOKS = frozenset({"http", "https", "json", "jsons", "slack", "pagerduty", "workflow", "workflows"})
#: Names of options that hold a secret.
_SECRET = re.compile(r"pass|secret|token|key|auth|credential|dsn|sas|sig", re.IGNORECASE)
_HIDDEN = "***"


def secrets_in(environment: Mapping[str, str] = os.environ, named: Iterable[str] = ()) -> list[str]:
    """List what must not be seen of the connections in an environment, longest first.

    Args:
        environment: the variables.
        named: variables that a config file names, beside our own and Airflow's connections.

    Returns:
        Passwords as they are and as a URL has them, keys in the paths and options of URLs, and what is no URL
        as a whole.
    """
    names = {name for name in environment if name.startswith(_PREFIX)} | {*_OWN, *named}
    found = {secret for name in names if name in environment for secret in secrets_of(environment[name])}
    return sorted(found, key=lambda one: (-len(one), one))


def secrets_of(value: str) -> set[str]:
    """What must not be seen of one connection, written as a URL, as JSON or in its own way."""
    parts = [*_parts(value)]
    written = {form for part in parts for form in (part, quote(part), quote(part, safe=""), quote_plus(part))}
    return {one for one in written if len(one) >= _SHORTEST and one.lower() != "airflow"}


def _parts(value: str) -> Iterator[str]:
    value = value.strip()
    try:
        if value.startswith("{"):
            yield from _of_json(json.loads(value))
            return
        url = urlsplit(value)
        host = url.hostname or ""
    except ValueError:  # no JSON, and no URL: a secret of its own kind
        yield value
        return
    if not url.scheme or not url.netloc:
        if not value.startswith("sqlite:"):
            yield value
        return
    yield from _of_url(url, host)


def _of_json(said: Any) -> Iterator[str]:
    """A connection as JSON: its password, which may be a webhook's URL, and the secrets of its extra."""
    if not isinstance(said, dict):
        return
    if password := str(said.get("password") or ""):
        yield password
        yield from _parts(password) if "://" in password else ()
    extra = said.get("extra")
    if isinstance(extra, str):
        try:
            extra = json.loads(extra)
        except ValueError:
            yield extra
    if isinstance(extra, dict):
        yield from (str(one) for name, one in extra.items() if _SECRET.search(name))


def _of_url(url: SplitResult, host: str) -> Iterator[str]:
    """A connection as a URL: its password, and where it is a webhook's, the keys in it."""
    if url.password:
        yield unquote(url.password)
    hook = url.scheme in _WEBHOOKS
    for name, text in parse_qsl(url.query):
        if _SECRET.search(name) or (hook and len(text) >= _KEY):
            yield text
    if not hook:
        return
    yield from (unquote(part) for part in url.path.split("/") if len(part) >= _KEY)
    if url.username and not url.password:  # pagerduty://key@key
        yield unquote(url.username)
    if "." not in host and host != "localhost":  # slack://key/key/key
        yield url.netloc.rpartition("@")[2].partition(":")[0]


def mask_of(secrets: Iterable[str], beside: Mask = str) -> Mask:
    """A mask that blots out each of these, and then what another mask knows."""
    known = sorted(set(secrets), key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, known))) if known else None

    def mask(text: str) -> str:
        return beside(pattern.sub(_HIDDEN, text) if pattern else text)

    return mask
