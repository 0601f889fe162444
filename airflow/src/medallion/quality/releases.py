"""Releasing rows from quarantine by hand, and taking that back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from medallion.clients.problem import hint, listed, shown
from medallion.database import utcnow
from medallion.exceptions import ConfigError
from medallion.ledger import Ledger
from medallion.ledger.releases import Release, in_force, revoke, sign
from medallion.quality.quarantine import PREFIX, Reader
from medallion.quality.waivers import check_signature

NO_KEY = "\N{EN DASH}"
_VALIDATED = "validate_"


def entity_of(model: str, entities: Sequence[str]) -> str:
    """The entity that ``--model`` names, by itself or as a model of ``validate``.

    Raises:
        ConfigError: if there is no such quarantine; the nearest is named.
    """
    entity = model.removeprefix(PREFIX).removeprefix(_VALIDATED)
    if entity in entities:
        return entity
    near = hint(entity, entities) or f"; there is {listed(entities)}"
    raise ConfigError(f"--model {shown(model)}: there is no such quarantine{near}")


def parse_key(text: str, columns: Sequence[str]) -> dict[str, str]:
    """Read a key as `medallion quarantine` shows it: one column's text as it is, several as a JSON list.

    Raises:
        ConfigError: if it is not that; the text says what is wanted.
    """
    if len(columns) == 1:
        return {columns[0]: text}
    try:
        parts = json.loads(text)
    except ValueError:
        parts = None
    if not isinstance(parts, list) or len(parts) != len(columns) or not all(map(_is_plain, parts)):
        wanted = json.dumps([f"<{column}>" for column in columns])
        raise ConfigError(f"{shown(text)}: the key is a JSON list, {wanted}, as the listing shows it")
    return dict(zip(columns, map(str, parts), strict=True))


def key_text(key: Mapping[str, str | None]) -> str:
    """Write a key as :func:`parse_key` reads it; a dash where the entity has none."""
    if len(key) == 1:
        (only,) = key.values()
        return NO_KEY if only is None else only
    return json.dumps(list(key.values()), ensure_ascii=False) if key else NO_KEY


def release_rows(
    ledger: Ledger,
    reader: Reader,
    client_id: str,
    entity: str,
    *,
    keys: Sequence[str],
    rule: str | None,
    why: str,
    by: str,
) -> list[Release]:
    """Release rows that are in quarantine now: the next build lets them through, all or none.

    Args:
        ledger: where releases are written down.
        reader: the client's quarantines.
        client_id: whose.
        entity: ``<source>__<entity>``.
        keys: the rows' keys, as :func:`parse_key` reads them.
        rule: forgive just this rule; None forgives every rule that the row breaks.
        why: the reason given.
        by: who signs.

    Returns:
        The releases that were written; a row that is released already is not written again.

    Raises:
        ConfigError: if a key is no row in quarantine, or the reason or the name is blank.
    """
    check_signature(why, by)
    columns = _columns(reader.keys, entity)
    signed: dict[str, Any] = {"why": why.strip(), "signed_by": by.strip(), "signed_at": utcnow()}
    made: dict[str, Release] = {}
    for text in keys:
        key = parse_key(text, columns)
        rules = _broken(reader, entity, key, rule)
        made[text] = Release(client_id=client_id, entity=entity, key=key, rules=rules, **signed)
    known = [(one.entity, one.key, set(one.rules)) for one in in_force(ledger, client_id)]
    fresh = [one for one in made.values() if not _is_among(one, known)]
    if fresh:
        sign(ledger, fresh)
    return fresh


def revoke_rows(
    ledger: Ledger, reader: Reader, client_id: str, entity: str, *, keys: Sequence[str], by: str
) -> list[Release]:
    """Take releases back, all or none: the next build quarantines again what still breaks its rules.

    Raises:
        ConfigError: if no release of a key is in force.
    """
    check_signature("revoked", by)
    columns, ended = _columns(reader.keys, entity), []
    known = [one for one in in_force(ledger, client_id) if one.entity == entity]
    for text in keys:
        key = parse_key(text, columns)
        mine = [one for one in known if one.key == key]
        if not mine:
            released = [key_text(one.key) for one in known]
            near = hint(text, released) or f"; released: {listed(released)}"
            raise ConfigError(f"{entity}: no release of {shown(text)} is in force{near}")
        ended += mine
    revoke(ledger, [one.id for one in ended], by.strip())
    return ended


def _columns(keys: Mapping[str, Sequence[str]], entity: str) -> Sequence[str]:
    if not keys.get(entity):
        raise ConfigError(f"{entity}: its model of validate has no test of its key, so no row can be named")
    return keys[entity]


def _broken(reader: Reader, entity: str, key: Mapping[str, str], rule: str | None) -> tuple[str, ...]:
    """The rules to forgive: all that the rows of a key broke, or the one asked for."""
    rows = reader.find(entity, key)
    broken = sorted({name for row in rows for name in row.rules})
    if not rows:
        raise ConfigError(
            f"{PREFIX}{entity}: no row has the key {shown(key_text(key))}; "
            f"`medallion quarantine … --model {entity}` lists them"
        )
    if rule and rule not in broken:
        raise ConfigError(f"{PREFIX}{entity}: {shown(key_text(key))} breaks {', '.join(broken)}, not {rule}")
    return (rule,) if rule else tuple(broken)


def _is_among(one: Release, known: Sequence[tuple[str, dict[str, str], set[str]]]) -> bool:
    return any(
        one.entity == entity and one.key == key and set(one.rules) <= rules for entity, key, rules in known
    )


def _is_plain(part: Any) -> bool:
    return isinstance(part, (str, int, float)) and not isinstance(part, bool)
