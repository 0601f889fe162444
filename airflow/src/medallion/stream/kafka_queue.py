"""A topic of Kafka as a queue of events: read on from the registry's offsets, which alone count."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from medallion.exceptions import ConfigError, ExtractError
from medallion.stream.channel import Event, Gathered
from medallion.stream.message_queue import MessageQueue

#: Seconds for the first messages, and for the brokers' answers.
_WAIT, _PATIENCE = 3.0, 10.0


@dataclass(frozen=True)
class KafkaQueue(MessageQueue):
    """A topic of Kafka. Each message's value is an event's JSON.

    ``url`` is ``kafka://host:9092,host:9092``; what stands behind ``?`` are settings of librdkafka.
    """

    def gather(self, position: str, limit: int) -> Gathered:
        """Read the messages behind a position: a JSON object of the next offset by partition.

        Raises:
            ConfigError: if Kafka's client is not installed.
            ExtractError: if no broker answers.
        """
        kafka = _client()
        offsets = {int(number): offset for number, offset in json.loads(position or "{}").items()}
        consumer = kafka.Consumer(self._settings())
        try:
            known = consumer.list_topics(self.topic, timeout=_PATIENCE).topics[self.topic].partitions
            at = [
                kafka.TopicPartition(self.topic, one, offsets.get(one, kafka.OFFSET_BEGINNING))
                for one in known
            ]
            consumer.assign(at)
            messages = consumer.consume(num_messages=limit, timeout=_WAIT) if at else []
        except kafka.KafkaException as error:
            told = f"the queue {self.topic} does not answer: {error}"
            raise ExtractError(f"{self.streamed.name}: {told}") from error
        finally:
            consumer.close()
        events: list[Event] = []
        sources = []
        for message in messages:
            if message.error() is None:
                sources.append(f"{message.partition()}-{message.offset()}")
                offsets[message.partition()] = message.offset() + 1
                arrived = datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC)
                events += self._events(sources[-1], message.value() or b"", arrived)
        return Gathered(events, json.dumps(offsets), sources, more=len(messages) >= limit)

    def _settings(self) -> dict[str, Any]:
        hosts, _, more = self.url.removeprefix("kafka://").partition("?")
        given = dict(pair.split("=", 1) for pair in more.split("&") if "=" in pair)
        own = {"bootstrap.servers": hosts, "group.id": f"medallion-{self.topic}", "enable.auto.commit": False}
        return {**given, **own, "auto.offset.reset": "earliest"}

    def done(self, gathered: Gathered) -> None:
        """Nothing: Kafka keeps its messages, and the registry how far they were read."""


def _client() -> Any:
    try:
        import confluent_kafka  # type: ignore[import-not-found]
    except ImportError:
        raise ConfigError("a queue of Kafka needs the package confluent-kafka: pip install it") from None
    return confluent_kafka
