"""Has Airflow hide in a task's log what our connections hold, before the task says its first word.

Airflow hides the password of a connection that it looked up itself. It does not know of the variables that a
client's file names, of the keys in a webhook's URL, nor of how a URL writes a password. What a task looks up
later is hidden by :func:`medallion.orchestration.connections.airflow_connection`.
"""

from __future__ import annotations

import os
from typing import Any

from airflow.listeners import hookimpl


@hookimpl
def on_task_instance_running(previous_state: Any, task_instance: Any) -> None:  # noqa: ARG001  (Airflow's)
    """Hide the secrets of one of our tasks.

    Args:
        previous_state: not looked at.
        task_instance: the task that is about to run; one of somebody else's DAG is left alone.
    """
    task = getattr(task_instance, "task", None)
    if not type(task).__module__.startswith("medallion."):
        return
    from airflow.sdk.log import mask_secret

    from medallion.masking import hide, secrets_in

    named = _named(task)
    for name in named:
        hide(os.environ.get(name, ""))
    mask_secret(secrets_in(os.environ, named))


def _named(task: Any) -> list[str]:
    """The variables that the task's client, source and destination name."""
    client = getattr(getattr(task, "plan", None), "client", None)
    naming = [getattr(task, "contract", None), getattr(task, "destination", None)]
    naming += getattr(client, "notifications", ())
    return [one.env for one in naming if one is not None and one.env]
