"""The Airflow of this home: whether what its supervisor wrote down is still so."""

from __future__ import annotations

import psutil

from medallion.doctor.finding import OK, WARN, Finding
from medallion.embedded.environment import airflow_home
from medallion.embedded.processes import marked
from medallion.embedded.state import read_state, state_file
from medallion.settings import Settings


def stale_home(settings: Settings) -> Finding:
    """Tell an Airflow that runs from one that was killed and left its state, or processes, behind."""
    home = airflow_home(settings)
    state = read_state(home)
    if state is None:
        if not state_file(home).exists():
            return Finding("airflow", OK, "no Airflow runs under this home")
        return Finding("airflow", WARN, f"{state_file(home)} cannot be read", f"remove {state_file(home)}")
    if not state.supervisor.is_alive():
        left = [str(one.pid) for one in marked(state.mark)]
        said = f"the supervisor (process {state.supervisor.pid}) of {state.url} is gone"
        said += f" and left processes {', '.join(left)}" if left else "; its state was left behind"
        return Finding("airflow", WARN, said, "clear it away: medallion down")
    gone = [name for name, pid in state.pids.items() if not psutil.pid_exists(pid)]
    if gone:
        said = f"Airflow runs at {state.url} without its {', '.join(gone)}"
        logs = home / "logs"
        return Finding("airflow", WARN, said, f"its supervisor starts it again; if not, see {logs}")
    return Finding("airflow", OK, f"Airflow runs at {state.url}")
