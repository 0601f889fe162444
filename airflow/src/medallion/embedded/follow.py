"""Follows runs on Airflow to their end; what it knows comes from Airflow's REST API alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from medallion.airflow_api import RUN_ENDED, TASK_ENDED, AirflowClient
from medallion.pipeline import LAYERS

#: Tasks of a layer that are not dbt nodes.
_FRAME = frozenset(f"{layer}.{task}" for layer in LAYERS for task in ("begin", "build", "gate"))
_STAGES = ("extract", *LAYERS, "quality_validation", "load", "cleanup")
POLL_SECONDS = 1.0
#: Looking takes at most this share of the time: Airflow's answers cost what its runs wait for.
_SHARE = 0.1


class Score(NamedTuple):
    """What a layer's gate measured, None if nothing, what it asked for, and the rules that breached it."""

    score: float | None
    threshold: float
    breaches: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClientRun:
    """One run of one client."""

    client_id: str
    run_id: str
    dag_id: str


#: The scores of a run's layers so far.
Scores = Callable[[ClientRun], Mapping[str, Score]]


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    ``stage`` is the first that has not ended, ``done`` counts the tasks of dbt nodes that ended well and
    ``total`` all of them. ``failed`` are the tasks that failed themselves, in the order in which they ended;
    ``retrying`` those that wait for their next try.
    """

    run: ClientRun
    state: str
    stage: str
    done: int
    total: int
    seconds: float
    scores: Mapping[str, Score] = field(default_factory=dict)
    failed: tuple[str, ...] = ()
    retrying: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        """True once nothing will change any more."""
        return self.state in RUN_ENDED

    @classmethod
    def never_started(cls, client_id: str, reason: str) -> Progress:
        """Make the end of a run that could not be started."""
        return cls(ClientRun(client_id, "", ""), "failed", "", 0, 0, 0.0, failed=(reason,))

    @property
    def succeeded(self) -> bool:
        """True if the run is green."""
        return self.state == "success"


def follow(
    client: AirflowClient,
    runs: Sequence[ClientRun],
    show: Callable[[Sequence[Progress]], None],
    *,
    scores: Scores = lambda *_: {},
    check: Callable[[], None] = lambda: None,
) -> list[Progress]:
    """Look at runs about once a second until all have ended.

    Args:
        client: of the Airflow that they are on.
        runs: which.
        show: told of every look, one progress a run, in their order.
        scores: what the gates have measured.
        check: called at every look; it raises if waiting longer is of no use.

    Returns:
        The last progress of each run.
    """
    latest: dict[ClientRun, Progress] = {}
    while True:
        began = time.monotonic()
        check()
        for run in runs:
            if run not in latest or not latest[run].ended:
                latest[run] = look(client, run, scores)
        show(list(latest.values()))
        if all(progress.ended for progress in latest.values()):
            return list(latest.values())
        pause(began)


def pause(began: float) -> None:
    """Wait until the next look, by when the last one began."""
    time.sleep(max(POLL_SECONDS, (time.monotonic() - began) / _SHARE))


def look(client: AirflowClient, run: ClientRun, scores: Scores) -> Progress:
    """See how far a run is now."""
    # The run first: if it has ended by then, so have its tasks.
    answer = client.run(run.dag_id, run.run_id)
    tasks = client.tasks(run.dag_id, run.run_id)
    return progress_of(run, answer, tasks, scores(run))


def progress_of(
    run: ClientRun,
    answer: Mapping[str, Any],
    tasks: Mapping[str, Mapping[str, Any]],
    scores: Mapping[str, Score],
) -> Progress:
    """Turn Airflow's answers into a run's progress."""
    nodes = [task for name, task in tasks.items() if _is_node(name)]
    failed = [name for name, task in tasks.items() if task["state"] == "failed"]
    return Progress(
        run=run,
        state=answer["state"],
        stage=_stage(tasks),
        done=sum(task["state"] == "success" for task in nodes),
        total=len(nodes),
        seconds=_seconds(answer["start_date"], answer["end_date"]),
        scores=dict(scores),
        failed=tuple(sorted(failed, key=lambda name: tasks[name]["end_date"] or "")),
        retrying=tuple(sorted(name for name, task in tasks.items() if task["state"] == "up_for_retry")),
    )


def _is_node(task_id: str) -> bool:
    return task_id.split(".")[0] in LAYERS and task_id not in _FRAME


def _stage(tasks: Mapping[str, Mapping[str, Any]]) -> str:
    """Name the first stage with a task that has not ended."""
    open_ = {
        stage
        for stage in _STAGES
        for name, task in tasks.items()
        if name.startswith(stage) and task["state"] not in TASK_ENDED
    }
    return next((stage for stage in _STAGES if stage in open_), "end")


def _seconds(start: str | None, end: str | None) -> float:
    if not start:
        return 0.0
    until = datetime.fromisoformat(end) if end else datetime.now(UTC)
    return (until - datetime.fromisoformat(start)).total_seconds()
