"""The kinds of value that config files hold: names, schedules, durations, places, scores.

Each refuses what is not allowed with a :class:`~medallion.clients.problem.NotAllowedError` that says what
is; where the value stands and what it was is added by :mod:`medallion.clients.check`.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    Strict,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError

from medallion.clients.problem import NotAllowedError, hint

NAME_PATTERN = r"^[a-z][a-z0-9_]{0,49}$"  # with a layer behind it still a short identifier in any database
COLUMN_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]{0,99}$"
CONNECTION_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$"
VARIABLE_PATTERN = r"^[A-Z_][A-Z0-9_]{0,199}$"
ZONE_PATTERN = r"^[A-Za-z][A-Za-z0-9_+/-]*$"
EMAIL_PATTERN = r'^[^\s@<>(),;:"\\]+@[^\s@<>(),;:"\\.]+(\.[^\s@<>(),;:"\\.]+)+$'
_MAX_DAYS = 36_500


class Frozen(BaseModel):
    """A section of a config file: unknown keys are refused, and nothing changes after reading."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Shorthand:
    """Tells the JSON Schema that a section may also be written as one plain value."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [self.schema, handler(core)]}


class _Repeated:
    """Stands in a list for an entry that was there before, so that its own place reports it."""


def _mark_repeats(value: Any) -> Any:
    if not isinstance(value, (list, tuple)):
        return value
    names = [_name_in(item) for item in value]
    return tuple(
        _Repeated() if name is not None and name in names[:index] else item
        for index, (name, item) in enumerate(zip(names, value, strict=True))
    )


def _name_in(item: Any) -> str | None:
    """Return what an entry of a list is called: itself, or its ``name``."""
    named = item.get("name") if isinstance(item, dict) else getattr(item, "name", item)
    return str(item) if isinstance(item, str) else named if isinstance(named, str) else None


def refuse_repeat(value: Any) -> Any:
    """Refuse the stand-in for a repeated entry; anything else passes through."""
    if isinstance(value, _Repeated):
        raise PydanticCustomError("repeated", "is listed twice")
    return value


def _not_empty(value: Any) -> Any:
    if not value:
        raise PydanticCustomError("empty", "must name at least one")
    return value


#: Put on a list or map that must have an entry; pydantic's own min_length does not count wrong entries.
NotEmpty = AfterValidator(_not_empty)

#: Put on a list, and NotRepeated on its entries: each entry once.
EachOnce = BeforeValidator(_mark_repeats)
NotRepeated = BeforeValidator(refuse_repeat)


def _name(value: str) -> str:
    if not re.fullmatch(NAME_PATTERN, value):
        raise NotAllowedError("must be 1 to 50 lower-case letters, digits and underscores, a letter first")
    return value


def _column(value: str) -> str:
    if not re.fullmatch(COLUMN_PATTERN, value):
        raise NotAllowedError("must be a column's name: letters, digits and underscores, no digit first")
    return value


def _clients_connection(value: str) -> str:
    """A connection's id that may leave the client's id open, as ``{client}``."""
    _connection(value.replace("{client}", "c"))
    return value


def _connection(value: str) -> str:
    # Not a NotAllowedError, here and below: a message of that kind would repeat a login written by mistake.
    if not re.fullmatch(CONNECTION_PATTERN, value):
        raise PydanticCustomError("secret", "must be an Airflow connection's id: letters, digits and _.-")
    return value


def _variable(value: str) -> str:
    if not re.fullmatch(VARIABLE_PATTERN, value):
        allowed = "must be an environment variable's name: capital letters, digits and underscores"
        raise PydanticCustomError("secret", allowed)
    return value


def _text(value: str) -> str:
    if not value.strip():
        raise NotAllowedError("must not be blank")
    if any(not char.isprintable() and char != "\n" for char in value):
        raise NotAllowedError("must not hold control characters")
    return value.strip()


def _email(value: str) -> str:
    if not value.isprintable() or not re.fullmatch(EMAIL_PATTERN, value):
        raise NotAllowedError("must be one mail address such as data@example.com")
    return value


def _score(value: float) -> float:
    if not 0 <= value <= 1:  # false for .nan as well
        raise NotAllowedError("must be between 0 and 1")
    return value


def _days(value: int) -> int:
    if not 1 <= value <= _MAX_DAYS:
        raise NotAllowedError(f"must be between 1 and {_MAX_DAYS} days")
    return value


def _count(value: int) -> int:
    if not 0 <= value <= 2**53:
        raise NotAllowedError("must be 0 or more")
    return value


def _few(value: int) -> int:
    if not 0 <= value <= 10:
        raise NotAllowedError("must be between 0 and 10")
    return value


def _factor(value: float) -> float:
    if not 1 <= value <= 10:  # false for .nan as well
        raise NotAllowedError("must be between 1 and 10")
    return value


def _runs(value: int) -> int:
    if not 1 <= value <= 16:
        raise NotAllowedError("must be between 1 and 16")
    return value


def _day(value: Any) -> Any:
    """Accept a date and its ISO text; a number would silently become a day of 1970."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    if isinstance(value, datetime) or not isinstance(value, date):
        raise NotAllowedError("must be a day such as 2026-01-31")
    return value


