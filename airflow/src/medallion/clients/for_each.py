"""``for_each``: one file, a client for each value, or for each combination of several keys' values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

from medallion.clients.fields import NAME_PATTERN
from medallion.clients.places import LOCATION_PLACEHOLDERS, PATH_PLACEHOLDERS
from medallion.clients.problem import Flaw, Loc, shown

KEY = "for_each"
#: The most clients that one file makes: a slip in a list of values must not fill the scheduler.
MOST = 500
#: What a value may be: it becomes part of paths and, as a slug, of schemas.
VALUE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9 ._+=@-]{0,99}$"
RESERVED = (*LOCATION_PLACEHOLDERS, *PATH_PLACEHOLDERS)

_LONGEST_ID = 50
_SCHEMA = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"pattern": NAME_PATTERN},
    "additionalProperties": {
        "type": "array",
        "minItems": 1,
        "items": {"anyOf": [{"type": "string", "pattern": VALUE_PATTERN}, {"type": "integer"}]},
    },
    "description": (
        "Makes a client of each value, named <id>__<value>; of several keys, of each combination. "
        "Locations take a value as {key}, dbt as var('for_each').key."
    ),
    "examples": [{"region": ["us-east", "us-west", "eu-west"]}],
}


class Member(NamedTuple):
    """One of the clients that a file makes."""

    id: str
    values: dict[str, str]


class _Value(NamedTuple):
    slug: str
    text: str
    loc: Loc


def for_each_schema() -> dict[str, Any]:
    """Return the JSON Schema of the key."""
    return _SCHEMA


def members(client_id: str, said: Any) -> tuple[list[Member], list[Flaw]]:
    """List the clients that a file makes.

    Args:
        client_id: the file's name, which all their ids begin with.
        said: what stands under ``for_each``.

    Returns:
        The clients in the order of their values, and what is wrong; with a flaw there are none.
    """
    if not isinstance(said, Mapping) or not said:
        return [], [Flaw((KEY,), f"must be a map of keys to lists of values, is {shown(said)}")]
    flaws: list[Flaw] = []
    axes = {name: list(_axis(name, values, flaws)) for name, values in said.items()}
    count = 1
    for values in axes.values():
        count *= len(values)
    if count > MOST:
        flaws.append(Flaw((KEY,), f"must make at most {MOST} clients, would make {count}"))
    if flaws:
        return [], flaws
    found = []
    for chosen in product(*axes.values()):
        made = "__".join([client_id, *(value.slug for value in chosen)])
        if len(made) > _LONGEST_ID:
            allowed = f"an id may have {_LONGEST_ID} characters, {shown(made)} has {len(made)}"
            flaws.append(Flaw(chosen[-1].loc, f"makes too long an id: {allowed}"))
        found.append(Member(made, {name: value.text for name, value in zip(axes, chosen, strict=True)}))
    return ([], flaws) if flaws else (found, [])


def _axis(name: str, values: Any, flaws: list[Flaw]) -> Iterator[_Value]:
    """Read one key's values; each wrong one is a flaw at its own place."""
    loc: Loc = (KEY, name)
    if not re.fullmatch(NAME_PATTERN, name) or name in RESERVED:
        allowed = "must be lower-case letters, digits and underscores, a letter first"
        flaws.append(Flaw(loc, f"{allowed}, and none of {', '.join(RESERVED)}"))
        return
    if not isinstance(values, list) or not values:
        flaws.append(Flaw(loc, f"must be a list of at least one value, is {shown(values)}"))
        return
    slugs: dict[str, str] = {}
    for index, value in enumerate(values):
        wrong = _wrong(value)
        if wrong:
            flaws.append(Flaw((*loc, index), wrong))
            continue
        slug = slug_of(str(value))
        if slug in slugs:
            flaws.append(Flaw((*loc, index), _twice(str(value), slugs[slug], slug)))
            continue
        slugs[slug] = str(value)
        yield _Value(slug, str(value), (*loc, index))


def _wrong(value: Any) -> str:
    """Say why something is no value; blank if it is one."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        # YAML reads no, on and 2026-01-01 as something else than text.
        return f"must be text or a whole number, is {shown(value)}; put it in quotes"
    if not re.fullmatch(VALUE_PATTERN, str(value)):
        return f"must be letters, digits, blanks and ._+=@-, a letter or digit first, is {shown(value)}"
    return ""


def _twice(value: str, first: str, slug: str) -> str:
    """Say what is wrong with two values of one slug."""
    if value == first:
        return "is listed twice"
    return (
        f"{shown(value)} and {shown(first)} would both make the client …__{slug}; write one of them otherwise"
    )


def slug_of(value: str) -> str:
    """Write a value as it stands in ids and schemas: ``us-east`` → ``us_east``."""
    return re.sub(r"[^a-z0-9]+", "_", value.lower()).strip("_")
