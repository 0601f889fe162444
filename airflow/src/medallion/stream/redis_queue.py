"""A stream of Redis as a queue of events: read from the registry's offset, trimmed of what has landed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from medallion.exceptions import ExtractError
from medallion.stream.channel import Event, Gathered
from medallion.stream.message_queue import MessageQueue

#: The field of a message that holds the event's JSON.
FIELD = "event"
#: Seconds for an answer.
PATIENCE = 10.0
_SCHEMES = {"redis+stream://": "redis://", "rediss+stream://": "rediss://"}


def redis_url(url: str) -> str:
    """The URL as Redis's own client takes it."""
    for scheme, own in _SCHEMES.items():
        if url.startswith(scheme):
            return own + url.removeprefix(scheme)
    return url


@dataclass(frozen=True)
class RedisQueue(MessageQueue):
    """A stream of Redis. Each message has an event's JSON in its field ``event``.

    A message's id says where it is in the stream. The registry's id counts: what Redis lost since, or shows
    again, changes nothing.
    """

    def gather(self, position: str, limit: int) -> Gathered:
        """Read the messages behind a position.

        Raises:
            ExtractError: if the server does not answer.
        """
        after = f"({position}" if position else "-"
        found = self._ask("xrange", self.topic, after, "+", count=limit + 1)
        events: list[Event] = []
        for number, fields in found[:limit]:
            arrived = datetime.fromtimestamp(int(number.partition(b"-")[0]) / 1000, UTC)
            events += self._events(number.decode(), fields.get(FIELD.encode(), b""), arrived)
        ids = [number.decode() for number, _ in found[:limit]]
        return Gathered(events, ids[-1] if ids else "", ids, more=len(found) > limit)

    def done(self, gathered: Gathered) -> None:
        """Trim the stream of what has landed."""
        milliseconds, _, serial = gathered.position.partition("-")
        self._ask("xtrim", self.topic, minid=f"{milliseconds}-{int(serial or 0) + 1}", approximate=False)

    def refuse(self, gathered: Gathered, why: str) -> None:
        """Set the messages aside as files, and trim the stream of them."""
        super().refuse(gathered, why)
        self.done(gathered)

    def _ask(self, command: str, *arguments: Any, **options: Any) -> Any:
        import redis

        try:
            with redis.Redis.from_url(redis_url(self.url), socket_timeout=PATIENCE) as server:
                return getattr(server, command)(*arguments, **options)
        except redis.RedisError as error:
            told = f"the queue {self.topic} does not answer: {error}"
            raise ExtractError(f"{self.streamed.name}: {told}") from error
