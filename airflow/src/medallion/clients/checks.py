"""What a contract holds a landing to before bronze reads it, and what follows where it does not hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from medallion.clients.fields import (
    Column,
    Count,
    EachOnce,
    Frozen,
    Score,
    Shorthand,
    refuse_repeat,
)
from medallion.clients.schedule import DURATION_SCHEMA, Duration

#: fail: nothing lands, and the run ends there; warn: it lands, and log, ledger and report say so.
OnBreach = Literal["fail", "warn"]

_THEN = "fail: nothing lands; warn: it lands, and log, ledger and report say so."
_SHARE: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": 1}


class Freshness(Frozen):
    """How old the newest event may be when the interval ends."""

    at_most: Duration = Field(description="Its age, counted from the interval's end.", examples=["6h"])
    on_breach: OnBreach = Field("warn", description=_THEN, examples=["fail"])

    @model_validator(mode="before")
    @classmethod
    def _from_duration(cls, value: Any) -> Any:
        return value if isinstance(value, (Mapping, cls)) else {"at_most": value}

    @model_serializer(mode="wrap")
    def _as_short_as_may_be(self, whole: SerializerFunctionWrapHandler) -> Any:
        """A plain duration where that says it all: so a definition's checksum stays what it was."""
        told = whole(self)
        return told["at_most"] if self.on_breach == "warn" else told


class RowsADay(Frozen):
    """How many rows a day brings at least."""

    at_least: Count = Field(
        description="Rows of a whole day; a shorter interval needs its share, rounded down.", examples=[50]
    )
    on_breach: OnBreach = Field("fail", description=_THEN, examples=["warn"])

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, value: Any) -> Any:
        return value if isinstance(value, (Mapping, cls)) else {"at_least": value}


class TimesUsual(Frozen):
    """How many times its usual rows an interval may bring."""

    at_most: float = Field(
        gt=1, description="Times the median of the last seven intervals that brought rows.", examples=[5]
    )
    on_breach: OnBreach = Field("fail", description=_THEN, examples=["warn"])

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, value: Any) -> Any:
        return value if isinstance(value, (Mapping, cls)) else {"at_most": value}


class NotNull(Frozen):
    """A column that must be filled."""

    name: Column = Field(description="The column.", examples=["customer_id"])
    share: Score = Field(
        0.0, description="Share of the rows in which it may be null or blank.", examples=[0.05]
    )
    on_breach: OnBreach = Field("fail", description=_THEN, examples=["warn"])

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        refuse_repeat(value)
        return value if isinstance(value, (Mapping, cls)) else {"name": value}


class OutsideInterval(Frozen):
    """How many rows may have happened outside the interval that brings them."""

    share: Score = Field(
        description="Share of the rows with a time that may lie outside; a time that cannot be read does.",
        examples=[0.01],
    )
    on_breach: OnBreach = Field("fail", description=_THEN, examples=["warn"])

    @model_validator(mode="before")
    @classmethod
    def _from_share(cls, value: Any) -> Any:
        return value if isinstance(value, (Mapping, cls)) else {"share": value}


FreshnessKey = Annotated[Freshness, Shorthand(DURATION_SCHEMA)]


class Checks(Frozen):
    """What an entity's interval is held to, beside ``min_rows``."""

    freshness: FreshnessKey | None = Field(
        None,
        description="How old the entity's own newest event_time may be; the source's is of all its entities.",
        examples=["6h"],
    )
    rows_a_day: Annotated[RowsADay, Shorthand({"type": "integer", "minimum": 0})] | None = Field(
        None,
        description="Least rows of a day; of an interval its share of the day, rounded down.",
        examples=[50],
    )
    times_usual: Annotated[TimesUsual, Shorthand({"type": "number", "exclusiveMinimum": 1})] | None = Field(
        None,
        description="Most rows of an interval: so many times what it usually brings.",
        examples=[5],
    )
    not_null: Annotated[
        tuple[Annotated[NotNull, Shorthand({"type": "string"})], ...],
        EachOnce,
    ] = Field(
        (),
        description="Columns that must be filled, each a name or {name, share, on_breach}.",
        examples=[["order_id"]],
    )
    outside_interval: Annotated[OutsideInterval, Shorthand(_SHARE)] | None = Field(
        None,
        description="Share of the rows whose event_time may lie outside the interval.",
        examples=[0.01],
    )
