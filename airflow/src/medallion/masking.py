"""Secrets that must be in no log, ledger, report, note or message: what our own connections hold.

A text is masked where it comes in: a failure when it is classified, what systems said when the ledger takes
it down, a message before it is told. What is known to be secret is what the environment holds, and every
connection that this process has looked up; a login or a key in a URL is known by where it stands.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, quote_plus, unquote, urlsplit

#: From a text to the same one with its secrets blotted out.
Mask = Callable[[str], str]

#: Variables that hold a connection or a secret, by their names; a config file may name others.
_HOLDING = re.compile(
    r"AIRFLOW_CONN_.+|MEDALLION_REGISTRY_URL|.+_CONN|.*(PASSWORD|PASSWD|SECRET|TOKEN|_PASS|_KEY|_DSN)"
)
#: Anything shorter is in other words as well; Airflow hides none either.
_SHORTEST = 5
#: The part of a webhook's path that is its key; a shorter one is a word of its address.
_KEY = 8
_WEBHOOKS = frozenset({"http", "https", "json", "jsons", "slack", "pagerduty", "workflow", "workflows"})
#: Names of options that hold a secret.
_SECRET = re.compile(r"pass|secret|token|key|auth|credential|dsn|sas|sig", re.IGNORECASE)
_HIDDEN = "***"
#: A login in a URL, a key among a URL's options, a driver's own way to write a login, and a header's token.
_BY_PLACE = re.compile(
    r"""(?ix)
    (:// [^\s/:@"'<>]* :) [^\s/"'<>]+ (?=@)
    | ([?&] [^\s=&;#"'<>]* (?:pass|pwd|secret|token|key|auth|credential|sig) [^\s=&;#"'<>]* =)
      [^\s&;#"'<>]+
    | (\b (?:password|passwd|pwd|accountkey|sharedaccesskey) =)
      (?: \{ (?:[^}]|\}\})* \} | '[^']*' | "[^"]*" | [^\s;&,"'<>]+ )
    | (\b (?:bearer|basic) \s+) [\w.~+/=-]{8,}
    """
)
#: What was looked up in this process.
_looked_up: set[str] = set()


def masked(text: str) -> str:
    """Blot out of a text every secret that is known of, and what stands where a URL has one."""
    held = tuple(value for name, value in os.environ.items() if holds_secret(name))
    text = _mask(held, frozenset(_looked_up))(text)
    return _BY_PLACE.sub(lambda found: f"{found[found.lastindex or 0]}{_HIDDEN}", text)


def holds_secret(name: str) -> bool:
    """Whether an environment's variable holds a connection or a secret, by its name."""
    return _HOLDING.fullmatch(name) is not None


def hide(value: str) -> None:
    """Know a connection from now on, by what it was looked up as: a URL, JSON or a token."""
    _looked_up.update(secrets_of(value))


@lru_cache(maxsize=8)
def _mask(held: tuple[str, ...], looked_up: frozenset[str]) -> Mask:
    return mask_of(looked_up.union(*map(secrets_of, held)))


def secrets_in(environment: Mapping[str, str] = os.environ, named: Iterable[str] = ()) -> list[str]:
    """List what must not be seen of the connections in an environment, longest first.

    Args:
        environment: the variables.
        named: variables that a config file names, beside those whose name says what they hold.

    Returns:
        Passwords as they are and as a URL has them, keys in the paths and options of URLs, and what is no URL
        as a whole.
    """
    names = {name for name in environment if holds_secret(name)}.union(named)
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
