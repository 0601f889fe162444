"""One part of a stack: an ``airflow`` command whose forks have at hand what they need.

``python -m medallion.deployment.part celery worker --queues default`` is ``airflow celery worker …`` in a
process that has imported Cosmos and dbt: each task is a fork of it, and would take seconds to do so itself.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

#: Forks a process for each task, and for each file that it parses.
_WORKER, _DAG_PROCESSOR, _TRIGGERER = "celery", "dag-processor", "triggerer"


def run_part(arguments: Sequence[str]) -> None:
    """Be an ``airflow`` command; returns when it ends.

    Args:
        arguments: the command's, its name first.
    """
    # Importing makes a million objects that stay: to look through them for garbage is a fifth of the time.
    gc.set_threshold(50_000, 50, 50)
    _prepare(arguments[0])
    gc.freeze()
    from airflow.__main__ import main

    sys.argv = ["airflow", *arguments]
    main()


def _prepare(command: str) -> None:
    from medallion.orchestration import preload

    if command in (_DAG_PROCESSOR, _TRIGGERER):
        preload.share_task_api()
    if command in (_DAG_PROCESSOR, _WORKER):
        preload.preload()
    if command == _WORKER:
        preload.warm_up()


if __name__ == "__main__":
    run_part(sys.argv[1:])
