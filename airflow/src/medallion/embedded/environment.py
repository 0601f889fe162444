"""The environment variables that make an Airflow the embedded one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from medallion.embedded.ports import HOST, Ports
from medallion.embedded.secrets import USERNAME, load_secrets, passwords_file
from medallion.settings import DEFAULT_PLATFORM, Settings

#: The variable that names Airflow's database.
DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"

#: Tasks at once: most of a run's tasks wait in the triggerer, so these are builds, extracts and gates.
PARALLELISM = 8

#: How often the dag-processor asks the registry for a new version of the clients' DAGs: one query.
_REFRESH_SECONDS = 2

#: By how many seconds the machine's clock may be set while tasks run.
_CLOCK_SET_BY = 2 * 3600

#: What reaches through from the caller's own environment: secrets of clients. Any other setting of
#: an Airflow that happens to be configured in the caller's shell would make this one something else.
_KEPT = ("AIRFLOW_CONN_", "AIRFLOW_VAR_")

#: Nothing phones home: Airflow and Cosmos, dbt, dlt.
_SILENCE = {
    "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "False",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "SCARF_ANALYTICS": "false",
    "SCARF_NO_ANALYTICS": "true",
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DBT_VERSION_CHECK": "false",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
}

#: One machine, one user, a person waiting: look often. But who is late on a busy machine is not dead: beyond
#: its threshold a scheduler takes its own tasks for another's, and starts them again and again. A part that
#: starts ends the one before it (see components.py), so nobody waits for these thresholds.
_QUICK = {
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "120",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "15",
    # As often a new stream's asset is made active, which nobody watches before.
    "AIRFLOW__SCHEDULER__PARSING_CLEANUP_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "90",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "3",
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "60",
    # A client's nodes all enter the triggerer at once, and half a second of a busy core is no news there.
    "AIRFLOW__TRIGGERER__MAX_TRIGGER_TO_SELECT_PER_LOOP": "500",
    "AIRFLOW__TRIGGERER__BLOCKED_MAIN_THREAD_WARNING_THRESHOLD": "2.0",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
    "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
    "AIRFLOW__DAG_PROCESSOR__PRINT_STATS_INTERVAL": "0",
    "AIRFLOW__API__MAXIMUM_PAGE_LIMIT": "1000",
}


#: glibc gives the threads of a core up to eight heaps, and what one of them gave back stays with it: the API
#: server grew with every run. With two heaps in all it stops, and so does the scheduler (`make bench`).
_MEMORY = {"MALLOC_ARENA_MAX": "2"}


@dataclass(frozen=True)
class AirflowOptions:
    """What differs between the embedded Airflows of the demo, of ``up`` and of tests.

    Args:
        dags_folder: the folder whose DAGs run; None for the installation's ``airflow/dags``.
        schedules: True creates the runs that schedules ask for; False leaves it at runs asked for by hand.
        parse_seconds: how long a DAG file that did not change is good until it is parsed again.
    """

    dags_folder: Path | None = None
    schedules: bool = False
    parse_seconds: int = 3600


def airflow_home(settings: Settings) -> Path:
    """The embedded Airflow's own folder: its database, its logs, its secrets."""
    return settings.home / "airflow"