@cache
def _zones() -> list[str]:
    """The names of all time zones; what a machine calls its own is none that another one knows."""
    return sorted(available_timezones() - {"localtime", "Factory"})


def _zone(value: str) -> str:
    if value not in _zones():
        cities = {name.rpartition("/")[2].lower(): name for name in reversed(_zones())}
        near = get_close_matches(value.lower().rpartition("/")[2], cities, n=1, cutoff=0.75)
        meant = f"; did you mean '{cities[near[0]]}'?" if near else hint(value, _zones())
        raise NotAllowedError("must be the name of a time zone such as Europe/Berlin or UTC", meant)
    return value


Name = Annotated[str, Strict(), AfterValidator(_name), Field(json_schema_extra={"pattern": NAME_PATTERN})]
Column = Annotated[
    str, Strict(), AfterValidator(_column), Field(json_schema_extra={"pattern": COLUMN_PATTERN})
]
ConnectionId = Annotated[
    str, Strict(), AfterValidator(_connection), Field(json_schema_extra={"pattern": CONNECTION_PATTERN})
]
ClientsConnectionId = Annotated[str, Strict(), AfterValidator(_clients_connection)]
Variable = Annotated[
    str, Strict(), AfterValidator(_variable), Field(json_schema_extra={"pattern": VARIABLE_PATTERN})
]
Text = Annotated[str, Strict(), AfterValidator(_text), Field(json_schema_extra={"minLength": 1})]
Email = Annotated[str, Strict(), AfterValidator(_email), Field(json_schema_extra={"pattern": EMAIL_PATTERN})]
Score = Annotated[
    float, Strict(), AfterValidator(_score), Field(json_schema_extra={"minimum": 0, "maximum": 1})
]
Days = Annotated[
    int, Strict(), AfterValidator(_days), Field(json_schema_extra={"minimum": 1, "maximum": _MAX_DAYS})
]
Count = Annotated[int, Strict(), AfterValidator(_count), Field(json_schema_extra={"minimum": 0})]
Few = Annotated[int, Strict(), AfterValidator(_few), Field(json_schema_extra={"minimum": 0, "maximum": 10})]
Factor = Annotated[
    float, Strict(), AfterValidator(_factor), Field(json_schema_extra={"minimum": 1, "maximum": 10})
]
Runs = Annotated[int, Strict(), AfterValidator(_runs), Field(json_schema_extra={"minimum": 1, "maximum": 16})]
Flag = Annotated[bool, Strict()]
Zone = Annotated[str, Strict(), AfterValidator(_zone), Field(json_schema_extra={"pattern": ZONE_PATTERN})]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
