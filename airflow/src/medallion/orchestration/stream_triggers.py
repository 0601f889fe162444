"""The trigger that watches a client's inbox, and says that something is there; it takes nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent
from redis import Redis, RedisError

from medallion.connections import url_of
from medallion.database import utcnow
from medallion.exceptions import MedallionError
from medallion.ledger import open_ledger
from medallion.ledger.streams import waiting
from medallion.masking import masked
from medallion.orchestration.connections import airflow_connection
from medallion.settings import load_settings
from medallion.stream.inbox import waiting_files
from medallion.stream.redis_queue import PATIENCE, redis_url

#: How often a folder is listed: 14 microseconds of a core for an empty one.
LOOK_SECONDS = 0.5
#: Of a queue so many messages are looked at; it is not empty, that is all.
_LISTED = 100
#: Seconds between two looks at a queue that does not answer.
_LONGEST_WAIT = 15.0
#: Nothing new for so long, and a burst is over.
_QUIET_SECONDS = 1.0


class InboxTrigger(BaseEventTrigger):
    """Fires when files of events wait in a client's inbox, or what has landed waits for gold.

    An event says no more than that there is something: it may be lost or come twice. A trigger that is
    started anew fires for whatever is there.

    Args:
        client_id: whose inbox.
        entities: those that are watched, as ``<source>.<entity>``.
        batch: seconds to gather events for a micro-batch.
        again: seconds after which it fires again for what nobody has taken.
    """

    def __init__(self, client_id: str, entities: Sequence[str], batch: float, again: float) -> None:
        super().__init__()
        self.client_id = client_id
        self.entities = list(entities)
        self.batch = batch
        self.again = again

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class and the arguments, as plain JSON."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {
            "client_id": self.client_id,
            "entities": self.entities,
            "batch": self.batch,
            "again": self.again,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look, and fire; never ends by itself."""
        inbox = load_settings().inbox / self.client_id
        folders = [inbox.joinpath(*name.split(".")) for name in self.entities]
        gathering, asked = Gathering(self.batch, self.again), time.monotonic()
        while True:
            there = await asyncio.to_thread(_listed, folders)
            if gathering.is_due(there, time.monotonic()):
                yield TriggerEvent({"client": self.client_id, "files": len(there)})
            elif not there and time.monotonic() - asked >= self.again:
                asked = time.monotonic()
                if events := await asyncio.to_thread(self._behind):
                    yield TriggerEvent({"client": self.client_id, "landed": events})
            await asyncio.sleep(LOOK_SECONDS)

    def _behind(self) -> int:
        """How many events have landed and wait for gold for longer than somebody should have brought them."""
        try:
            found = waiting(open_ledger(load_settings().database_url), self.client_id)
        except Exception as error:  # the registry is away: what is in the inbox is watched all the same
            self.log.warning("the registry does not say what waits for gold: %s", error)
            return 0
        since = (utcnow() - found.since).total_seconds() if found.since else 0.0
        return found.events if since >= self.again else 0


class RedisStreamTrigger(BaseEventTrigger):
    """Fires when messages wait in a stream of Redis; it takes none. As :class:`InboxTrigger`.

    Args:
        connection: an Airflow connection with the server's URL, or None.
        env: an environment variable with it, or None.
        topic: the stream's name.
        batch: seconds to gather messages for a micro-batch.
        again: seconds after which it fires again for what nobody has taken.
    """

    def __init__(
        self, connection: str | None, env: str | None, topic: str, batch: float, again: float
    ) -> None:
        super().__init__()
        self.connection = connection
        self.env = env
        self.topic = topic
        self.batch = batch
        self.again = again

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class and the arguments, as plain JSON; the login is looked up where it runs."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {
            "connection": self.connection,
            "env": self.env,
            "topic": self.topic,
            "batch": self.batch,
            "again": self.again,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look, and fire; a server that does not answer is asked again, less and less often."""
        gathering, waits = Gathering(self.batch, self.again), LOOK_SECONDS
        server: Redis | None = None
        try:
            while True:
                try:
                    if server is None:
                        server = await asyncio.to_thread(self._open)
                    there = await asyncio.to_thread(self._listed, server)
                    waits = LOOK_SECONDS
                    if gathering.is_due(there, time.monotonic()):
                        yield TriggerEvent({"topic": self.topic, "messages": len(there)})
                except (RedisError, OSError, MedallionError) as error:
                    self.log.warning("%s: the queue does not answer: %s", self.topic, masked(str(error)))
                    waits = min(2 * waits, _LONGEST_WAIT)
                await asyncio.sleep(waits)
        finally:
            if server is not None:
                server.close()

    def _open(self) -> Redis:
        url = redis_url(url_of(self.connection, self.env, airflow_connection))
        return Redis.from_url(url, socket_timeout=PATIENCE, decode_responses=True)

    def _listed(self, server: Redis) -> frozenset[Any]:
        found: Any = server.xrange(self.topic, "-", "+", count=_LISTED)
        return frozenset(number for number, _ in found)


@dataclass
class Gathering:
    """When to fire: once a burst is over, or has lasted for ``batch`` seconds; so long after the last time.

    It does not fire again while what it fired for is untouched, for a run is on its way; unless nobody has
    come for ``again`` seconds.
    """

    batch: float
    again: float
    fired_for: frozenset[Any] = frozenset()
    fired_at: float = float("-inf")
    first_at: float | None = None
    grown_at: float = 0.0
    there: frozenset[Any] = field(default=frozenset())

    def is_due(self, there: frozenset[Any], now: float) -> bool:
        """Say whether to fire for the files that are there at a moment (seconds that only grow)."""
        if there - self.there:
            self.grown_at = now
        self.there = there
        if not there:
            self.first_at, self.fired_for = None, frozenset()
            return False
        if self.first_at is None and there - self.fired_for:
            self.first_at = now
        if self.fired_for and self.fired_for <= there:
            return now - self.fired_at >= self.again and self._fire(now)
        self.first_at = now if self.first_at is None else self.first_at
        over = now - self.grown_at >= _QUIET_SECONDS or now - self.first_at >= self.batch
        return over and now - self.fired_at >= self.batch and self._fire(now)

    def _fire(self, now: float) -> bool:
        self.fired_for, self.fired_at, self.first_at = self.there, now, None
        return True


def _listed(folders: Sequence[Path]) -> frozenset[Path]:
    return frozenset(file for folder in folders for file in waiting_files(folder))
