"""Follows a backfill on Airflow until its runs have ended or nobody lets them begin."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from medallion.airflow_api import RUN_ENDED, AirflowClient
from medallion.airflow_api.backfills import runs_of_backfill
from medallion.clients import Client
from medallion.embedded.follow import ClientRun, Progress, Scores, look, pause


@dataclass(frozen=True)
class BackfillRun:
    """One run of a backfill: its id, when its interval starts, its state and how long it took so far."""

    run_id: str
    start: datetime
    state: str
    seconds: float = 0.0


@dataclass(frozen=True)
class BackfillProgress:
    """How far a backfill is.

    Attributes:
        client: whose.
        dag_id: the client's DAG.
        runs: all its runs, the oldest interval first.
        paused: whether none of those that wait begins.
        seconds: since it is followed.
        current: how far the runs at work are.
        failures: what failed in each run that failed, looked at once it had.
    """

    client: Client
    dag_id: str
    runs: tuple[BackfillRun, ...]
    paused: bool = False
    seconds: float = 0.0
    current: tuple[Progress, ...] = ()
    failures: Mapping[str, Progress] = field(default_factory=dict)

    def in_state(self, *states: str) -> list[BackfillRun]:
        """The runs in some states."""
        return [run for run in self.runs if run.state in states]

    @property
    def done(self) -> bool:
        """True once all its runs have ended."""
        return len(self.in_state(*RUN_ENDED)) == len(self.runs)

    @property
    def over(self) -> bool:
        """True once nothing will change any more by itself."""
        return self.done or (self.paused and not self.in_state("running"))

    @property
    def succeeded(self) -> bool:
        """True if every run is green."""
        return len(self.in_state("success")) == len(self.runs)


def follow_backfill(
    airflow: AirflowClient,
    client: Client,
    backfill: Mapping[str, Any],
    show: Callable[[BackfillProgress], None],
    *,
    scores: Scores = lambda *_: {},
    check: Callable[[], None] = lambda: None,
) -> BackfillProgress:
    """Look at a backfill about once a second until it is over.

    Where runs depend on the past, the first one that fails ends it.

    Args:
        airflow: the Airflow that it is on.
        client: whose it is.
        backfill: as Airflow answers for it.
        show: told of every look.
        scores: what the gates have measured.
        check: called at every look; it raises if waiting longer is of no use.

    Returns:
        The last look.
    """
    started = time.monotonic()
    failures: dict[str, Progress] = {}
    while True:
        began = time.monotonic()
        check()
        latest = _look(airflow, client, backfill, scores, failures, began - started)
        show(latest)
        if latest.over:
            return latest
        if client.depends_on_past and latest.in_state("failed"):
            _give_up_behind(airflow, backfill["id"], latest)
        pause(began)


def _look(
    airflow: AirflowClient,
    client: Client,
    backfill: Mapping[str, Any],
    scores: Scores,
    failures: dict[str, Progress],
    seconds: float,
) -> BackfillProgress:
    # Whether it is paused first: a run that begins meanwhile is seen at work.
    paused = bool(airflow.backfill(backfill["id"])["is_paused"])
    dag_id = str(backfill["dag_id"])
    runs = tuple(_run(answer) for answer in runs_of_backfill(airflow, backfill))

    def at(run: BackfillRun) -> Progress:
        return look(airflow, ClientRun(client.id, run.run_id, dag_id), scores)

    current = tuple(at(run) for run in runs if run.state == "running")
    failures |= {run.run_id: at(run) for run in _newly_failed(runs, failures)}
    return BackfillProgress(client, dag_id, runs, paused, seconds, current, dict(failures))


def _give_up_behind(airflow: AirflowClient, backfill_id: int, latest: BackfillProgress) -> None:
    """End what waits for a run that failed: it would wait until its timeout, and all behind it after it.

    It goes back to the queue for that: Airflow skips the tasks of a run that is ended, which would count as a
    past that is well, but leaves those of a queued run as they are. Of a backfill that was given up already
    nothing waits.
    """
    if airflow.backfill(backfill_id)["completed_at"]:
        return
    airflow.pause_backfill(backfill_id)
    for run in latest.in_state("running"):
        if airflow.tasks(latest.dag_id, run.run_id)["start"]["state"] is None:
            airflow.end_run(latest.dag_id, run.run_id)
            airflow.clear(latest.dag_id, run.run_id)
    airflow.end_backfill(backfill_id)


def _newly_failed(runs: Sequence[BackfillRun], known: Mapping[str, Progress]) -> list[BackfillRun]:
    return [run for run in runs if run.state == "failed" and run.run_id not in known]


def _run(answer: Mapping[str, Any]) -> BackfillRun:
    start = datetime.fromisoformat(answer["logical_date"]).astimezone(UTC)
    began, ended = answer["start_date"], answer["end_date"]
    took = datetime.fromisoformat(ended) - datetime.fromisoformat(began) if began and ended else None
    return BackfillRun(answer["dag_run_id"], start, answer["state"], took.total_seconds() if took else 0.0)
