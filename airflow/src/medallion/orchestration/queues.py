"""Message queues through Airflow's common messaging provider: a scheme gives the trigger that watches."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.messaging.providers.base_provider import BaseMessageQueueProvider
from airflow.providers.common.messaging.triggers import msg_queue
from airflow.triggers.base import BaseEventTrigger

from medallion.clients import Client, Queue
from medallion.orchestration.stream_triggers import RedisStreamTrigger
from medallion.stream.queues import topic_of

REDIS = "redis+stream"


class RedisStreamProvider(BaseMessageQueueProvider):
    """Streams of Redis. Airflow's own provider of Redis knows its channels alone, which keep nothing."""

    scheme = REDIS

    def trigger_class(self) -> type[BaseEventTrigger]:
        """The trigger that watches a stream."""
        return RedisStreamTrigger


if not any(one.scheme_matches(REDIS) for one in msg_queue.MESSAGE_QUEUE_PROVIDERS):
    msg_queue.MESSAGE_QUEUE_PROVIDERS.append(RedisStreamProvider())


def queue_trigger(client: Client, queue: Queue, batch: float, again: float) -> msg_queue.MessageQueueTrigger:
    """The trigger that watches a client's queue.

    Args:
        client: whose.
        queue: as the client's file has it.
        batch: seconds to gather messages for a micro-batch.
        again: seconds after which it fires again for what nobody has taken.
    """
    topic = topic_of(queue, client.id)
    if queue.kind == "kafka":
        given: dict[str, Any] = {
            "topics": [topic],
            "kafka_config_id": queue.connection or "kafka_default",
            "poll_interval": batch,
            "poll_timeout": 1.0,
        }
        return msg_queue.MessageQueueTrigger(scheme="kafka", **given)
    given = {"connection": queue.connection, "env": queue.env, "topic": topic, "batch": batch, "again": again}
    return msg_queue.MessageQueueTrigger(scheme=REDIS, **given)
