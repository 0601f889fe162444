"""How long the stages of a run took, and how long they usually do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import select

from medallion.ledger.records import RunKey
from medallion.ledger.store import Ledger
from medallion.ledger.tables import build, delivery, extraction, run, verdict

#: The stage before the layers.
EXTRACT = "extract"
#: How many of the last runs say what is usual.
LAST_RUNS = 20


@dataclass(frozen=True)
class Stage:
    """Extracts, or a layer, of one run; times are in UTC without zone.

    Attributes:
        name: ``extract``, or the layer's name.
        began: when all that it needs was there.
        ended: when it was judged for the first time, or the last file landed; None while it goes on.
    """

    name: str
    began: datetime
    ended: datetime | None

    def seconds(self, now: datetime) -> float:
        """How long it took, or has taken by now."""
        return ((self.ended or now) - self.began).total_seconds()


def stages_of(ledger: Ledger, key: RunKey) -> list[Stage]:
    """The stages that a run has begun, in their order; none of a run that waits for its turn."""
    return _stages(ledger, key.dag_id, [key.run_id]).get(key.run_id, [])


def usual_seconds(ledger: Ledger, key: RunKey) -> dict[str, float]:
    """How long each stage usually takes: the median of the last runs of the DAG that delivered.

    Args:
        ledger: where they were written down.
        key: a run that is left out of it. Dry runs, and those that made a layer anew, are as well.

    Returns:
        Seconds by stage; a stage that has no history is not in it.
    """
    c = run.c
    delivered = select(delivery.c.run_id).where(delivery.c.dag_id == key.dag_id)
    query = select(c.run_id, c.rebuild).where(
        c.dag_id == key.dag_id, c.run_id != key.run_id, c.dry_run == 0, c.run_id.in_(delivered)
    )
    with ledger.engine.connect() as connection:
        found = connection.execute(query.order_by(c.id.desc()).limit(2 * LAST_RUNS)).all()
    usual = [row.run_id for row in found if not row.rebuild][:LAST_RUNS]
    taken: dict[str, list[float]] = defaultdict(list)
    for stages in _stages(ledger, key.dag_id, usual).values():
        for stage in stages:
            if stage.ended:
                taken[stage.name].append(stage.seconds(stage.ended))
    return {name: median(seconds) for name, seconds in taken.items()}


def _stages(ledger: Ledger, dag_id: str, run_ids: Sequence[str]) -> dict[str, list[Stage]]:
    started = _by_run(ledger, dag_id, run_ids, run.c.started_at)
    landed = _by_run(ledger, dag_id, run_ids, extraction.c.landed_at)
    built = _by_run(ledger, dag_id, run_ids, build.c.started_at, build.c.layer)
    judged = _by_run(ledger, dag_id, run_ids, verdict.c.judged_at, verdict.c.gate)
    return {
        run_id: _of_one(found[0][0], landed[run_id], _firsts(built[run_id]), _firsts(judged[run_id]))
        for run_id, found in started.items()
    }


def _of_one(
    started: datetime, landed: Sequence[Any], built: Mapping[str, datetime], judged: Mapping[str, datetime]
) -> list[Stage]:
    """A stage begins when the one before it has ended: a wait for a worker is a part of it."""
    layers = sorted(built, key=lambda layer: built[layer])
    # What was landed or judged anew later, because somebody cleared it, says nothing of the first time.
    first = built[layers[0]] if layers else None
    before = max((at for (at, *_) in landed if first and at <= first), default=first)
    stages = [Stage(EXTRACT, started, before)]
    for layer in layers:
        ended = judged.get(f"{layer}.gate")
        stages.append(Stage(layer, before or built[layer], ended))
        before = ended
    return stages


def _firsts(rows: Iterable[Any]) -> dict[str, datetime]:
    """When something was written down first, by its name."""
    firsts: dict[str, datetime] = {}
    for at, name in rows:
        firsts[name] = min(at, firsts.get(name, at))
    return firsts


def _by_run(ledger: Ledger, dag_id: str, run_ids: Sequence[str], *columns: Any) -> dict[str, list[Any]]:
    c = columns[0].table.c
    found: dict[str, list[Any]] = defaultdict(list)
    query = select(c.run_id, *columns).where(c.dag_id == dag_id, c.run_id.in_(run_ids))
    with ledger.engine.connect() as connection:
        for row in connection.execute(query.order_by(c.id)):
            found[str(row[0])].append(tuple(row[1:]))
    return found
