"""How a client's stream is run, where it has real time."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, Strict, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from medallion.clients.fields import ConnectionId, Frozen, Name, Text, Variable
from medallion.clients.schedule import Duration, duration_text


class Queue(Frozen):
    """A message queue that an entity's events come by, a JSON object a message."""

    source: Name = Field(description="Of which source.", examples=["app_events"])
    entity: Name = Field(description="Whose events it has.", examples=["events"])
    kind: Literal["redis", "kafka"] = Field(
        "redis", description="What kind of queue it is.", examples=["kafka"]
    )
    connection: ConnectionId | None = Field(
        None, description="An Airflow connection with the queue's URL.", examples=["app_queue"]
    )
    env: Variable | None = Field(
        None,
        description="Instead of connection: an environment variable with the URL, as "
        "redis+stream://host:6379/0 or kafka://host:9092.",
        examples=["APP_QUEUE_URL"],
    )
    topic: Text = Field(
        description="The stream of Redis, or the topic of Kafka; {client} is the client's id.",
        examples=["events:{client}"],
        max_length=200,
    )

    @property
    def name(self) -> str:
        """Whose events, as ``<source>.<entity>``."""
        return f"{self.source}.{self.entity}"

    @model_validator(mode="after")
    def _one_url(self) -> Queue:
        if (self.connection is None) == (self.env is None):
            raise PydanticCustomError("one_of", "needs either connection or env, which has the queue's URL")
        return self


class Realtime(Frozen):
    """How long an event may take to gold, and how events are gathered."""

    max_delay: Duration = Field(
        timedelta(seconds=60),
        description="Longest that an event may take from when it happened to gold, before people are told.",
        examples=["60s"],
    )
    batch: Duration = Field(
        timedelta(seconds=10),
        description="How long events are gathered for a micro-batch. Shorter than max_delay.",
        examples=["10s"],
        validate_default=True,
    )
    limit: Annotated[int, Strict(), Field(ge=1, le=5_000_000)] = Field(
        50_000,
        description="Events of an entity that a micro-batch takes; more wait for the next.",
        examples=[50_000],
    )
    queues: tuple[Queue, ...] = Field(
        (),
        description="Message queues beside the inbox, one an entity.",
        max_length=20,
        examples=[[{"source": "app_events", "entity": "events", "env": "APP_QUEUE_URL", "topic": "events"}]],
    )

    @field_validator("batch")
    @classmethod
    def _gathers_in_time(cls, value: timedelta, info: ValidationInfo) -> timedelta:
        longest = info.data.get("max_delay")  # absent where it is wrong itself
        if longest is not None and value >= longest:
            message = "must be shorter than max_delay ({longest}), is {value}"
            said = {"longest": duration_text(longest), "value": duration_text(value)}
            raise PydanticCustomError("too_long_beside", message, said)
        return value
