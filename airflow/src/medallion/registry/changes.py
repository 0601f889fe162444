"""What differs between two definitions, key by key, in the words of a client's file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import Enum
from typing import Any, NamedTuple

from medallion.clients import duration_text
from medallion.registry.definition import Definition


class Change(NamedTuple):
    """A value before and after; None where there was or is none."""

    old: Any
    new: Any


#: By dotted key: ``schedule_interval``, ``sources.sales.freshness``, ``destination.path``.
Changes = Mapping[str, Change]


def changes_between(old: Definition | None, new: Definition | None) -> dict[str, Change]:
    """Compare two definitions.

    Args:
        old: what was; None compares with nothing at all.
        new: what is to be.

    Returns:
        The keys that differ, each with both values as plain ones; a source's begin with ``sources.<name>``,
        the destination's with ``destination``.
    """
    before, after = _flat(old), _flat(new)
    keys = [*after, *(key for key in before if key not in after)]
    found = {key: Change(before.get(key), after.get(key)) for key in keys}
    return {key: change for key, change in found.items() if change.old != change.new}


def _flat(definition: Definition | None) -> dict[str, Any]:
    if definition is None:
        return {}
    told = {
        **definition.client.model_dump(),
        "sources": {name: contract.model_dump() for name, contract in definition.sources.items()},
    }
    return dict(_leaves(told)) | {
        f"destination.{key}": _plain(value)
        for key, value in definition.destination.model_dump(exclude={"name"}).items()
    }


def _leaves(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _leaves(inner, f"{above}{key}.")
        elif inner is not None:
            yield f"{above}{key}", _plain(inner)


def _plain(value: Any) -> Any:
    """A value as JSON can carry it and its writer wrote it: ``6h``, not 21600."""
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items() if inner is not None}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
