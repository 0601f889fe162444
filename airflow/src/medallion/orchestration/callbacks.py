"""What a client's tasks call when they begin and end. A DAG's file imports this: the work is elsewhere.

Airflow 3.3 reports a task's end first and calls back then, in the task's own process: what is slow here holds
a worker, and no task behind this one. Where that process was killed, the DAG processor calls in its place.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from medallion.clients import Client
from medallion.orchestration.retries import begin
from medallion.pipeline import load_task

#: Of tasks that the scheduler or the triggerer ends: with a callback they would need a worker.
NO_CALLBACKS: dict[str, Any] = {
    "on_failure_callback": None,
    "on_retry_callback": None,
    "on_success_callback": None,
}


def callbacks(client: Client) -> dict[str, Any]:
    """The callbacks of a client's tasks, as a DAG's ``default_args`` have them.

    A client that names no ``notification_email`` has its mails in the outbox as well, addressed to nobody:
    whoever runs the installation finds every failed run there.
    """
    return {
        "pre_execute": Begun(client),
        "on_failure_callback": Failed(client),
        "on_retry_callback": Failed(client, again=True),
        "on_success_callback": Succeeded(client),
    }


@dataclass(frozen=True)
class Begun:
    """Writes down what became of the tries before this one, and tells of one that was killed.

    Attributes:
        client: whose tasks these are.
    """

    client: Client

    def __call__(self, context: Any) -> None:
        """Look at the tries before the one that this context belongs to; most often there are none."""
        started = time.monotonic()
        if begin(context):
            from medallion.orchestration.told import tell_killed

            tell_killed(self.client, context, started=started)


@dataclass(frozen=True)
class Failed:
    """Tells of a failed task. Airflow serializes no more of it than that it is there.

    Attributes:
        client: whose tasks these are.
        again: whether another try follows.
    """

    client: Client
    again: bool = False

    def __call__(self, context: Any) -> None:
        """Tell of the task that this context belongs to."""
        started = time.monotonic()  # to import what it takes is a part of the time that it may take
        from medallion.orchestration.told import tell_failure

        tell_failure(self.client, context, again=self.again, started=started)


@dataclass(frozen=True)
class Succeeded:
    """Tells of a task that failed before and went well now, of a gate that passed late or by a waiver alone,
    and of a delivery after all where a run was told to be late.

    Attributes:
        client: whose tasks these are.
    """

    client: Client

    def __call__(self, context: Any) -> None:
        """Tell of the task that this context belongs to; most often there is nothing to tell."""
        started = time.monotonic()
        layers = getattr(context["ti"].task, "layers", None)  # of a gate
        task = context["ti"]
        awaited = self.client.sla.run is not None and task.task_id == load_task(self.client)
        lasting = getattr(task.task, "told_once", False)
        if task.try_number > 1 or layers or awaited or lasting:
            from medallion.orchestration.told import tell_success

            tell_success(self.client, context, judged=layers or (), awaited=awaited, started=started)
