"""What events come by: it is read, and told once what was read has landed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from medallion.exceptions import MedallionError
from medallion.pipeline import Streamed


class BadEventError(MedallionError):
    """What came is no event of its entity: what was found, and what is expected."""


@dataclass(frozen=True)
class Event:
    """One event as it came.

    Attributes:
        line: its JSON, one line.
        at: when it happened, UTC; None where its event_time says no time.
        arrived: when it came.
    """

    line: bytes
    at: datetime | None
    arrived: datetime


@dataclass(frozen=True)
class Gathered:
    """What was read of a channel at once.

    Attributes:
        events: in the order they came.
        position: up to where was read, for the registry.
        sources: what they came in, oldest first: files, or ids of messages.
        more: whether more is waiting.
    """

    events: Sequence[Event]
    position: str = ""
    sources: Sequence[str] = field(default_factory=tuple)
    more: bool = False


class Channel(Protocol):
    """A way that events come by."""

    @property
    def name(self) -> str:
        """The channel's kind, for the registry: inbox, or queue."""

    def gather(self, position: str, limit: int) -> Gathered:
        """Read what is there, oldest first, up to a number of events; nothing is taken away.

        Args:
            position: up to where the registry says that was read.
            limit: how many events at most; what cannot be divided comes as a whole.
        """

    def done(self, gathered: Gathered) -> None:
        """Take away what has landed."""

    def refuse(self, gathered: Gathered, why: str) -> None:
        """Set aside what cannot land, with the reason, so that it holds up nothing behind it."""


def events_of(text: bytes, streamed: Streamed, required: Sequence[str], arrived: datetime) -> list[Event]:
    """Read events, a JSON object a line.

    Args:
        text: the lines.
        streamed: the entity.
        required: columns that its contract counts on.
        arrived: when they came.

    Raises:
        BadEventError: naming the first line that is no event of the entity.
    """
    events, seen = [], set(required)
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError as error:
            raise BadEventError(f"line {number} is cut off or malformed ({error})") from error
        if not isinstance(found, dict):
            raise BadEventError(f"line {number} is not an object; expected one JSON object a line")
        if lacking := [name for name in streamed.identity if found.get(name) in (None, "")]:
            raise BadEventError(f"line {number} lacks {', '.join(lacking)}, which tell an event from others")
        seen -= found.keys()
        events.append(Event(bytes(line), _moment(found[streamed.event_time]), arrived))
    if events and seen:
        raise BadEventError(f"no line has {', '.join(sorted(seen))}; the contract expects it")
    return events


def _moment(value: object) -> datetime | None:
    """A time as JSON has it, in UTC; one without a zone is in UTC already."""
    try:
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
