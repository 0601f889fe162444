"""The message queues that a client's events come by, by the scheme of their URL."""

from __future__ import annotations

from collections.abc import Callable

from medallion.clients import Client, Queue
from medallion.connections import Lookup, url_of
from medallion.exceptions import ConfigError
from medallion.extract.reader import expected_columns
from medallion.pipeline import Streamed
from medallion.settings import Settings
from medallion.stream.channel import Channel
from medallion.stream.kafka_queue import KafkaQueue
from medallion.stream.redis_queue import RedisQueue

_KINDS: dict[str, Callable[..., Channel]] = {
    "redis+stream": RedisQueue,
    "rediss+stream": RedisQueue,
    "kafka": KafkaQueue,
}


def queues_of(settings: Settings, client: Client, streamed: Streamed, lookup: Lookup) -> list[Channel]:
    """The queues of an entity.

    Args:
        settings: where messages are set aside that are no events.
        client: whose.
        streamed: the entity.
        lookup: finds Airflow connections.

    Raises:
        ConfigError: if nothing says a queue's URL, or its scheme is none of those known.
    """
    aside = settings.inbox / client.id / streamed.source / streamed.entity / "refused"
    required = expected_columns(streamed.contract)
    return [
        _KINDS[scheme_of(client, one, url)](url, topic_of(one, client.id), streamed, required, aside)
        for one in client.realtime.queues
        if one.name == streamed.name
        for url in [url_of(one.connection, one.env, lookup)]
    ]


def topic_of(queue: Queue, client_id: str) -> str:
    """The stream or topic of a client."""
    return queue.topic.replace("{client}", client_id)


def scheme_of(client: Client, queue: Queue, url: str) -> str:
    """The scheme of a queue's URL.

    Raises:
        ConfigError: if it is none of those known.
    """
    scheme = url.partition("://")[0]
    if scheme not in _KINDS:
        allowed = ", ".join(f"{one}://" for one in _KINDS)
        where = queue.connection or queue.env
        raise ConfigError(
            f"{client.id}: realtime.queues: {queue.name}: the URL in {where} begins with {scheme}://; "
            f"allowed: {allowed}"
        )
    return scheme
