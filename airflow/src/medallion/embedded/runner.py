"""Starts and stops an embedded Airflow: the caller's end of the supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import IO

import httpx
from filelock import FileLock

from medallion.airflow_api import AirflowClient
from medallion.airflow_api.health import is_since, not_healthy
from medallion.embedded.environment import AirflowOptions, airflow_environment, airflow_home
from medallion.embedded.ports import choose_ports
from medallion.embedded.processes import MARK
from medallion.embedded.running import client_of, refuse_second, stop_airflow, stop_leftovers
from medallion.embedded.state import FAILED, RunnerState, read_state
from medallion.exceptions import RunnerError
from medallion.settings import Settings

START_SECONDS = 180.0
_POLL_SECONDS = 0.1


class EmbeddedAirflow:
    """An Airflow under ``MEDALLION_HOME``, as a context: started and healthy inside, gone behind it.

    Whatever ends the caller, even ``kill -9``, also ends the Airflow, unless it is ``detached``.

    Args:
        settings: the installation; the Airflow's home is ``<home>/airflow``.
        options: what it runs, and how often it looks; None for the installation's DAGs, without schedules.
        detached: it outlives the caller, until :func:`stop_airflow`.
    """

    def __init__(
        self, settings: Settings, options: AirflowOptions | None = None, *, detached: bool = False
    ) -> None:
        self.settings = settings
        self.home = airflow_home(settings)
        self._options = options or AirflowOptions()
        self._detached = detached
        self._process: subprocess.Popen[bytes] | None = None
        self._client: AirflowClient | None = None

    def __enter__(self) -> EmbeddedAirflow:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- life

    def start(self, on_wait: Callable[[str], None] = lambda _: None) -> None:
        """Start it and wait until every part of it is healthy.

        Args:
            on_wait: told, again and again, what is still waited for.

        Raises:
            RunnerError: if one runs here already, its port is busy, or a process could not be kept alive.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        with FileLock(self.home / "runner.lock"):
            refuse_second(self.settings)
            stop_leftovers(self.home)
            self._spawn()
        try:
            self._wait_until_healthy(on_wait)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop every process of it; returns when none is left. One that was not started here goes on."""
        if self._client:
            self._client.close()
            self._client = None
        if self._process:
            _close(self._process.stdin)
            stop_airflow(self.settings)
            self._process.wait()
            self._process = None

    def check(self) -> None:
        """See whether it is still supervised.

        Raises:
            RunnerError: with the reason why it is not.
        """
        if self.state.phase == FAILED:
            raise RunnerError(f"the embedded Airflow stopped: {self.state.error}")
        if not self.state.supervisor.is_alive():
            raise RunnerError(
                f"the embedded Airflow is gone; its log is {self.home / 'logs' / 'supervisor.log'}"
            )

    def wait_for_dags(self, dag_ids: Iterable[str], seconds: float = 90.0) -> None:
        """Wait until DAGs have been parsed by this Airflow, not by an earlier one of the same home.

        Args:
            dag_ids: which.
            seconds: how long at most.

        Raises:
            RunnerError: naming the DAGs that are not there, and what could not be parsed.
        """
        missing, deadline = set(dag_ids), time.monotonic() + seconds
        while missing := {one for one in missing if not self._is_parsed(one)}:
            self.check()
            errors = self.client.import_errors(self.state.started_at)
            if errors or time.monotonic() > deadline:
                told = "".join(f"\n{file}: {error}" for file, error in errors.items())
                raise RunnerError(f"Airflow has not read {', '.join(sorted(missing))}{told}")
            time.sleep(_POLL_SECONDS)

    def _is_parsed(self, dag_id: str) -> bool:
        dag = self.client.dag(dag_id) or {}
        return is_since(dag.get("last_parsed_time"), self.state.started_at)

    # --- what is in it

    @property
    def state(self) -> RunnerState:
        """What its supervisor last said.

        Raises:
            RunnerError: if it was not started.
        """
        state = read_state(self.home)
        if state is None:
            raise RunnerError(f"no Airflow was started under {self.home}")
        return state

    @property
    def is_own(self) -> bool:
        """True if it was started through this object."""
        return self._process is not None

    @property
    def url(self) -> str:
        """Its address."""
        return self.state.url

    @property
    def client(self) -> AirflowClient:
        """A client of its REST API, logged in as its one user."""
        if self._client is None:
            self._client = client_of(self.settings, self.url)
        return self._client

    def pid_of(self, name: str) -> int:
        """Return the process id of a part: api-server, scheduler, dag-processor, triggerer or log-server.

        Raises:
            RunnerError: if it does not run just now.
        """
        pids = self.state.pids
        if name not in pids:
            raise RunnerError(f"{name} does not run; running are {', '.join(sorted(pids)) or 'none'}")
        return pids[name]

    def kill(self, name: str) -> int:
        """Kill a part, with no chance to end well, as a machine short of memory would; returns its id."""
        pid = self.pid_of(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def log_of(self, name: str) -> Path:
        """Return the log of a part, or of the ``supervisor``."""
        return self.home / "logs" / f"{name}.log"

    # --- start

    def _spawn(self) -> None:
        environment = airflow_environment(self.settings, choose_ports(), self._options)
        environment[MARK] = mark = uuid.uuid4().hex
        # Without it, renaming a process (Airflow does) writes over the environment that others read.
        environment["SPT_NOENV"] = "1"
        logs = self.home / "logs"
        logs.mkdir(exist_ok=True)
        for old in logs.glob("*.log"):
            old.unlink()
        arguments = [sys.executable, "-m", __package__]
        if not self._detached:
            arguments.append("--while-parent-lives")
        with self.log_of("supervisor").open("wb") as log:
            self._process = subprocess.Popen(
                arguments,
                env=environment,
                cwd=self.home,
                stdin=subprocess.DEVNULL if self._detached else subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_for(lambda: self._has_spoken(mark), "the supervisor's first word")

    def _has_spoken(self, mark: str) -> bool:
        assert self._process  # noqa: S101 - just started
        state = read_state(self.home)
        if state and state.mark == mark:
            return True
        if self._process.poll() is not None:
            raise RunnerError(f"the supervisor did not start; its log is {self.log_of('supervisor')}")
        return False

    def _wait_until_healthy(self, on_wait: Callable[[str], None]) -> None:
        with httpx.Client(base_url=self.url, timeout=60, trust_env=False) as http:

            def healthy() -> bool:
                self.check()
                missing = not_healthy(http, self.state.started_at)
                on_wait(missing)
                return not missing

            self._wait_for(healthy, "every part to be healthy")

    def _wait_for(self, ready: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if time.monotonic() > deadline:
                raise RunnerError(
                    f"the embedded Airflow did not start: waited {START_SECONDS:.0f} s for {what}; "
                    f"its logs are in {self.home / 'logs'}"
                )
            time.sleep(_POLL_SECONDS)


def _close(stream: IO[bytes] | None) -> None:
    if stream:
        stream.close()
