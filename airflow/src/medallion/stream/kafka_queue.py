"""A topic of Kafka as a queue of events: read on from the registry's offsets, which alone count."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from medallion.exceptions import ConfigError, ExtractError
from medallion.pipeline import Streamed
from medallion.stream.channel import BadEventError, Event, Gathered, events_of

#: Seconds for the first messages, and for the brokers' answers.
_WAIT, _PATIENCE = 3.0, 10.0


@dataclass(frozen=True)
class KafkaQueue:
    """A topic of Kafka. Each message's value is an event's JSON.

    Attributes:
        url: ``kafka://host:9092,host:9092``; what stands behind ``?`` are settings of librdkafka.
        topic: its name.
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
                events += self._events(sources[-1], message)
        return Gathered(events, json.dumps(offsets), sources, more=len(messages) >= limit)

    def _settings(self) -> dict[str, Any]:
        hosts, _, more = self.url.removeprefix("kafka://").partition("?")
        given = dict(pair.split("=", 1) for pair in more.split("&") if "=" in pair)
        own = {"bootstrap.servers": hosts, "group.id": f"medallion-{self.topic}", "enable.auto.commit": False}
        return {**given, **own, "auto.offset.reset": "earliest"}

    def _events(self, number: str, message: Any) -> list[Event]:
        line = message.value() or b""
        arrived = datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC)
        try:
            found = events_of(line, self.streamed, self.required, arrived)
            if len(found) != 1:
                raise BadEventError(f"has {len(found)} events; expected one")
        except BadEventError as error:
            self._set_aside(number, line, str(error))
            return []
        return found

    def done(self, gathered: Gathered) -> None:
        """Nothing: Kafka keeps its messages, and the registry how far they were read."""

    def refuse(self, gathered: Gathered, why: str) -> None:
        """Set the messages aside as files."""
        for event, number in zip(gathered.events, gathered.sources, strict=False):
            self._set_aside(number, event.line, why)

    def _set_aside(self, number: str, line: bytes, why: str) -> None:
        self.aside.mkdir(parents=True, exist_ok=True)
        (self.aside / f"{number}.jsonl.why").write_text(f"{why}\n", encoding="utf-8")
        (self.aside / f"{number}.jsonl").write_bytes(line + b"\n")


def _client() -> Any:
    try:
        import confluent_kafka  # type: ignore[import-not-found]
    except ImportError:
        raise ConfigError("a queue of Kafka needs the package confluent-kafka: pip install it") from None
    return confluent_kafka
