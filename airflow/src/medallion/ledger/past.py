"""A DAG's runs of the past as trends know them: when, how long, and what its gates measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from medallion.ledger.store import Ledger
from medallion.ledger.tables import build, cleanup, delivery, extraction, run, verdict

#: Where a run's last moment is looked for.
_STAMPS = (
    build.c.finished_at,
    extraction.c.landed_at,
    verdict.c.judged_at,
    delivery.c.delivered_at,
    cleanup.c.cleaned_at,
)


@dataclass(frozen=True)
class PastRun:
    """One run; times are in UTC without zone.

    Attributes:
        run_id: which.
        interval_start: of the first interval that it processed.
        interval_end: of the last one.
        started_at: when it was written down.
        ended_at: the last thing that was written down of it; None if nothing was.
        scores: the last score of each layer that a gate measured.
    """

    run_id: str
    interval_start: datetime
    interval_end: datetime
    started_at: datetime
    ended_at: datetime | None
    scores: Mapping[str, float]

    @property
    def seconds(self) -> float | None:
        """From its start to its last sign of life."""
        return round((self.ended_at - self.started_at).total_seconds(), 3) if self.ended_at else None


def past_runs(ledger: Ledger, dag_id: str, first: datetime, end: datetime) -> list[PastRun]:
    """The runs of a DAG that processed anything of a span of time, dry ones left out.

    Args:
        ledger: where they were written down.
        dag_id: the client's DAG.
        first: the span's start, in UTC without zone.
        end: its end.

    Returns:
        The runs, those first that were started first.
    """
    c = run.c
    wanted = (c.dag_id == dag_id, c.dry_run == 0, c.interval_end > first, c.interval_start < end)
    chosen = select(c.run_id).where(*wanted)
    columns = (c.run_id, c.interval_start, c.interval_end, c.started_at)
    with ledger.engine.connect() as connection:
        runs = connection.execute(select(*columns).where(*wanted).order_by(c.id)).all()
        ended: dict[str, datetime] = {}
        for stamp in _STAMPS:
            for row in connection.execute(_last(stamp, dag_id, chosen)):
                ended[row.run_id] = max(row.moment, ended.get(row.run_id, row.moment))
        scores: dict[str, dict[str, float]] = defaultdict(dict)
        for row in connection.execute(_scores(dag_id, chosen)):
            scores[row.run_id][row.layer] = row.score
    return [
        PastRun(**row._mapping, ended_at=ended.get(row.run_id), scores=scores.get(row.run_id, {}))
        for row in runs
    ]


def _last(stamp: Any, dag_id: str, chosen: Select[Any]) -> Select[Any]:
    """The last moment of each run in one column."""
    c = stamp.table.c
    query = select(c.run_id, func.max(stamp).label("moment")).where(c.dag_id == dag_id, c.run_id.in_(chosen))
    return query.where(stamp.is_not(None)).group_by(c.run_id)


def _scores(dag_id: str, chosen: Select[Any]) -> Select[Any]:
    """Every score, oldest first: of several of one layer the last one counts."""
    c = verdict.c
    query = select(c.run_id, c.layer, c.score).where(c.dag_id == dag_id, c.run_id.in_(chosen))
    return query.where(c.score.is_not(None)).order_by(c.id)
