"""What queues have in common, whoever serves them: a message is an event, or is set aside with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from medallion.pipeline import Streamed
from medallion.stream.channel import BadEventError, Event, Gathered, events_of


@dataclass(frozen=True)
class MessageQueue:
    """Messages of an entity, each with one event's JSON.

    Attributes:
        url: of the server, with its login.
        topic: what the messages are under there.
        streamed: the entity.
        required: columns that its contract counts on.
        aside: the folder for messages that are no events.
    """

    url: str
    topic: str
    streamed: Streamed
    required: Sequence[str]
    aside: Path
    name: str = "queue"

    def refuse(self, gathered: Gathered, why: str) -> None:
        """Set the messages aside as files."""
        for event, number in zip(gathered.events, gathered.sources, strict=False):
            self._set_aside(number, event.line, why)

    def _events(self, number: str, line: bytes, arrived: datetime) -> list[Event]:
        """The message's event; none where it holds no event, or several, and is set aside."""
        try:
            found = events_of(line, self.streamed, self.required, arrived)
            if len(found) != 1:
                raise BadEventError(f"has {len(found)} events; expected one")
        except BadEventError as error:
            self._set_aside(number, line, str(error))
            return []
        return found

    def _set_aside(self, number: str, line: bytes, why: str) -> None:
        self.aside.mkdir(parents=True, exist_ok=True)
        (self.aside / f"{number}.jsonl.why").write_text(f"{why}\n", encoding="utf-8")
        (self.aside / f"{number}.jsonl").write_bytes(line + b"\n")
