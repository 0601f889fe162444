"""A channel for tests: it keeps what it is given."""

from __future__ import annotations

from medallion.notifications.render import Letter


class RecordingChannel:
    """Keeps every letter in ``letters``; given an error, it raises that in place of carrying anything."""

    def __init__(self, name: str = "recording", error: Exception | None = None) -> None:
        self.name = name
        self.error = error
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> None:
        """Keep the letter."""
        if self.error:
            raise self.error
        self.letters.append(letter)
