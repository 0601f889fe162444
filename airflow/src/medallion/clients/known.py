"""What a client may name: its sources, destination and rules, and what the warehouse allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationInfo
from pydantic_core import PydanticCustomError

from medallion.clients.problem import hint, not_one_of


@dataclass(frozen=True)
class Known:
    """What a client may name, given to validation as its context; None leaves that kind unchecked.

    A source or destination that is declared but broken is there with None in its place. With them comes what
    the warehouse allows.
    """

    sources: Mapping[str, object | None] | None = None
    destinations: Mapping[str, object | None] | None = None
    rules: Mapping[str, object] | None = None
    #: The target, where it has only one writer a client.
    one_writer: str | None = None


def known(info: ValidationInfo) -> Known:
    """What validation was told that a client may name."""
    return info.context if isinstance(info.context, Known) else Known()


def declared(name: str, among: Mapping[str, object | None] | None, kind: str) -> str:
    """Return the name of what is declared and good; refuse any other, and say what there is of its kind."""
    if among is not None and name not in among:
        raise not_one_of(name, among, f"the {kind}")
    if among is not None and among[name] is None:
        raise PydanticCustomError("broken", "names {name}, which has problems of its own", {"name": name})
    return name


def known_rule(name: str, info: ValidationInfo) -> str:
    """Return the name of a rule that the project declares; refuse any other."""
    rules = known(info).rules
    if rules is not None and name not in rules:
        raise PydanticCustomError(
            "unknown_rule", "is not a rule of the project{hint}", {"hint": hint(name, rules)}
        )
    return name
