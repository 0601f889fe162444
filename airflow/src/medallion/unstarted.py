"""Runs that should exist and do not, and why: plain facts in, a judgement and a command out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from medallion.clients import Client
from medallion.interval import Interval
from medallion.missing import Missing

#: How long after the end of its interval a run should be there: the scheduler is busy, too.
GRACE = timedelta(minutes=10)
#: How far back is looked; what is older has been told, and `medallion doctor` knows what did not land.
DAYS = 7
#: Commands that are listed before they are counted.
_LISTED = 5


class Reason(Enum):
    """Why a run does not start: what people are told, whether it is the whole platform's, and what helps."""

    SCHEDULER = ("the scheduler is away", True, "see its log, and start it again: `medallion up`")
    PROCESSOR = ("the DAG processor is away", True, "see its log, and start it again: `medallion up`")
    WAS_AWAY = ("the scheduler was away", True, "see in its log what ended it")
    IMPORT_ERROR = (
        "Airflow cannot read its DAG",
        False,
        "mend what the last run of medallion_factory names, then `medallion apply`",
    )
    STALE = (
        "Airflow does not have its newest DAG",
        False,
        "see the DAG processor's log, then `medallion apply`",
    )
    PAUSED = ("its DAG is paused", False, "let {dag_id} go on in Airflow's UI")
    NOT_MADE = (
        "Airflow has not made it",
        False,
        "see the scheduler's log, and whether other runs hold it up",
    )

    def __init__(self, said: str, of_platform: bool, todo: str) -> None:
        self.said = said
        self.of_platform = of_platform
        self.todo = todo


@dataclass(frozen=True)
class Airflow:
    """What there is to know of the Airflow itself.

    Attributes:
        scheduler: whether it is healthy.
        processor: whether the DAG processor is.
        settled: whether the scheduler has been at work for a while: what it has not made yet, it will not.
        gap: from when until when it was away, as far as that is news.
    """

    scheduler: bool = True
    processor: bool = True
    settled: bool = True
    gap: tuple[datetime, datetime] | None = None


@dataclass(frozen=True)
class Dag:
    """What Airflow knows of a client's DAG.

    Attributes:
        dag_id: the DAG.
        paused: whether it is.
        live: whether Airflow has the newest version of it.
        import_error: why Airflow cannot read it; blank if it can.
        held_up: whether runs of its own hold the next one up, or did a moment ago.
    """

    dag_id: str
    paused: bool = False
    live: bool = True
    import_error: str = ""
    held_up: bool = False


@dataclass(frozen=True)
class Unstarted:
    """Runs of one client that should exist and do not.

    Attributes:
        client_id: whose.
        dag_id: the client's DAG.
        reason: why not.
        intervals: those without a run, oldest first, never empty.
        catchup: whether Airflow makes all of them by itself once it can; else just the last.
        detail: more of the reason.
    """

    client_id: str
    dag_id: str
    reason: Reason
    intervals: tuple[Interval, ...]
    catchup: bool = False
    detail: str = ""

    @property
    def said(self) -> str:
        """What has no run, in a sentence without the client's name."""
        first, last = self.intervals[0], self.intervals[-1]
        if len(self.intervals) == 1:
            return f"the interval {first.said} has no run"
        span = f"from {first.local_start:%Y-%m-%d %H:%M} to {last.local_end:%Y-%m-%d %H:%M}"
        return f"{len(self.intervals)} intervals {span} have no run"

    @property
    def advice(self) -> str:
        """What helps."""
        return self.reason.todo.format(dag_id=self.dag_id)

    @property
    def commands(self) -> list[str]:
        """What runs the intervals that Airflow will not make by itself."""
        left = self.intervals if self.reason is Reason.WAS_AWAY else self.intervals[:-1]
        return [] if self.catchup or not left else Missing(self.client_id, False, tuple(left), ()).commands

    @property
    def todo(self) -> str:
        """Both in a sentence."""
        return todo_of([self])


def todo_of(found: Sequence[Unstarted]) -> str:
    """What helps some that share a reason: once, and the commands of each.

    Args:
        found: at least one.
    """
    commands = [f"`{command}`" for one in found for command in one.commands]
    more = f", and {len(commands) - _LISTED} more" if len(commands) > _LISTED else ""
    left = f"; then what it leaves out: {', '.join(commands[:_LISTED])}{more}" if commands else ""
    return found[0].advice + left


def unstarted_of(
    client: Client,
    expected: Sequence[Interval],
    has_run: Callable[[Interval], bool],
    dag: Dag,
    airflow: Airflow,
) -> Unstarted | None:
    """Judge whether runs of a client should exist and do not.

    Args:
        client: whose.
        expected: the intervals that have been due for :data:`GRACE`, oldest first.
        has_run: whether an interval has a run, whatever became of that.
        dag: what Airflow knows of the client's DAG.
        airflow: what there is to know of the Airflow.

    Returns:
        What does not exist, and why; None if all is well, or if the client's own runs hold the next one up.
    """
    there = [has_run(interval) for interval in expected]
    last = max((place for place, found in enumerate(there) if found), default=-1)
    open_end = tuple(expected[last + 1 :])
    reason = _reason(dag, airflow) if open_end else None
    if reason:
        return Unstarted(client.id, dag.dag_id, reason, open_end, client.catchup, dag.import_error)
    lost = [interval for interval, found in zip(expected, there, strict=True) if not found]
    if open_end and lost:
        lost.pop()  # the scheduler is about to make it
    if airflow.gap is None or client.catchup:
        return None
    since, until = airflow.gap
    away = tuple(interval for interval in lost if since < interval.end <= until)
    return Unstarted(client.id, dag.dag_id, Reason.WAS_AWAY, away) if away else None


def _reason(dag: Dag, airflow: Airflow) -> Reason | None:
    """Why the next runs do not start; the first reason hides those behind it."""
    reasons = (
        (not airflow.scheduler, Reason.SCHEDULER),
        (bool(dag.import_error), Reason.IMPORT_ERROR),
        (not airflow.processor and not dag.live, Reason.PROCESSOR),
        (not dag.live and airflow.settled, Reason.STALE),
        (dag.paused, Reason.PAUSED),
        (not dag.held_up and airflow.settled, Reason.NOT_MADE),
    )
    return next((reason for is_so, reason in reasons if is_so), None)
