"""The processes of an embedded Airflow.

All are forks of the supervisor. The API server is forked first, with Airflow and its task API; the others
once the supervisor has imported Cosmos and dbt beside it. So they start, and start again, in a moment, and
their own forks (a task, a parsed file, the triggers) have everything at hand.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from medallion.embedded.environment import DATABASE, database_url
from medallion.embedded.ports import HOST
from medallion.embedded.supervisor import Component, Supervisor

API_SERVER, SCHEDULER, DAG_PROCESSOR, TRIGGERER = "api-server", "scheduler", "dag-processor", "triggerer"

#: Seconds; far less than a task waits for an answer.
_API_SERVER_WAITS = 2


def start_airflow(supervisor: Supervisor) -> None:
    """Start all processes of the Airflow whose environment this process has; ``supervisor`` keeps them."""
    # Importing makes a million objects that stay: looking through them for garbage again and again is a fifth
    # of the time it takes.
    gc.set_threshold(50_000, 50, 50)
    from medallion.orchestration import preload

    _for_all_forks(preload.share_task_api)
    if not supervisor.check():
        return
    supervisor.start(Component(API_SERVER, _api_server))
    _for_all_forks(lambda: preload.preload(supervisor.check))
    if not (supervisor.check() and _migrate(supervisor)):
        return
    supervisor.start(Component(DAG_PROCESSOR, _airflow(DAG_PROCESSOR)))
    supervisor.start(
        Component(TRIGGERER, _only_one("TriggererJob", _airflow(TRIGGERER, "--skip-serve-logs")))
    )
    supervisor.start(Component("log-server", _serve_logs))
    # The scheduler forks the tasks. It starts last, while the first DAGs are being parsed.
    _for_all_forks(preload.warm_up)
    if supervisor.check():
        supervisor.start(
            Component(SCHEDULER, _only_one("SchedulerJob", _airflow(SCHEDULER, "--skip-serve-logs")))
        )


def _for_all_forks(work: Callable[[], None]) -> None:
    """Do what later forks need; what is there then is there to stay: they share it, and none collects it."""
    work()
    gc.freeze()


def _migrate(supervisor: Supervisor) -> bool:
    """Bring Airflow's database to its version, unless this version already has."""
    done, wanted = supervisor.home / "airflow.db.version", version("apache-airflow-core")
    if (supervisor.home / "airflow.db").is_file() and done.is_file() and done.read_text() == wanted:
        return True
    migrated = supervisor.run_once("migrate", _airflow("db", "migrate"))
    if migrated:
        done.write_text(wanted)
    return migrated


def _airflow(*arguments: str) -> Callable[[], object]:
    """Make an action that is the ``airflow`` command in a fork of this process."""

    def action() -> None:
        from airflow.__main__ import main

        sys.argv = ["airflow", *arguments]
        main()

    return action


def _only_one(job: str, action: Callable[[], object]) -> Callable[[], object]:
    """Make an action that first ends the job of the part before it, so its work is free."""

    def alone() -> None:
        end_jobs(job)
        action()

    return alone


def end_jobs(job: str) -> None:
    """Write down that jobs of a kind have ended; Airflow would wait until their heartbeats are old enough.

    Args:
        job: the kind, as Airflow names it.
    """
    from airflow.jobs.job import Job, JobState
    from airflow.utils.session import create_session
    from sqlalchemy import func, update

    with create_session() as session:
        running = update(Job).where(Job.job_type == job, Job.state == JobState.RUNNING)
        session.execute(running.values(state=JobState.FAILED, end_date=func.current_timestamp()))


def _api_server() -> None:
    """Serve the API, and wait for SQLite's lock no longer than for a moment.

    The server writes its audit log on its event loop: it would wait there for a request that holds the lock
    and needs the loop to commit. What is refused so is asked for again by whoever asked.
    """
    os.environ[DATABASE] = database_url(Path(os.environ["AIRFLOW_HOME"]), wait_seconds=_API_SERVER_WAITS)
    from airflow import settings

    settings.dispose_orm()
    settings.configure_vars()
    settings.configure_orm()
    _airflow(API_SERVER)()


def _serve_logs() -> None:
    """Serve the logs of running tasks as Airflow's own log server does, but on loopback alone."""
    import uvicorn

    uvicorn.run(
        "airflow.utils.serve_logs.log_server:get_app",
        host=HOST,
        port=int(os.environ["AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT"]),
        log_config=None,
        access_log=False,
        factory=True,
    )
