"""What a backfill is asked for: which days of a client, which of their intervals, in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from medallion.clients import Client
from medallion.exceptions import ConfigError
from medallion.interval import midnight
from medallion.pipeline.days import first_interval, next_interval
from medallion.pipeline.schedule import Schedule, calendar_of


class Again(StrEnum):
    """Which intervals run: those that never ran, those and the failed ones, or every one."""

    MISSING = "missing"
    FAILED = "failed"
    ALL = "all"


#: Airflow's words for it.
_REPROCESS = {Again.MISSING: "none", Again.FAILED: "failed", Again.ALL: "completed"}


@dataclass(frozen=True)
class Backfill:
    """The intervals of a client that start on some days.

    Attributes:
        client: whose.
        first: the first day, by the client's clocks.
        last: the last day.
        again: which of their intervals run.
        backwards: whether the newest runs first.
        conf: what else each run is asked to do, by the names of the trigger form.
    """

    client: Client
    first: date
    last: date
    again: Again
    backwards: bool = False
    conf: Mapping[str, Any] = field(default_factory=dict)

    @property
    def days(self) -> str:
        """The days, as a person writes them."""
        return f"{self.first} to {self.last}"

    def request(self, dag_id: str) -> dict[str, Any]:
        """What Airflow is asked for; a run that is made anew takes today's config and this order's wishes."""
        # Airflow counts a period that divides no day from where the backfill begins, we from 1970.
        zone = self.client.timezone
        begins = first_interval(calendar_of(self.client), midnight(self.first, zone)).start
        ends = midnight(self.last + timedelta(days=1), zone) - timedelta(microseconds=1)
        return {
            "dag_id": dag_id,
            "from_date": min(begins, ends).isoformat(),
            "to_date": ends.isoformat(),
            "run_backwards": self.backwards,
            "reprocess_behavior": _REPROCESS[self.again],
            "max_active_runs": self.client.max_active_runs,
            "run_on_latest_version": True,
            "dag_run_conf": dict(self.conf),
        }


def read_backfill(
    client: Client,
    first: date,
    last: date,
    now: datetime,
    *,
    again: Again | None = None,
    backwards: bool = False,
    conf: Mapping[str, Any] | None = None,
) -> Backfill:
    """Check what a backfill is asked for.

    Args:
        client: whose.
        first: the first day.
        last: the last day, which is run too.
        now: no day may lie after it.
        again: which intervals run; None for the missing ones, and where runs depend on the past the failed
            ones too.
        backwards: whether the newest runs first.
        conf: what else each run is asked to do.

    Raises:
        ConfigError: naming the option that is wrong, and what is allowed.
    """
    today = now.astimezone(ZoneInfo(client.timezone)).date()
    if last < first:
        raise ConfigError(f"--to {last} is before --from {first}")
    if first < client.start_date:
        raise ConfigError(
            f"--from {first} is before {client.id} starts: its start_date is {client.start_date}"
        )
    if last > today:
        raise ConfigError(f"--to {last} lies in the future: today is {today} in {client.timezone}")
    if (conf or {}).get("dry_run"):
        raise ConfigError("--dry-run is for --date: what a backfill has run counts as run from then on")
    if client.depends_on_past:
        _follow_the_past(client, again, backwards)
    usual = Again.FAILED if client.depends_on_past else Again.MISSING
    return Backfill(client, first, last, again or usual, backwards, conf or {})


def _follow_the_past(client: Client, again: Again | None, backwards: bool) -> None:
    told = f"{client.id} has depends_on_past: "
    if backwards:
        raise ConfigError(f"--backwards: {told}its runs go forwards only")
    if again is Again.MISSING:
        raise ConfigError(f"--again missing: {told}a failed run would hold up those behind it; failed or all")


def spans(starts: Sequence[datetime], schedule: Schedule) -> list[tuple[datetime, datetime, int]]:
    """Put intervals together that follow each other without a hole.

    Args:
        starts: when the intervals start.
        schedule: the client's.

    Returns:
        Of each stretch the first start, the last start and how many intervals it has; oldest first.
    """
    found: list[tuple[datetime, datetime, int]] = []
    for start in sorted(starts):
        if found and next_interval(schedule, found[-1][1]).start == start:
            found[-1] = (found[-1][0], start, found[-1][2] + 1)
        else:
            found.append((start, start, 1))
    return found
