"""What one round of the factory found and did: for people as Markdown, for programs as facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from medallion.airflow_api import NOTE_CHARACTERS

#: What may be said of a client or DAG in a round, in the order of a report.
CREATED, UPDATED, DRAINING, REMOVED = "created", "updated", "draining", "removed"
UNCHANGED, EXPIRED, ENDED = "unchanged", "expired", "ended"
INVALID, CONFLICT, FAILED, REFUSED = "invalid", "conflict", "failed", "refused"
WORDS = (
    *(CREATED, UPDATED, DRAINING, REMOVED, EXPIRED, ENDED),
    *(INVALID, CONFLICT, FAILED, REFUSED, UNCHANGED),
)
#: The words for what somebody has to look at: a round that says one of them fails, after it did the rest.
TROUBLE = frozenset({INVALID, CONFLICT, FAILED, REFUSED})
_HEAD = ("", "| client | | |", "| --- | --- | --- |")
#: How much of a line's detail a note shows, so that one broken file leaves room for the next.
_DETAIL = 250


@dataclass(frozen=True)
class Line:
    """One thing that a round has to tell.

    Args:
        subject: a client's id, a DAG's, or the platform's name.
        word: one of :data:`WORDS`.
        detail: what changed, or what is wrong.
    """

    subject: str
    word: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.subject}: {self.word}" + (f", {self.detail}" if self.detail else "")


@dataclass(frozen=True)
class Report:
    """A round's lines, and the version of the bundle it left."""

    platform: str
    version: str
    lines: tuple[Line, ...]

    @classmethod
    def of(cls, platform: str, version: str, lines: Iterable[Line]) -> Report:
        """Put the lines in the order of a report."""
        return cls(
            platform, version, tuple(sorted(lines, key=lambda one: (WORDS.index(one.word), one.subject)))
        )

    @property
    def totals(self) -> dict[str, int]:
        """How often each word was said, in the order of a report."""
        counted = Counter(line.word for line in self.lines)
        return {word: counted[word] for word in WORDS if counted[word]}

    @property
    def trouble(self) -> list[Line]:
        """The lines that somebody has to look at."""
        return [line for line in self.lines if line.word in TROUBLE]

    def facts(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {
            "platform": self.platform,
            "version": self.version,
            "totals": self.totals,
            "lines": [vars(line) for line in self.lines if line.word != UNCHANGED],
        }

    def markdown(self, room: int = NOTE_CHARACTERS) -> str:
        """Return the report as Airflow's UI shows it: totals, and a row for each that is not unchanged.

        Args:
            room: how many characters it may have; the rows that need a look come first, and those for which
                there is no room are counted.
        """
        head = ", ".join(f"{count} {word}" for word, count in self.totals.items()) or "no client"
        said = f"**{self.platform}**, bundle `{self.version}`: {head}"
        told = [*self.trouble, *(one for one in self.lines if one.word not in {*TROUBLE, UNCHANGED})]
        rows = [f"| {_cell(one.subject)} | {one.word} | {_cell(one.detail)} |" for one in told]
        left = room - len("\n".join([said, *_HEAD, *_more(len(rows))]))
        fits = [size <= left for size in accumulate(len(row) + 1 for row in rows)].count(True)
        table = [*_HEAD, *rows[:fits]] if fits else []
        return "\n".join([said, *table, *_more(len(rows) - fits)])


def _more(count: int) -> list[str]:
    return ["", f"… {count} more in the task's log"] if count else []


def _cell(text: str) -> str:
    """Keep what a client wrote from being read as a cell's end or as Markdown, and short."""
    plain = " ".join(text.split())
    plain = plain if len(plain) <= _DETAIL else f"{plain[:_DETAIL]}…"
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]()<>#|!" else sign for sign in plain)
