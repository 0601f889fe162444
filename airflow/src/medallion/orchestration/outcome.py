"""What a node's task should do now, from what the ledger and Airflow say. No Airflow in here.

A task is green as soon as every node it stands for has a good row, and red only once nobody will build
it any more: its build ended for good, or Airflow says that the build's task has ended. A task cleared by
hand accepts only rows of builds that started since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from medallion.ledger import Build, NodeRow

#: States of the build's task after which Airflow will not start it again by itself.
ENDED = frozenset({"success", "failed", "upstream_failed", "skipped", "removed"})


class Step(Enum):
    """What to do now."""

    WAIT = "wait"
    SUCCEED = "succeed"
    FAIL = "fail"
    REBUILD = "rebuild"


@dataclass(frozen=True)
class Outcome:
    """What to do now, and why where that is not plain."""

    step: Step
    reason: str = ""


WAIT = Outcome(Step.WAIT)


def decide(
    nodes: Sequence[str],
    rows: Mapping[str, NodeRow],
    builds: Iterable[Build],
    *,
    since: datetime | None,
    build_task: str | None,
) -> Outcome:
    """Decide what a node's task does now.

    Args:
        nodes: unique ids of the dbt nodes that the task stands for.
        rows: the last row of each node of this run.
        builds: the layer's builds of this run, oldest first.
        since: when the task was cleared by hand; None if it never was.
        build_task: Airflow's state of the layer's build task; None while it has not been asked.
    """
    fresh = {node: row for node in nodes if (row := rows.get(node)) and _is_fresh(row, since)}
    if len(fresh) == len(nodes) and all(row.good for row in fresh.values()):
        return Outcome(Step.SUCCEED)
    last = _last_build(builds, since)
    over = build_task in ENDED
    if last and last.whole and (over or last.state in ("failed", "success")):
        return Outcome(
            Step.FAIL, _reason(nodes, fresh, last.message or f"the layer's build ended {build_task}")
        )
    if since and over:
        return (
            Outcome(Step.FAIL, _reason(nodes, fresh)) if len(fresh) == len(nodes) else Outcome(Step.REBUILD)
        )
    if over:
        return Outcome(
            Step.FAIL, _reason(nodes, fresh, f"the layer's build ended {build_task} without building")
        )
    return WAIT


def _is_fresh(row: NodeRow, since: datetime | None) -> bool:
    return since is None or (row.built_at is not None and row.built_at >= since)


def _last_build(builds: Iterable[Build], since: datetime | None) -> Build | None:
    """The newest build that counts; a layer's own before one of a few cleared nodes."""
    counting = [one for one in builds if since is None or one.started_at >= since]
    return max(counting, key=lambda one: (one.whole, one.id), default=None)


def _reason(nodes: Sequence[str], fresh: Mapping[str, NodeRow], otherwise: str = "") -> str:
    said = [row.message or row.status for row in fresh.values() if not row.good]
    if any(node not in fresh for node in nodes):
        said.append(f"not built: {otherwise or 'no build reached it'}")
    return "; ".join(said)
