"""An Airflow whose auth manager is FAB's, with roles and people: its tables, clients' DAGs and API server.

Run as a program, in an environment that :class:`FabAirflow` makes, it does what needs Airflow in a process of
its own: ``python fab_airflow.py <folder of DAGs> [<person>=<role>,<role> …]``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from medallion.embedded.environment import AirflowOptions, airflow_environment
from medallion.embedded.ports import choose_ports
from medallion.settings import Settings, load_settings

PASSWORD = "a test's password"
_MANAGER = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
_SECONDS = 180


class FabAirflow:
    """Its home, and what tests ask of it.

    Args:
        folder: for its home and its DAGs.
    """

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(load_settings().project, folder / "home")
        self.dags = folder / "dags"
        self._ports = choose_ports()
        self.url = f"http://127.0.0.1:{self._ports.api}"
        self._environment = airflow_environment(self.settings, self._ports, AirflowOptions(self.dags)) | {
            "AIRFLOW__CORE__AUTH_MANAGER": _MANAGER,
            "AIRFLOW__FAB__CACHE_TTL": "0",
            "AIRFLOW__DATABASE__CHECK_MIGRATIONS": "True",
            "PYTHONPATH": os.pathsep.join(filter(None, (*sys.path, os.environ.get("PYTHONPATH", "")))),
        }

    def make(self, people: Mapping[str, Sequence[str]]) -> None:
        """Make the tables, the role of clients' people, each person with further roles, and read the DAGs.

        Whoever has the role ``Admin`` has it alone.
        """
        self._read(*(f"{name}={','.join(roles)}" for name, roles in people.items()))

    def read_dags(self) -> None:
        """Have Airflow read the DAGs, as its DAG processor does, and who may what with them."""
        self._read()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Run the API server until the block ends."""
        log = self.settings.home / "api-server.log"
        command = [sys.executable, "-m", "airflow", "api-server", "--port", str(self._ports.api)]
        with log.open("wb") as file:
            server = subprocess.Popen(
                [*command, "--workers", "1"], env=self._environment, stdout=file, stderr=file
            )
        try:
            self._wait(server, log)
            yield
        finally:
            server.terminate()
            server.wait(timeout=60)

    def token(self, name: str) -> str:
        """Log somebody in."""
        answer = httpx.post(
            f"{self.url}/auth/token", json={"username": name, "password": PASSWORD}, timeout=60
        )
        return str(answer.raise_for_status().json()["access_token"])

    def _wait(self, server: subprocess.Popen[bytes], log: Path) -> None:
        deadline = time.monotonic() + _SECONDS
        with httpx.Client(base_url=self.url, timeout=10, trust_env=False) as http:
            while True:
                try:
                    if http.get("/api/v2/version").is_success:
                        return
                except httpx.TransportError:
                    pass
                if server.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"the API server does not answer\n{log.read_text()[-3000:]}")
                time.sleep(0.5)

    def _read(self, *people: str) -> None:
        self.settings.home.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [sys.executable, __file__, str(self.dags), *people],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}"


def _make_tables(people: Sequence[str]) -> None:
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
    from airflow.utils.db import initdb

    from medallion.orchestration.people import allow_people

    initdb()
    with get_application_builder() as builder:
        manager = builder.sm
        manager.sync_roles()
        base = allow_people(manager)
        for one in people:
            name, _, listed = one.partition("=")
            roles = [manager.find_role(role) or manager.add_role(role) for role in listed.split(",")]
            made = manager.add_user(
                name,
                name,
                "of a test",
                f"{name}@example.com",
                [*roles, *[base] * ("Admin" not in listed)],
                PASSWORD,
            )
            assert made, f"{name} could not be made"


def _read_dags(folder: str) -> None:
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

    DagBundlesManager().sync_bundles_to_db()
    bag = DagBag(folder, bundle_path=Path(folder), bundle_name="medallion")
    assert bag.dags, f"no DAG in {folder}: {bag.import_errors}"
    sync_bag_to_db(bag, "medallion", None)
    assert not bag.import_errors, bag.import_errors


if __name__ == "__main__":
    if sys.argv[2:]:
        _make_tables(sys.argv[2:])
    _read_dags(sys.argv[1])
