"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass

#: ``warn`` works today but not for long, or not for everybody; ``bad`` does not work.
OK, WARN, BAD = "ok", "warn", "bad"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's.

    Attributes:
        check: what was looked at.
        level: ok, warn or bad.
        said: what was found.
        todo: what to do about it; blank if it is well.
    """

    check: str
    level: str
    said: str
    todo: str = ""
