"""Which Airflow runs under an installation's home, and how it is stopped by whoever did not start it."""

from __future__ import annotations

from pathlib import Path

import psutil

from medallion.airflow_api import AirflowClient
from medallion.embedded.environment import airflow_home
from medallion.embedded.processes import marked, stop
from medallion.embedded.secrets import USERNAME, load_secrets
from medallion.embedded.state import RunnerState, read_state, state_file
from medallion.exceptions import RunnerError
from medallion.settings import Settings

#: A killed API server is back in less; one whose machine is busy answers within it.
PATIENCE_SECONDS = 90.0


def client_of(settings: Settings, url: str) -> AirflowClient:
    """Make a client for the Airflow of an installation."""
    password = load_secrets(airflow_home(settings)).password
    return AirflowClient(url, USERNAME, password, patience=PATIENCE_SECONDS)


def running_airflow(settings: Settings) -> RunnerState | None:
    """Return the state of the Airflow that runs under this installation's home; None if none does."""
    state = read_state(airflow_home(settings))
    return state if state and state.supervisor.is_alive() else None


def refuse_second(settings: Settings) -> None:
    """Refuse to start beside another Airflow of the same home.

    Raises:
        RunnerError: if one runs.
    """
    state = running_airflow(settings)
    if state:
        raise RunnerError(
            f"an Airflow already runs under {airflow_home(settings)} at {state.url} "
            f"(process {state.supervisor.pid}): stop it with `make down`"
        )


def stop_airflow(settings: Settings) -> bool:
    """Stop the Airflow of an installation, whoever started it; False if none ran."""
    home = airflow_home(settings)
    state = running_airflow(settings)
    if state:
        stop([psutil.Process(state.supervisor.pid)], 30.0)
    stop_leftovers(home)
    return state is not None


def stop_leftovers(home: Path) -> None:
    """Stop what a supervisor that was killed left behind, and forget it."""
    state = read_state(home)
    if state:
        stop(marked(state.mark), 2.0)
        state_file(home).unlink(missing_ok=True)
