"""A channel for tests: it keeps what it is given."""

from __future__ import annotations

from medallion.notifications.event import Event


class RecordingChannel:
    """Keeps every event in ``events``; given an error, it raises that in place of carrying anything."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.events: list[Event] = []

    def send(self, event: Event) -> None:
        """Keep the event."""
        if self.error:
            raise self.error
        self.events.append(event)
