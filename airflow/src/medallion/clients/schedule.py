"""Schedules and durations: ``6h``, ``PT6H``, a cron line, ``@daily``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from croniter import croniter
from croniter.croniter import CroniterBadDateError, CroniterError
from pydantic import BeforeValidator, WithJsonSchema

from medallion.clients.problem import NotAllowedError, hint

#: The presets Airflow's cron timetable knows.
PRESETS = ("@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly")

_SHORT = r"(?:(?P<w>\d+)w)?(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+)s)?"
_ISO = r"P(?:(?P<w>\d+)W)?(?:(?P<d>\d+)D)?(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+)S)?)?"
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_CRON_NAMES = (
    *("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
    *("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "L"),
)

_MINUTE = timedelta(minutes=1)
_LONGEST = timedelta(days=3_660)
_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def parse_duration(value: Any) -> timedelta:
    """Read a length of time.

    Args:
        value: ``90s``, ``5m``, ``2h30m``, ``1d``, ``PT6H`` or a timedelta.

    Returns:
        The duration, positive and at most ten years.

    Raises:
        NotAllowedError: it is something else.
    """
    span = value if isinstance(value, timedelta) else _parsed(value)
    if span is None:
        raise NotAllowedError("must be a duration such as 90s, 5m, 6h, 1d or PT6H")
    if not timedelta(0) < span <= _LONGEST:
        raise NotAllowedError("must be longer than 0 and at most ten years")
    return span


def parse_schedule(value: Any) -> timedelta | str | None:
    """Read a schedule.

    Args:
        value: a duration of whole minutes, a cron line of five fields, a preset, or None for runs by hand.

    Returns:
        A timedelta, the cron line or preset as text, or None.

    Raises:
        NotAllowedError: it is something else, or it never comes due.
    """
    if value is None:
        return None
    if isinstance(value, timedelta) or (isinstance(value, str) and _parsed(value.strip()) is not None):
        return _interval(value.strip() if isinstance(value, str) else value)
    if not isinstance(value, str):
        raise NotAllowedError("must be 6h, 1d, PT6H, a cron line, @daily or null")
    text = " ".join(value.split())
    return _preset(text) if text.startswith("@") else _cron(text)


def duration_text(span: timedelta) -> str:
    """Write a duration the short way: ``6h``, ``1d12h``."""
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


def _parsed(value: Any) -> timedelta | None:
    """Return the duration a text spells, or None where it spells none."""
    match = isinstance(value, str) and (re.fullmatch(_SHORT, value) or re.fullmatch(_ISO, value))
    if not match or not any(match.groupdict().values()):
        return None
    numbers = {_UNITS[unit]: int(number[:12]) for unit, number in match.groupdict().items() if number}
    try:
        return timedelta(**numbers)
    except OverflowError:
        return timedelta.max


def _interval(value: Any) -> timedelta:
    """Read the length of a run's interval: landing names its start to the minute."""
    span = parse_duration(value)
    if span % _MINUTE:
        raise NotAllowedError("must be whole minutes")
    return span


def _preset(text: str) -> str:
    if text not in PRESETS:
        raise NotAllowedError(f"must be one of {', '.join(PRESETS)}", hint(text, PRESETS))
    return text


def _cron(text: str) -> str:
    fields = text.split(" ")
    if len(fields) != 5 or not all(_cron_field(field) for field in fields):
        raise NotAllowedError("must be 6h, 1d, PT6H, a cron line of five fields, @daily or null")
    try:
        croniter(text, _ANY_DAY).get_next()
    except CroniterBadDateError as error:
        raise NotAllowedError("must come due some day") from error
    except (CroniterError, ValueError) as error:
        raise NotAllowedError("must be a cron line such as 0 */6 * * *") from error
    return text


def _cron_field(field: str) -> bool:
    """Say whether a field holds only what cron knows; the library would also take random (R) fields."""
    words = re.findall(r"[A-Za-z]+", field)
    return re.fullmatch(r"[0-9A-Za-z*/,#?-]+", field) is not None and all(
        word.upper() in _CRON_NAMES for word in words
    )


DURATION_SCHEMA = {
    "type": "string",
    "pattern": "^(P[0-9WDTHMS]+|([0-9]+[wdhms])+)$",
    "examples": ["5m", "6h", "PT6H"],
}
_SCHEDULE_SCHEMA = {
    "type": ["string", "null"],
    "examples": ["6h", "1d", "PT6H", "0 */6 * * *", "@daily", None],
}

Duration = Annotated[timedelta, BeforeValidator(parse_duration), WithJsonSchema(DURATION_SCHEMA)]
Schedule = Annotated[
    timedelta | str | None, BeforeValidator(parse_schedule), WithJsonSchema(_SCHEDULE_SCHEMA)
]
