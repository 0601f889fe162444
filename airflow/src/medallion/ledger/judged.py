"""Which builds stand behind what a run's gates judged."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from medallion.ledger.records import RunKey
from medallion.ledger.store import Ledger
from medallion.ledger.tables import build, delivery, verdict

#: The gate that answers for a whole run.
VALIDATION = "quality_validation"


@dataclass(frozen=True)
class Judged:
    """Builds of a run, by their ids in the ledger.

    Attributes:
        builds: those that the run's last results come from, which its gates judged.
        later: those that began after it was judged last.
    """

    builds: frozenset[int]
    later: frozenset[int] = frozenset()


def judged_builds(ledger: Ledger, key: RunKey) -> Judged:
    """What stands behind the last verdicts of a run.

    Args:
        ledger: where builds, results and verdicts were written down.
        key: the run.
    """
    results = {row.build_id for row in ledger.latest_results(key).values()}
    judged = [row["judged_at"] for row in ledger.rows_of(verdict, key) if row["gate"] == VALIDATION]
    later = {one.id for one in ledger.builds(key) if not judged or one.started_at > judged[-1]}
    return Judged(frozenset(results), frozenset(later))


@dataclass(frozen=True)
class LastBatch:
    """The last run of a DAG that has built.

    Attributes:
        run_id: which.
        delivered: whether it has delivered what it built, and built nothing since.
    """

    run_id: str
    delivered: bool


def last_batch(ledger: Ledger, dag_id: str) -> LastBatch | None:
    """The last run of a client's batches that built anything; None if none ever did."""
    newest = select(build.c.run_id, build.c.started_at).where(build.c.dag_id == dag_id)
    with ledger.engine.connect() as connection:
        found = connection.execute(newest.order_by(build.c.id.desc()).limit(1)).first()
    if found is None:
        return None
    delivered = ledger.rows_of(delivery, RunKey(dag_id, found.run_id))
    return LastBatch(found.run_id, any(row["delivered_at"] >= found.started_at for row in delivered))
