"""One part of a stack: an ``airflow`` command whose forks have at hand what they need.

``python -m medallion.deployment.part celery worker --queues default`` is ``airflow celery worker …`` in a
process that has imported Cosmos and dbt: each task is a fork of it, and would take seconds to do so itself.
"""

from __future__ import annotations

import gc
import os
import sys
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from urllib.error import HTTPError

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

#: Forks a process for each task, and for each file that it parses.
_WORKER, _DAG_PROCESSOR, _TRIGGERER = "celery", "dag-processor", "triggerer"

#: Where tasks ask who they are, and what they may read.
API = "AIRFLOW__CORE__EXECUTION_API_SERVER_URL"
#: Seconds that a worker waits for it, after which it takes tasks all the same; and that one answer may take.
_PATIENCE, _ANSWER = 600.0, 5.0


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
        wait_for_api(os.environ.get(API, ""))


def wait_for_api(url: str, patience: float = _PATIENCE) -> None:
    """Wait until the API answers, whatever it says: a task that asks it sooner has lost its first try.

    Not left to the order in which Compose starts containers: a machine that starts again knows none.

    Args:
        url: the API's; nothing where it is said elsewhere, and nobody waits.
        patience: seconds after which it returns all the same.
    """
    attempts = Retrying(
        retry=retry_if_exception_type(OSError),
        stop=stop_after_delay(patience),
        wait=wait_fixed(1),
        before_sleep=_say_once,
        retry_error_callback=lambda _: None,
    )
    if url:
        attempts(_ask, url)


def _ask(url: str) -> None:
    with suppress(HTTPError):  # is an answer
        urllib.request.urlopen(url, timeout=_ANSWER).close()  # noqa: S310  # the deployer's own


def _say_once(state: RetryCallState) -> None:
    if state.attempt_number == 1:
        print(f"waiting for {state.args[0]}", flush=True)


if __name__ == "__main__":
    run_part(sys.argv[1:])
