"""What is wrong in a config file, and the nearest thing its writer may have meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

#: Where a value stands: keys of maps and indexes of lists, outermost first.
Loc = tuple[str | int, ...]

_SHOWN = 60  # characters of a wrong value that a message repeats
_LISTED = 30  # names that a message lists before it cuts the list short


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong, or worth noting, and where: as text ``file:line: key: message``."""

    file: Path
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: "
        return f"{where}{self.key}: {self.message}" if self.key else where + self.message

    def facts(self) -> dict[str, str | int]:
        """Give the problem as plain values, for ``--json``."""
        return {"file": self.file.as_posix(), "line": self.line, "key": self.key, "message": self.message}


@dataclass(frozen=True)
class Flaw:
    """A problem before its file is known: what is wrong at which place."""

    loc: Loc
    message: str
    line: int | None = None  # known where the place alone does not tell it
    beside: Loc | None = None  # the other place of a pair that does not fit together


class NotAllowedError(ValueError):
    """A value is not allowed: the text says what is, the hint what may have been meant."""

    def __init__(self, allowed: str, hint: str = "") -> None:
        super().__init__(allowed)
        self.hint = hint


def not_one_of(given: object, known: Iterable[str], what: str = "") -> NotAllowedError:
    """Build the error for a name that is not among the known ones."""
    names = sorted(known) if what else list(known)
    choice = f"{what} ({listed(names)})" if what else listed(names)
    return NotAllowedError(f"must be one of {choice}", hint(given, names))


def hint(given: object, known: Iterable[str]) -> str:
    """Name the known word nearest to the given one, or return an empty text."""
    near = get_close_matches(str(given).lower(), list(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


def listed(names: Sequence[str]) -> str:
    """Join names for a message; a long list is cut short, an empty one says so."""
    if not names:
        return "there are none"
    more = f", … ({len(names)} in all)" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def shown(value: object) -> str:
    """Repeat a wrong value in a message: short, in YAML's words, with nothing a terminal would obey."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Mapping):
        return "a map"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, date):
        return str(value)
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def dotted(loc: Loc) -> str:
    """Write a place as ``business_rules.quality_threshold`` or ``data_sources[1]``."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{_safe(part)}"
    return text.lstrip(".")


def _safe(key: str) -> str:
    """Show an odd key (dots, control characters, great length) in quotes."""
    plain = key.isprintable() and len(key) <= _SHOWN and not set(key) & set(".[]: ")
    return key if plain else shown(key)


def visible(loc: Loc, data: Any) -> Loc:
    """Shorten a place to what its writer wrote: ``365`` has no ``landing`` inside it."""
    for depth, part in enumerate(loc):
        if isinstance(data, Mapping):
            data = data.get(part, {})
        elif isinstance(data, (list, tuple)) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return loc[:depth]
    return loc
