"""What tests share instead of each making it anew, at ten seconds of a core: manifests, Airflow's tables."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock

from medallion.embedded.environment import AirflowOptions, airflow_environment, airflow_home
from medallion.embedded.ports import choose_ports
from medallion.settings import Settings

#: Names the folder; set by the process that starts the workers, which inherit it.
VARIABLE = "MEDALLION_TEST_MANIFESTS"


def share_manifests(home: Path) -> None:
    """Let a home use, and add to, the manifests of all tests: their names say what they were made from."""
    shared = Path(os.environ.get(VARIABLE) or tempfile.mkdtemp(prefix="medallion-manifests-"))
    link = home / "manifests"
    home.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.symlink_to(shared, target_is_directory=True)


def share_airflow_tables(settings: Settings) -> None:
    """Give a home an Airflow database without runs or DAGs, as if one had been started there before."""
    shared = Path(os.environ[VARIABLE]) / "airflow"
    with FileLock(f"{shared}.lock"):
        if not shared.is_dir():
            scratch = Settings(settings.project, shared.with_name("airflow-new"))
            environment = airflow_environment(scratch, choose_ports(), AirflowOptions())
            command = [sys.executable, "-m", "airflow", "db", "migrate"]
            subprocess.run(command, env=environment, check=True, capture_output=True)
            airflow_home(scratch).rename(shared)
    home = airflow_home(settings)
    home.mkdir(parents=True, exist_ok=True)
    shutil.copy(shared / "airflow.db", home)
    (home / "airflow.db.version").write_text(version("apache-airflow-core"))