def airflow_environment(
    settings: Settings, ports: Ports, options: AirflowOptions, inherited: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Build the environment in which every process of an embedded Airflow runs.

    Args:
        settings: the installation it belongs to; its home gets secrets and an empty ``airflow.cfg``.
        ports: the loopback ports it listens on; it opens no others.
        options: what it runs, and how often it looks.
        inherited: the caller's environment; its settings of another Airflow are left out.

    Returns:
        All variables, ready for a process that is started with nothing else.
    """
    home = airflow_home(settings)
    home.mkdir(parents=True, exist_ok=True)
    # Airflow writes a file of defaults where there is none: four processes at once, each with other secrets.
    (home / "airflow.cfg").touch()
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.startswith("AIRFLOW") or name.startswith(_KEPT)
    }
    return {
        **kept,
        **_loopback_past_proxies(kept),
        **_SILENCE,
        **_MEMORY,
        **_QUICK,
        **_core(settings, home, options),
        **_bundles(settings, options),
        **_api(home, ports.api),
        **_logs(home, ports.logs),
        "MEDALLION_PROJECT": str(settings.project),
        "MEDALLION_HOME": str(settings.home),
        "MEDALLION_TARGET": settings.target,
        "MEDALLION_ENVIRONMENT": settings.environment,
        "MEDALLION_NOTIFY": settings.notify,
        "MEDALLION_REGISTRY_URL": settings.database_url,
        "MEDALLION_PLATFORMS": ",".join(settings.platforms),
        "MEDALLION_FERNET_KEY": settings.fernet_keys,
        "MEDALLION_WAREHOUSE_QUEUE": settings.warehouse_queue,
        **settings.storage_variables,
    }


def _core(settings: Settings, home: Path, options: AirflowOptions) -> dict[str, str]:
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(PARALLELISM),
        "AIRFLOW__CORE__MP_START_METHOD": "fork",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(_dags(settings, options)),
        # A changed DAG is written, and read by the scheduler, at once, however short ago the last one was.
        "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
        "AIRFLOW__CORE__MIN_SERIALIZED_DAG_FETCH_INTERVAL": "1",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(home / "plugins"),
        DATABASE: database_url(home),
        # The supervisor brings the database to its version while the API server still imports.
        "AIRFLOW__DATABASE__CHECK_MIGRATIONS": "False",
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": str(options.schedules),
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": str(options.parse_seconds),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(home / "bundles"),
    }


def database_url(home: Path, wait_seconds: int = 60) -> str:
    """Airflow's own database; a writer waits for another one. Airflow itself sets the write-ahead log."""
    return f"sqlite:///{home / 'airflow.db'}?timeout={wait_seconds}"


def _bundles(settings: Settings, options: AirflowOptions) -> dict[str, str]:
    """Airflow's DAGs are the factory and its like from their folder, and the clients' from the registry."""
    folder = {
        "name": "medallion",
        "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
        "kwargs": {"path": str(_dags(settings, options))},
    }
    clients = [
        {
            "name": "clients" if platform == DEFAULT_PLATFORM else f"{platform}__clients",
            "classpath": "medallion.bundle.ClientBundle",
            "kwargs": {"platform": platform, "refresh_interval": _REFRESH_SECONDS},
        }
        for platform in settings.platforms
    ]
    return {"AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([folder, *clients])}


def _dags(settings: Settings, options: AirflowOptions) -> Path:
    """The DAGs of this checkout, also where MEDALLION_PROJECT points at a copy of configs and dbt alone."""
    if options.dags_folder:
        return options.dags_folder
    own = settings.project / "airflow" / "dags"
    return own if own.is_dir() else Path(__file__).resolve().parents[3] / "dags"


def _api(home: Path, port: int) -> dict[str, str]:
    secrets = load_secrets(home)
    url = f"http://{HOST}:{port}"
    return {
        "AIRFLOW__API__HOST": HOST,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__API__SECRET_KEY": secrets.session,
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.jwt,
        # One clock says when a token was made and whether it is good: where somebody sets it by an hour, a
        # task's token would be of the future or long over, and nothing that the task says would be heard.
        "AIRFLOW__API_AUTH__JWT_LEEWAY": str(_CLOCK_SET_BY),
        "AIRFLOW__CORE__FERNET_KEY": secrets.fernet,
        # The factory and the creator of DAGs talk to the API as a person would.
        "AIRFLOW_CONN_MEDALLION_AIRFLOW": json.dumps(
            {
                "conn_type": "http",
                "host": HOST,
                "port": port,
                "login": USERNAME,
                "password": secrets.password,
            }
        ),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USERNAME}:ADMIN",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords_file(home)),
    }


def _logs(home: Path, port: int) -> dict[str, str]:
    return {
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(home / "logs" / "dag_processor"),
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        # The API server reads a running task's log from the host that the task names: this one.
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "medallion.embedded.ports.hostname",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(port),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(port),
    }


def _loopback_past_proxies(inherited: Mapping[str, str]) -> dict[str, str]:
    """Tasks talk to the API server on loopback, which no proxy of the caller's could reach."""
    named = inherited.get("NO_PROXY") or inherited.get("no_proxy") or ""
    exempt = ",".join([*filter(None, named.split(",")), HOST, "localhost"])
    return {"NO_PROXY": exempt, "no_proxy": exempt}
