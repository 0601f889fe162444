"""Notes in Airflow's UI, on a task or on its run, over REST by the connection ``medallion_airflow``."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from airflow.sdk import Connection

from medallion.airflow_api import NOTE_CHARACTERS, AirflowClient
from medallion.orchestration.markdown import table

#: The connection by which tasks talk to Airflow's own API.
CONNECTION = "medallion_airflow"
#: A task waits no longer for an API server that does not answer.
_PATIENCE_SECONDS = 10.0
#: What stands before it in a note was written by a person, and stays.
MARK = "Medallion: "


@dataclass(frozen=True)
class Note:
    """What is to be said; what does not fit is left out by the row, the last first.

    Attributes:
        said: paragraphs of Markdown, what matters most first.
        head: of the table below them.
        rows: of the table, what matters most first.
    """

    said: tuple[str, ...]
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()

    def text(self, room: int = NOTE_CHARACTERS) -> str:
        """The note in at most so many characters."""
        for shown in range(len(self.rows), -1, -1):
            left = len(self.rows) - shown
            parts = [*self.said]
            parts += [table(self.head, self.rows[:shown])] if shown else []
            parts += [f"{left} more in the run's report"] if left else []
            if len(text := MARK + "\n\n".join(parts)) <= room:
                return text
        return f"{(MARK + self.said[0])[: room - 1]}…"


def airflow_client() -> AirflowClient:
    """Log in to the Airflow that the task runs in, by the connection ``medallion_airflow``."""
    found = Connection.get(CONNECTION)
    scheme = found.schema or "http"
    url = f"{scheme}://{found.host}:{found.port}"
    return AirflowClient(url, found.login or "", found.password or "", patience=_PATIENCE_SECONDS)


def note_on_task(context: Any, note: Note, log: logging.Logger) -> None:
    """Say it on the task; what cannot be said there is a warning in its log, and changes nothing else."""
    with _harmless(log):
        _leave(context["dag_run"], context["ti"].task_id, note)


def note_on_run(context: Any, note: Note, log: logging.Logger) -> None:
    """Say it on the task's run; what cannot be said there is a warning in the task's log."""
    with _harmless(log):
        _leave(context["dag_run"], None, note)


def _leave(run: Any, task_id: str | None, note: Note) -> None:
    """Put a note below what a person wrote there, in the place of what a task did."""
    with closing(airflow_client()) as airflow:
        before, _, _ = airflow.noted(run.dag_id, run.run_id, task_id).partition(MARK)
        kept = f"{before.rstrip()}\n\n" if before.strip() else ""
        airflow.note(run.dag_id, run.run_id, task_id, kept + note.text(NOTE_CHARACTERS - len(kept)))


@contextmanager
def _harmless(log: logging.Logger) -> Iterator[None]:
    """Whatever keeps a note from being written: a verdict that is in the ledger stands without it."""
    try:
        yield
    except Exception as error:
        log.warning("no note in Airflow: %s: %s", type(error).__name__, error)
