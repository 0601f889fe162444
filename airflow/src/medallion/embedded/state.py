"""What a supervisor tells everybody else: one small file under the Airflow home, replaced whole."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from medallion.embedded.processes import Identity
from medallion.embedded.secrets import write_private

#: A supervisor's life: it starts its processes, keeps them, and ends, wanted or not.
STARTING, RUNNING, STOPPING, FAILED = "starting", "running", "stopping", "failed"


@dataclass(frozen=True)
class RunnerState:
    """One supervisor and its processes.

    Args:
        supervisor: who it is.
        mark: what its processes carry in their environment.
        url: Airflow's address.
        started_at: seconds since 1970; heartbeats before it are an earlier run's.
        phase: one of the four above.
        pids: process ids by the component's name.
        restarts: how often each component was started again.
        error: why it failed, for a person.
    """

    supervisor: Identity
    mark: str
    url: str
    started_at: float
    phase: str = STARTING
    pids: dict[str, int] = field(default_factory=dict)
    restarts: dict[str, int] = field(default_factory=dict)
    error: str = ""

    def with_(self, **changes: Any) -> RunnerState:
        """Return this state with some of its fields changed."""
        return replace(self, **changes)


def state_file(home: Path) -> Path:
    """Where the supervisor of an Airflow home writes its state."""
    return home / "runner.json"


def write_state(home: Path, state: RunnerState) -> None:
    """Replace the state of an Airflow home."""
    write_private(state_file(home), json.dumps(asdict(state), indent=2))


def read_state(home: Path) -> RunnerState | None:
    """Read the state of an Airflow home; None if no supervisor ever wrote one, or not in our form."""
    try:
        fields = json.loads(state_file(home).read_text())
        return RunnerState(**{**fields, "supervisor": Identity(**fields["supervisor"])})
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None
