"""The ledger's rows as plain objects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

#: How dbt says that a node ended well; a rule's test that found failing rows ends with ``warn``.
GOOD = frozenset({"success", "pass", "warn"})
#: The state of a build that has not ended, as far as anybody knows.
RUNNING = "running"


@dataclass(frozen=True)
class RunKey:
    """A DAG run."""

    dag_id: str
    run_id: str


@dataclass(frozen=True)
class NodeRow:
    """One result of one dbt node in one build; rows are only ever added, the last one counts."""

    node: str
    layer: str
    status: str
    message: str = ""
    rows: int | None = None
    seconds: float | None = None
    failing: int | None = None
    population: int | None = None
    log: str = ""
    id: int = 0
    build_id: int = 0
    built_at: datetime | None = None  # when its build started

    @property
    def good(self) -> bool:
        """True if dbt ended the node well."""
        return self.status in GOOD


@dataclass(frozen=True)
class Build:
    """One ``dbt build`` of (a part of) a layer.

    ``series`` is the try with which the layer was started or cleared, so that a retry continues its series;
    0 is a build of a few nodes that were cleared by hand.
    ``state`` is running, success, retry (another try follows) or failed.
    """

    id: int
    layer: str
    series: int
    state: str
    started_at: datetime
    message: str = ""

    @property
    def whole(self) -> bool:
        """True for a build by the layer's own task."""
        return self.series > 0
