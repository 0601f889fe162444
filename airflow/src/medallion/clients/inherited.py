"""The keys that every client has and few set."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from medallion.clients.access import Access
from medallion.clients.addresses import Address
from medallion.clients.fields import (
    Day,
    EachOnce,
    Factor,
    Few,
    Flag,
    Frozen,
    Name,
    NotRepeated,
    Runs,
    Text,
    Zone,
)
from medallion.clients.known import known
from medallion.clients.realtime import Realtime
from medallion.clients.schedule import Duration, duration_text
from medallion.clients.sla import Sla
from medallion.clients.weekdays import DAILY, Weekdays
from medallion.settings import DEFAULT_PLATFORM

#: As one writes it; validation makes it the days.
_DAILY: Any = DAILY


class Inherited(Frozen):
    """The keys every client has and few set: ``configs/defaults.yml`` gives them, a client may override."""

    enabled: Flag = Field(True, description="false: the client is listed, and never run.", examples=[False])
    platform: Name = Field(
        DEFAULT_PLATFORM,
        description="Whose factory keeps the client: one of MEDALLION_PLATFORMS.",
        examples=["west"],
    )
    owner: Text = Field(
        "data-platform", description="Who answers for the pipeline.", examples=["retail-team"]
    )
    tags: Annotated[tuple[Annotated[Text, NotRepeated], ...], EachOnce] = Field(
        (), description="Further tags of the client's DAG.", max_length=20, examples=[["retail", "emea"]]
    )
    start_date: Day = Field(
        date(2026, 1, 1),
        description="First day that has data to run for; nothing before it is scheduled or backfilled.",
        examples=["2026-03-01"],
    )
    timezone: Zone = Field(
        "UTC",
        description="By which clocks the schedule runs and a run's day is named: a time zone of the IANA "
        "database.",
        examples=["Europe/Berlin"],
    )
    catchup: Flag = Field(
        False,
        description="true: the schedule runs every interval since start_date; false: from the last one on.",
        examples=[True],
    )
    depends_on_past: Flag = Field(
        False,
        description="true: a run begins only once the one before it has delivered (or was a dry run); until "
        "that is repaired, later ones wait.",
        examples=[True],
    )
    max_active_runs: Runs = Field(
        1,
        description="Runs that may be at work at once, backfilled ones among them; one of them builds at a "
        "time. Over 1 only where the target has several writers: not with duckdb.",
        examples=[1],
    )
    cleanup_on: Weekdays = Field(
        _DAILY,
        description="Days whose runs delete what is past its retention: daily, a day, or a list of days.",
        examples=["sunday"],
        validate_default=True,
    )
    retries: Few = Field(
        3, description="Further tries of a task that failed in a way a retry may heal.", examples=[3]
    )
    retry_delay: Duration = Field(
        timedelta(minutes=5), description="Wait before the first retry.", examples=["2m"]
    )
    retry_factor: Factor = Field(
        2.0, description="By how much each further wait is longer than the one before.", examples=[1.5]
    )
    max_retry_delay: Duration = Field(
        timedelta(minutes=30),
        description="Longest wait, also where a server asks for a longer one. At least retry_delay.",
        examples=["1h"],
        validate_default=True,
    )
    task_timeout: Duration = Field(
        timedelta(hours=2), description="Longest a task may take.", examples=["30m"]
    )
    run_timeout: Duration = Field(
        timedelta(hours=6),
        description="Longest a whole run may take. At least task_timeout.",
        examples=["4h"],
        validate_default=True,
    )
    sla: Sla = Field(
        Sla(),
        description="How long the run and its layers may take before people are told that they are late.",
        examples=[{"run": "90m", "layers": {"bronze": "20m"}}],
    )
    realtime: Realtime = Field(
        Realtime(),
        description="How its stream runs, where business_rules.enable_real_time is true.",
        examples=[{"max_delay": "60s", "batch": "10s"}],
    )

    access: Access = Field(
        Access(),
        description="Roles that may see and trigger this client, where the auth manager knows roles by DAG.",
        examples=[{"see": ["retail-readers"], "trigger": ["retail-operators"]}],
    )
    notifications: tuple[Address, ...] = Field(
        (),
        description="Channels that are told, each from a severity on; notification_email, from warning on, "
        "without being listed.",
        max_length=20,
        examples=[[{"to": "slack", "env": "RETAIL_SLACK_URL", "minimum": "error"}]],
    )

    @field_validator("notifications")
    @classmethod
    def _each_told_once(cls, value: tuple[Address, ...]) -> tuple[Address, ...]:
        names = [address.name for address in value]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise PydanticCustomError(
                    "repeated", "is listed twice: {name}", {"name": name, "inside": (index,)}
                )
        return value

    @field_validator("max_active_runs")
    @classmethod
    def _writers_allow(cls, value: int, info: ValidationInfo) -> int:
        target = known(info).one_writer
        if value > 1 and target:
            message = "must be 1 on {target}, which has one writer a client, is {value}"
            raise PydanticCustomError("one_writer", message, {"target": target, "value": value})
        return value

    @field_validator("max_retry_delay")
    @classmethod
    def _waits_grow(cls, value: timedelta, info: ValidationInfo) -> timedelta:
        return _at_least("retry_delay", value, info)

    @field_validator("run_timeout")
    @classmethod
    def _run_outlasts_task(cls, value: timedelta, info: ValidationInfo) -> timedelta:
        return _at_least("task_timeout", value, info)

    @field_validator("sla")
    @classmethod
    def _late_before_its_end(cls, value: Sla, info: ValidationInfo) -> Sla:
        ends = info.data.get("run_timeout")  # absent where it is wrong itself
        if value.run and ends is not None and value.run >= ends:
            message = "must be shorter than run_timeout ({ends}), which ends the run, is {value}"
            said = {"ends": duration_text(ends), "value": duration_text(value.run), "inside": ("run",)}
            raise PydanticCustomError("too_long_beside", message, said)
        return value


def _at_least(other: str, value: timedelta, info: ValidationInfo) -> timedelta:
    floor = info.data.get(other)  # absent where it is wrong itself
    if floor is not None and value < floor:
        message = "must be at least {other} ({floor}), is {value}"
        said = {"other": other, "floor": duration_text(floor), "value": duration_text(value)}
        raise PydanticCustomError("too_short_beside", message, said)
    return value
