"""How a backfill looks: before it begins, while it is at work, and when it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from medallion.airflow_api import RUN_ENDED
from medallion.clients import Client
from medallion.embedded.follow_backfill import BackfillProgress
from medallion.embedded.live_screen import live_screen
from medallion.embedded.screen import breaches, duration
from medallion.pipeline.backfill import Again, Backfill, spans
from medallion.pipeline.schedule import calendar_of, shares_days

#: A stretch of intervals a line; a hole-ridden year would be more than a screen.
_MOST_LINES = 20
_WHICH = {Again.MISSING: "that never ran", Again.FAILED: "that never ran or failed", Again.ALL: "again"}


def backfill_screen(console: Console) -> AbstractContextManager[Callable[[BackfillProgress], None]]:
    """Open a screen that shows how far a backfill is."""
    return live_screen(console, backfill_table, _News().of)


class _News:
    """A line for each run that has ended since the first look."""

    def __init__(self) -> None:
        self._told: set[str] | None = None

    def of(self, progress: BackfillProgress) -> Iterator[str]:
        ended = progress.in_state(*RUN_ENDED)
        told = self._told if self._told is not None else {run.run_id for run in ended}
        self._told = told | {run.run_id for run in ended}
        for run in ended:
            if run.run_id not in told:
                what = f"{moment(run.start, progress.client)} {run.state} in {duration(run.seconds)}"
                yield f"{progress.client.id}: {what}; {counts(progress)}"


def describe(order: Backfill, starts: Sequence[datetime]) -> str:
    """Say which intervals an order runs.

    Args:
        order: what was asked for.
        starts: when its intervals start, in the order in which they run.
    """
    client = order.client
    if not starts:
        return f"{client.id}: no interval from {order.days} {_WHICH[order.again]}: nothing to do"
    stretches = [_stretch(client, *one) for one in spans(starts, calendar_of(client))]
    left = len(stretches) - _MOST_LINES
    stretches = stretches[:_MOST_LINES] + ([f"… and {left} more stretches"] if left > 0 else [])
    way = "newest first" if order.backwards else "oldest first"
    head = f"{client.id}: runs {_intervals(len(starts))} {_WHICH[order.again]}, {way}"
    return "\n".join([head, *(f"  {one}" for one in stretches)])


def backfill_table(progress: BackfillProgress) -> Table:
    """Draw how far a backfill is: one line, with all that is at work in it."""
    table = Table("client", "intervals", "", "failed", "at work", "layer", "nodes", "elapsed")
    ended, failed = len(progress.in_state(*RUN_ENDED)), len(progress.in_state("failed"))
    at_work = {run.run_id: run for run in progress.in_state("running")}
    current = [one for one in progress.current if one.run.run_id in at_work]
    waits = "stopping" if progress.paused else "waits for Airflow"
    table.add_row(
        progress.client.id,
        f"{ended} of {len(progress.runs)}",
        ProgressBar(total=max(len(progress.runs), 1), completed=ended, width=20),
        Text(str(failed), "red" if failed else ""),
        "\n".join(moment(at_work[one.run.run_id].start, progress.client) for one in current) or waits,
        "\n".join(f"{one.stage}{', tries again' if one.retrying else ''}" for one in current),
        "\n".join(f"{one.done} of {one.total}" for one in current),
        duration(progress.seconds),
    )
    return table


def result_lines(progress: BackfillProgress) -> list[tuple[str, str]]:
    """Say what became of a backfill, a line each with its colour: failed runs, the sum, what to do now."""
    told = []
    for run in progress.in_state("failed"):
        one = progress.failures.get(run.run_id)
        why = "; ".join((breaches(one) or one.failed[:3]) if one else ()) or "ended before its first task"
        told.append((f"{progress.client.id}: {moment(run.start, progress.client)} failed: {why}", "red"))
    style = "green" if progress.succeeded else "red" if progress.in_state("failed") else "yellow"
    told.append((f"{progress.client.id}: {counts(progress)} in {duration(progress.seconds)}", style))
    return told + [(f"{progress.client.id}: {what}", "") for what in _next(progress)]


def _next(progress: BackfillProgress) -> Iterator[str]:
    command = f"medallion run {progress.client.id}"
    if not progress.done:
        yield f"go on with `{command} --resume`"
    elif failed := progress.in_state("failed"):
        zone = ZoneInfo(progress.client.timezone)
        first, last = (run.start.astimezone(zone).date() for run in (failed[0], failed[-1]))
        days = f"--from {first} --to {last}"
        yield f"once it is repaired, `{command} {days} --again failed`"


def counts(progress: BackfillProgress) -> str:
    """Count a backfill's runs by what became of them."""
    well, failed = len(progress.in_state("success")), len(progress.in_state("failed"))
    waiting = len(progress.in_state("queued"))
    parts = [f"{well} of {_intervals(len(progress.runs))} ran well", f"{failed} failed"]
    return ", ".join(parts + ([f"{waiting} still to run"] if waiting else []))


def moment(start: datetime, client: Client) -> str:
    """Name a client's interval by its start in its zone; by the day alone if there is at most one a day."""
    local = start.astimezone(ZoneInfo(client.timezone))
    # The hour that comes twice needs more than its time.
    daily = not shares_days(calendar_of(client))
    form = "%Y-%m-%d" if daily else "%Y-%m-%d %H:%M" if client.timezone == "UTC" else "%Y-%m-%d %H:%M %Z"
    return f"{local:{form}}"


def _stretch(client: Client, first: datetime, last: datetime, number: int) -> str:
    if number == 1:
        return moment(first, client)
    return f"{moment(first, client)} to {moment(last, client)}: {_intervals(number)}"


def _intervals(number: int) -> str:
    return "1 interval" if number == 1 else f"{number} intervals"
