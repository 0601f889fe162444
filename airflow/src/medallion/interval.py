"""A run's interval: the span of time whose rows a run owns, in UTC, and the local day that it belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import PurePath
from zoneinfo import ZoneInfo

_PARTITION = re.compile(r"year=(\d{4})/month=(\d{2})/day=(\d{2})(?:/hour=(\d{2})(b?)(\d{2}))?")


@dataclass(frozen=True)
class Interval:
    """From ``start`` until just before ``end``.

    Any aware datetime is taken and kept as a plain one in UTC, so that equal intervals are equal. The zone
    only says by which clocks its day is named.

    Raises:
        ValueError: if a time has no zone, or the end lies before the start.
    """

    start: datetime
    end: datetime
    zone: str = field(default="UTC", compare=False)

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
        """The start as it stands in names of extracted files, in UTC: ``20260115T0600``."""
        return f"{self.start:%Y%m%dT%H%M}"

    @property
    def local_start(self) -> datetime:
        """The start by the zone's clocks."""
        return self.start.astimezone(ZoneInfo(self.zone))

    @property
    def local_end(self) -> datetime:
        """The end by the zone's clocks."""
        return self.end.astimezone(ZoneInfo(self.zone))

    @property
    def said(self) -> str:
        """From when to when, by the zone's clocks, for people; the zone is named where it is not UTC."""
        zone = "" if self.zone == "UTC" else f" {self.zone}"
        return f"{self.local_start:%Y-%m-%d %H:%M} to {self.local_end:%Y-%m-%d %H:%M}{zone}"

    @property
    def run_date(self) -> date:
        """The day that retention counts from: the start's, by the zone's clocks."""
        return self.local_start.date()

    def partition_path(self, sub_daily: bool) -> str:
        """Where the interval's files are below an entity's folder in landing.

        Args:
            sub_daily: whether the client's intervals are shorter than a day. The interval's own length
                does not tell: on the day the clocks change a daily one has 23 hours.

        Returns:
            A path that sorts as the intervals do. When the clocks go back an hour comes twice; the second
            time it has a ``b``: ``hour=0245``, ``hour=02b00``.
        """
        start = self.local_start
        day = f"year={start:%Y}/month={start:%m}/day={start:%d}"
        return f"{day}/hour={start:%H}{'b' * start.fold}{start:%M}" if sub_daily else day


def partition_start(partition: PurePath | str, zone: str = "UTC") -> datetime | None:
    """The start (UTC) of the interval that a partition's path names, or None where it is no partition.

    Args:
        partition: the path.
        zone: by whose clocks it was named.
    """
    match = _PARTITION.fullmatch(PurePath(partition).as_posix())
    if match is None:
        return None
    year, month, day, hour, again, minute = match.groups()
    try:
        named = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), fold=bool(again))
    except ValueError:
        return None
    return named.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def midnight(day: date, zone: str = "UTC") -> datetime:
    """The moment (UTC) at which a day begins; where the clocks skip midnight, when they do."""
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _plain_utc(name: str, moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"an interval's {name} needs a time zone, {moment} has none")
    utc = moment.astimezone(UTC)
    # A subclass (as schedulers hand out) would print and compare in its own way.
    return datetime(*utc.timetuple()[:6], utc.microsecond, tzinfo=UTC)
