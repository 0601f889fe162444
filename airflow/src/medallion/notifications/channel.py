"""The seam to the world outside: a channel carries a letter, and may fail without anybody failing with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from medallion.notifications.render import Letter
from medallion.severity import Severity


class Channel(Protocol):
    """Carries letters to people."""

    @property
    def name(self) -> str:
        """What it is called, in logs and in the ledger; one it is told by."""

    def send(self, letter: Letter) -> None:
        """Carry the letter.

        Raises:
            Exception: any, if it cannot; the text says why.
        """


@dataclass(frozen=True)
class Route:
    """A channel, and the least severity that goes there."""

    channel: Channel
    least: Severity = Severity.WARNING
