"""A stack of docker-compose.yml for tests: a project, ports, volumes and configs of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import tenacity

from medallion.airflow_api import AirflowClient
from servers import free_port

ROOT = Path(__file__).parents[2]
#: Images that a machine without registry has to make, each from the folder of that name beside this file.
STAND_INS = {"mail": "axllent/mailpit:v1.20.4", "prometheus": "prom/prometheus:v3.5.0"}
#: A machine that builds, starts and runs everything at once on two slow cores.
_SECONDS = 1800


class Stack:
    """A stack, and what tests do with it.

    Args:
        folder: for its .env and its configs.
        configs: the clients' files by name, each the keys that differ from the project's; no others.
        settings: what differs in its .env.
    """

    def __init__(
        self, folder: Path, configs: Mapping[str, Mapping[str, str]], settings: Mapping[str, str]
    ) -> None:
        self.folder = folder
        self.project = f"medallion-test-{os.getpid()}"
        ports = {"MEDALLION_PORT": free_port(), "MAIL_PORT": free_port()}
        self.url = f"http://127.0.0.1:{ports['MEDALLION_PORT']}"
        self.mail_url = f"http://127.0.0.1:{ports['MAIL_PORT']}"
        _copy_configs(folder / "configs", configs)
        shutil.copy(ROOT / ".env.example", folder)
        subprocess.run(
            [sys.executable, ROOT / "deploy" / "env.py", folder], check=True, stdout=subprocess.DEVNULL
        )
        self.settings = {
            **_settings_of(folder / ".env"),
            **{name: str(port) for name, port in ports.items()},
            "MEDALLION_URL": self.url,
            "MEDALLION_CONFIGS": str(folder / "configs"),
            **settings,
        }
        (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in self.settings.items()))

    def compose(self, *arguments: str, check: bool = True, seconds: float = _SECONDS) -> str:
        """Run ``docker compose``; return what it printed to stdout."""
        command = ["docker", "compose", "--project-name", self.project, "--env-file", self.folder / ".env"]
        done = subprocess.run(
            [*command, *arguments], cwd=ROOT, check=False, timeout=seconds, capture_output=True, text=True
        )
        assert not check or done.returncode == 0, f"{arguments}: {done.stdout[-2000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def up(self) -> None:
        """Build this checkout's images, start everything and wait until all of it is well."""
        self.compose("up", "--build", "--detach", "--wait", "--wait-timeout", "900")

    def down(self) -> None:
        """Stop and remove everything, volumes too."""
        self.compose("down", "--volumes", "--timeout", "10", "--remove-orphans", check=False)

    def containers(self) -> dict[str, dict[str, Any]]:
        """What Docker says of each service's first container."""
        ids = self.compose("ps", "--all", "--quiet").split()
        found = json.loads(
            subprocess.run(["docker", "inspect", *ids], check=True, capture_output=True, text=True).stdout
        )
        return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in found}

    @contextmanager
    def airflow(self) -> Iterator[AirflowClient]:
        """Its Airflow, for the administrator that .env names."""
        password = self.settings["MEDALLION_ADMIN_PASSWORD"]
        with closing(AirflowClient(self.url, "admin", password, patience=120)) as made:
            made.log_in()
            yield made

    def logs(self) -> str:
        """The last lines of all containers, for a test that fails."""
        return self.compose("logs", "--no-color", "--tail", "40", check=False)


def why_no_engine() -> str:
    """Why the tests cannot run here; nothing if they can."""
    if not shutil.which("docker"):
        return "no docker command here"
    for command in (["docker", "version"], ["docker", "compose", "version"]):
        try:
            done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        except subprocess.TimeoutExpired:
            return f"`{' '.join(command)}` does not answer"
        if done.returncode:
            return f"`{' '.join(command)}`: {done.stderr.strip().splitlines()[-1]}"
    return ""


def stand_in_for(name: str) -> None:
    """Where an image is not here and cannot be fetched, make one that answers to its name."""
    image = STAND_INS[name]
    for command in (["docker", "image", "inspect", image], ["docker", "pull", "--quiet", image]):
        if subprocess.run(command, check=False, capture_output=True).returncode == 0:
            return
    folder = str(Path(__file__).parent / name)
    subprocess.run(
        ["docker", "build", "--quiet", "--tag", image, folder], check=True, stdout=subprocess.DEVNULL
    )


def eventually(seconds: float, every: float = 2) -> tenacity.Retrying:
    """Look again every so many seconds until an assertion holds, for so long at most."""
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(AssertionError),
        wait=tenacity.wait_fixed(every),
        stop=tenacity.stop_after_delay(seconds),
        reraise=True,
    )


def _copy_configs(to: Path, configs: Mapping[str, Mapping[str, str]]) -> None:
    shutil.copytree(ROOT / "configs", to, ignore=shutil.ignore_patterns("clients"))
    (to / "clients").mkdir()
    for name, changed in configs.items():
        lines = (ROOT / "configs" / "clients" / f"{name}.yml").read_text().splitlines()
        kept = [line for line in lines if line.partition(":")[0] not in changed]
        added = [f"{key}: {value}" for key, value in changed.items()]
        (to / "clients" / f"{name}.yml").write_text("\n".join([*kept, *added, ""]))


def _settings_of(path: Path) -> dict[str, str]:
    lines = [
        line.partition("=") for line in path.read_text().splitlines() if line and not line.startswith("#")
    ]
    return {name: value for name, _, value in lines}
