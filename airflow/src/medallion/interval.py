"""A run's interval: the span of time whose rows a run owns, always in UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import PurePath

_PARTITION = re.compile(r"year=(\d{4})/month=(\d{2})/day=(\d{2})(?:/hour=(\d{2})(\d{2}))?")


@dataclass(frozen=True)
class Interval:
    """From ``start`` until just before ``end``.

    Any aware datetime is taken and kept as a plain one in UTC, so that equal intervals are equal.

    Raises:
        ValueError: if a time has no zone, or the end lies before the start.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            object.__setattr__(self, name, _plain_utc(name, getattr(self, name)))
        if self.end < self.start:
            raise ValueError(f"an interval ends after it starts, but {self.end} is before {self.start}")

    @classmethod
    def parse(cls, text: str) -> Interval:
        """Read what ``str(interval)`` wrote: two ISO times with a slash between.

        Raises:
            ValueError: if it is something else.
        """
        start, slash, end = text.partition("/")
        if not slash:
            raise ValueError(f"an interval is written start/end, not {text!r}")
        return cls(datetime.fromisoformat(start), datetime.fromisoformat(end))

    def __str__(self) -> str:
        return f"{self.start.isoformat()}/{self.end.isoformat()}"

    @property
    def stamp(self) -> str:
        """The start as it stands in names of extracted files: ``20260115T0600``."""
        return f"{self.start:%Y%m%dT%H%M}"

    @property
    def run_date(self) -> date:
        """The day that retention counts from: the start's, in UTC."""
        return self.start.date()

    def partition_path(self, sub_daily: bool) -> str:
        """Where the interval's files are below an entity's folder in landing.

        Args:
            sub_daily: whether the client's intervals are shorter than a day. The interval's own length
                does not tell: on the day the clocks change a daily one has 23 hours.
        """
        day = f"year={self.start:%Y}/month={self.start:%m}/day={self.start:%d}"
        return f"{day}/hour={self.start:%H%M}" if sub_daily else day


def partition_start(partition: PurePath | str) -> datetime | None:
    """The start (UTC) of the interval that a partition's path names, or None where it is no partition."""
    match = _PARTITION.fullmatch(PurePath(partition).as_posix())
    if match is None:
        return None
    try:
        return datetime(*(int(number or 0) for number in match.groups()), tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        return None


def _plain_utc(name: str, moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"an interval's {name} needs a time zone, {moment} has none")
    utc = moment.astimezone(UTC)
    # A subclass (as schedulers hand out) would print and compare in its own way.
    return datetime(*utc.timetuple()[:6], utc.microsecond, tzinfo=UTC)
