"""What whoever started a run asked of it: which days, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from medallion.exceptions import ConfigError
from medallion.interval import Interval, midnight
from medallion.pipeline.days import intervals_of_day
from medallion.pipeline.schedule import Schedule, calendar_of
from medallion.pipeline.shape import LAYERS

#: The most days that one run processes; more of them are a backfill, a run an interval.
MOST_DAYS = 366


@dataclass(frozen=True)
class Asked:
    """A run's order.

    Attributes:
        intervals: what it processes, oldest first; each is landed on its own, then all are built at once.
        rebuild: layers of which also what is kept from earlier runs is built anew.
        dry_run: whether it stops before anything is published or deleted.
        reason: why it was asked for; empty where nobody said.
        by: who asked; None if the schedule did.
    """

    intervals: tuple[Interval, ...]
    rebuild: tuple[str, ...] = ()
    dry_run: bool = False
    reason: str = ""
    by: str | None = None

    @property
    def interval(self) -> Interval:
        """The run's own interval: the last it processes, by which its rows, report and delivery are dated."""
        return self.intervals[-1]

    @property
    def span(self) -> Interval:
        """From the first interval's start to the last one's end."""
        return Interval(self.intervals[0].start, self.interval.end, self.interval.zone)


def read_asked(
    params: Mapping[str, Any], schedule: Schedule, own: Interval, now: datetime, by: str | None = None
) -> Asked:
    """Read the values of a trigger form.

    Args:
        params: ``day`` and ``until`` (ISO dates, or nothing), ``rebuild``, ``dry_run`` and ``reason``.
        schedule: the client's, which says what a day's intervals are.
        own: what the run processes if no day is given.
        now: days and intervals that have not ended by then cannot be processed.
        by: who asked.

    Raises:
        ConfigError: naming the value that is wrong, and what is allowed.
    """
    layers = tuple(layer for layer in LAYERS if layer in _layers(params.get("rebuild")))
    return Asked(
        intervals=_intervals(params, schedule, now) or (own,),
        rebuild=layers,
        dry_run=bool(params.get("dry_run")),
        reason=" ".join(str(params.get("reason") or "").split()),
        by=by,
    )


def _layers(asked: Any) -> list[str]:
    named = list(asked or [])
    if unknown := [one for one in named if one not in LAYERS]:
        raise ConfigError(f"rebuild: must be among {', '.join(LAYERS)}, is {unknown[0]!r}")
    return named


def _intervals(params: Mapping[str, Any], schedule: Schedule, now: datetime) -> tuple[Interval, ...]:
    first, last = _day("day", params), _day("until", params)
    if first is None:
        if last is not None:
            raise ConfigError(
                f"until: is the last of several days; day, the first, is missing (until {last})"
            )
        return ()
    last = last or first
    if last < first:
        raise ConfigError(f"until: must not be before day, {first}, is {last}")
    if (last - first).days >= MOST_DAYS:
        raise ConfigError(
            f"until: one run processes at most {MOST_DAYS} days, from {first} to {last} are "
            f"{(last - first).days + 1}; a backfill takes any number"
        )
    if midnight(last, calendar_of(schedule).zone) > now:
        raise ConfigError(f"{'until' if last != first else 'day'}: must not lie in the future, is {last}")
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    # Two days of a weekly client are the same interval.
    found = dict.fromkeys(one for day in days for one in intervals_of_day(schedule, day))
    ended = tuple(one for one in found if one.end <= now)
    if not ended:
        raise ConfigError(
            f"day: no interval of {first} has ended yet; the first ends {min(found, key=_end).local_end}"
        )
    return ended


def _end(interval: Interval) -> datetime:
    return interval.end


def _day(name: str, params: Mapping[str, Any]) -> date | None:
    value = params.get(name)
    if not value:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ConfigError(f"{name}: must be a date as 2026-01-15, is {value!r}") from None
