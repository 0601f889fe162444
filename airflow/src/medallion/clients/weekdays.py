"""Days of the week as a client's file names them: ``daily``, ``sunday``, ``[monday, thursday]``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from medallion.clients.fields import EachOnce, NotEmpty, NotRepeated
from medallion.clients.problem import not_one_of

DAILY = "daily"


class Weekday(StrEnum):
    """A day of the week, in the order of :meth:`datetime.date.weekday`."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


_WORDS = (DAILY, *(day.value for day in Weekday))


def _spread(value: Any) -> Any:
    """Read one word: every day, or one of them."""
    if value == DAILY:
        return tuple(Weekday)
    if isinstance(value, (list, tuple)):
        return value
    if value not in _WORDS:
        raise not_one_of(value, _WORDS)
    return (value,)


def _weekday(value: Any) -> Weekday:
    names = [day.value for day in Weekday]
    if value not in names:
        raise not_one_of(value, names)
    return Weekday(value)


def _in_order(days: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
    return tuple(day for day in Weekday if day in days)


def weekdays_text(days: tuple[str, ...] | list[str]) -> str:
    """Write days of the week as one would in the client's file."""
    return DAILY if len(days) == len(Weekday) else ", ".join(days)


_SCHEMA = {
    "anyOf": [
        {"type": "string", "enum": list(_WORDS)},
        {
            "type": "array",
            "items": {"type": "string", "enum": [day.value for day in Weekday]},
            "minItems": 1,
            "uniqueItems": True,
        },
    ]
}
_Entry = Annotated[Weekday, BeforeValidator(_weekday), NotRepeated]
#: Days of the week in their order, each once; all of them where ``daily`` is written.
Weekdays = Annotated[
    tuple[_Entry, ...],
    AfterValidator(_in_order),
    NotEmpty,
    EachOnce,
    BeforeValidator(_spread),
    WithJsonSchema(_SCHEMA),
]
