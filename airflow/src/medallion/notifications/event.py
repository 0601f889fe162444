"""What a person is told of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Event:
    """One thing that happened in a run and that somebody should know.

    Attributes:
        client_id: whose run it was.
        dag_id: the run's DAG.
        run_id: the run.
        task_id: the task it happened in.
        try_number: that task's try, counted from 1.
        subject: it in one line.
        text: all there is to say, as plain text.
        recipient: a mail address; None where the client names nobody.
        at: when, with its zone.
    """

    client_id: str
    dag_id: str
    run_id: str
    task_id: str
    try_number: int
    subject: str
    text: str
    recipient: str | None
    at: datetime
