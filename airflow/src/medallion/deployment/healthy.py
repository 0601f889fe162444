"""Whether a part of a stack is well: ``python -m medallion.deployment.healthy triggerer`` ends with 0 if so.

Run every half minute in each container, so it imports neither Airflow nor anything else that is large.
"""

from __future__ import annotations

import os
import socket
import sys
import urllib.request
from collections.abc import Callable

#: How old a heartbeat may be, in seconds; Airflow writes one every five.
_FRESH = 60
_SECONDS = 10
_API_SERVER = "http://127.0.0.1:8080/api/v2/version"
_SCHEDULER = "http://127.0.0.1:8974/health"
_JOBS = {"dag-processor": "DagProcessorJob", "triggerer": "TriggererJob"}


def problem_of(part: str) -> str:
    """Say what is wrong with a part that runs on this host; nothing if it is well.

    Args:
        part: api-server, scheduler, dag-processor, triggerer or worker.
    """
    checks: dict[str, Callable[[], str]] = {
        "api-server": lambda: _answers(_API_SERVER),
        "scheduler": lambda: _answers(_SCHEDULER),
        "worker": _worker,
        **{name: lambda job=job: _beats(job) for name, job in _JOBS.items()},  # type: ignore[misc]
    }
    if part not in checks:
        return f"no part is called {part!r}; there are {', '.join(sorted(checks))}"
    try:
        return checks[part]()
    except Exception as error:  # whatever keeps it from answering
        return f"{type(error).__name__}: {error}"


def _answers(url: str) -> str:
    with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310  # one of the two above
        return "" if answer.status == 200 else f"{url} answers {answer.status}"


def _beats(job: str) -> str:
    """A heartbeat of this host's job that is no older than it may be."""
    import psycopg

    url = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("postgresql+psycopg:", "postgresql:", 1)
    query = (
        "select extract(epoch from now() - max(latest_heartbeat)) from job "
        "where job_type = %s and hostname = %s and state = 'running'"
    )
    with psycopg.connect(url, connect_timeout=_SECONDS) as connection:
        (age,) = connection.execute(query, (job, socket.gethostname())).fetchone() or (None,)
    if age is None:
        return f"no {job} runs on {socket.gethostname()}"
    return "" if age < _FRESH else f"the last heartbeat is {age:.0f} s old"


def _worker() -> str:
    from celery import Celery

    name = f"celery@{socket.gethostname()}"
    app = Celery(broker=os.environ["AIRFLOW__CELERY__BROKER_URL"])
    return "" if app.control.ping(destination=[name], timeout=_SECONDS / 2) else f"{name} does not answer"


if __name__ == "__main__":
    problem = problem_of(sys.argv[1] if sys.argv[1:] else "")
    if problem:
        print(problem, file=sys.stderr)
    raise SystemExit(1 if problem else 0)
