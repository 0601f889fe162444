"""A task's failure → an event for whoever the client named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from airflow.sdk.exceptions import AirflowException

from medallion.clients import Client
from medallion.exceptions import ConfigError, MedallionError
from medallion.notifications import Event, Outbox, notify
from medallion.orchestration.context import asked_of
from medallion.orchestration.retries import tell_of_the_last
from medallion.settings import load_settings


def on_failure(client: Client) -> Callable[[Any], None]:
    """The ``on_failure_callback`` of a client's tasks; Airflow calls it once a task has no further try.

    A client that names no ``notification_email`` has its mails in the outbox as well, addressed to nobody:
    whoever runs the installation finds every failed run there.
    """
    return FailureCallback(client)


@dataclass(frozen=True)
class FailureCallback:
    """Tells of a failed task. Airflow serializes no more of it than that it is there.

    Attributes:
        client: whose tasks these are.
    """

    client: Client

    def __call__(self, context: Any) -> None:
        """Tell of the task that this context belongs to."""
        tell_of_the_last(context)
        notify(self.event(context), [Outbox(load_settings().outbox)])

    def event(self, context: Any) -> Event:
        """What there is to tell of the task."""
        task = context["ti"]
        return Event(
            client_id=self.client.id,
            dag_id=task.dag_id,
            run_id=task.run_id,
            task_id=task.task_id,
            try_number=task.try_number,
            subject=f"[medallion] {self.client.id} failed: {task.task_id}",
            text=_text(self.client, context),
            recipient=self.client.notification_email,
            at=datetime.now(UTC),
        )


def _text(client: Client, context: Any) -> str:
    task = context["ti"]
    # A task that its trigger ended has no exception, and one ended from outside may lack any of these.
    last_try = (getattr(task, "max_tries", None) or 0) + 1
    facts = {
        "try": f"{task.try_number} of {max(last_try, task.try_number)}",
        "interval": _interval(client, context),
        "run": task.run_id,
        "DAG": task.dag_id,
        "log": task.log_url,
    }
    listed = "\n".join(f"{name:<9} {value}" for name, value in facts.items())
    return (
        f"{task.task_id} of {client.id} failed.\n\n{_reason(context.get('exception'))}\n\n{listed}\n\n"
        "What was delivered last is still at the destination.\n"
    )


def _reason(error: object) -> str:
    """What the task said; errors raised on purpose are written for people, the others need their kind."""
    if error is None:
        return "It gave no reason; its log says what happened."
    if isinstance(error, (MedallionError, AirflowException, str)):
        return str(error) or type(error).__name__
    return f"{type(error).__name__}: {error}"


def _interval(client: Client, context: Any) -> str:
    if not context.get("dag_run"):
        return "unknown"
    try:
        span = asked_of(context, client).span
    except ConfigError:
        return "unknown"
    return f"{span.said} UTC" if span.zone == "UTC" else span.said
