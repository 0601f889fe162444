"""Which builds stand behind what a run's gates judged."""

from __future__ import annotations

from dataclasses import dataclass

from medallion.ledger.records import RunKey
from medallion.ledger.store import Ledger
from medallion.ledger.tables import verdict

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
