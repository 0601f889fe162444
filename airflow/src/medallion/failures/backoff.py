"""Whether to try again, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from medallion.failures.classes import Action
from medallion.failures.classify import Failure


@dataclass(frozen=True)
class Backoff:
    """A client's waits: the first, by how much each next one grows, and the longest."""

    first: timedelta = timedelta(minutes=5)
    factor: float = 2.0
    longest: timedelta = timedelta(minutes=30)

    def after(self, tries: int) -> timedelta:
        """How long to wait after so many failed tries, at least one."""
        try:
            return min(self.longest, self.first * self.factor ** (tries - 1))
        except OverflowError:
            return self.longest


@dataclass(frozen=True)
class Decision:
    """Whether another try follows, after which wait, and if none does, why."""

    again: bool
    delay: timedelta | None = None
    why: str = ""

    def __str__(self) -> str:
        """Say it as an end of a sentence."""
        if not self.again:
            return f"not tried again: {self.why}"
        return f"tried again in {_said(self.delay)}" if self.delay else "tried again at once"


def decide(failure: Failure, tries: int, left: int, backoff: Backoff) -> Decision:
    """Say what follows from a failure.

    Args:
        failure: what the last try failed of.
        tries: how many have failed by now, this one among them.
        left: how many there may still be.
        backoff: the client's waits.
    """
    if failure.action is Action.STOP:
        return Decision(False, why="another try cannot heal it")
    if left <= 0:
        return Decision(False, why="no try is left")
    if failure.action is Action.AT_ONCE and tries == 1:
        return Decision(True, timedelta(0))
    if failure.action is Action.AS_TOLD and failure.after is not None:
        return Decision(True, min(failure.after, backoff.longest))
    return Decision(True, backoff.after(tries))


def _said(delay: timedelta | None) -> str:
    seconds = round(delay.total_seconds()) if delay else 0
    minutes, rest = divmod(seconds, 60)
    return " ".join([f"{minutes} min"] * bool(minutes) + [f"{rest} s"] * bool(rest or not minutes))
