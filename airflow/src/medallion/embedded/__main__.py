"""The supervisor's process: ``python -m medallion.embedded``, in an embedded Airflow's environment."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from medallion.embedded.components import start_airflow
from medallion.embedded.processes import MARK, Identity
from medallion.embedded.state import RunnerState
from medallion.embedded.supervisor import Supervisor, supervise


def main(arguments: list[str]) -> int:
    """Run an Airflow until told to stop, or with ``--while-parent-lives`` until standard input ends."""
    state = RunnerState(
        supervisor=Identity.of(os.getpid()),
        mark=os.environ[MARK],
        url=os.environ["AIRFLOW__API__BASE_URL"],
        started_at=time.time(),
    )
    parent = 0 if "--while-parent-lives" in arguments else None
    supervisor = Supervisor(Path(os.environ["AIRFLOW_HOME"]), state, parent=parent)
    return supervise(supervisor, lambda: start_airflow(supervisor))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
