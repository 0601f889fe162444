"""Notes in Airflow's UI, on a task or on its run, over REST by the connection ``medallion_airflow``."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from airflow.sdk import Connection

from medallion.airflow_api import NOTE_CHARACTERS, AirflowClient
from medallion.airflow_api.named import CONNECTION
from medallion.orchestration.markdown import table

#: A task waits no longer for an API server that does not answer.
_PATIENCE_SECONDS = 10.0
#: What stands before these in a note was written by a person, and stays: what a task found, how tries failed.
MARK = "Medallion: "
TRIES = "Medallion, failed tries: "
_MARKS = (MARK, TRIES)
_BEGINNING = re.compile(rf"^(?={'|'.join(_MARKS)})", re.MULTILINE)


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

    def text(self, room: int = NOTE_CHARACTERS, mark: str = MARK) -> str:
        """The note in at most so many characters, with what it begins with."""
        for shown in range(len(self.rows), -1, -1):
            left = len(self.rows) - shown
            parts = [*self.said]
            parts += [table(self.head, self.rows[:shown])] if shown else []
            parts += [f"{left} more in the run's report"] if left else []
            if len(text := mark + "\n\n".join(parts)) <= room:
                return text
        return f"{(mark + self.said[0])[: room - 1]}…"


def airflow_client() -> AirflowClient:
    """Log in to the Airflow that the task runs in, by the connection ``medallion_airflow``."""
    found = Connection.get(CONNECTION)
    scheme = found.schema or "http"
    url = f"{scheme}://{found.host}:{found.port}"
    return AirflowClient(url, found.login or "", found.password or "", patience=_PATIENCE_SECONDS)


def note_on_task(context: Any, note: Note, log: logging.Logger, mark: str = MARK) -> None:
    """Say it on the task, in the place of what was said there under this mark.

    What cannot be said there is a warning in its log, and changes nothing else.
    """
    with harmless(log):
        _leave(context["dag_run"], context["ti"].task_id, note, mark)


def noted_on_task(context: Any, log: logging.Logger) -> str:
    """What is said on the task; blank where Airflow does not say."""
    with harmless(log), closing(airflow_client()) as airflow:
        run = context["dag_run"]
        return airflow.noted(run.dag_id, run.run_id, context["ti"].task_id)
    return ""


def note_on_run(context: Any, note: Note, log: logging.Logger) -> None:
    """Say it on the task's run; what cannot be said there is a warning in the task's log."""
    with harmless(log):
        _leave(context["dag_run"], None, note)


def _leave(run: Any, task_id: str | None, note: Note, mark: str = MARK) -> None:
    """Put a note below what a person wrote there, in the place of what a task did."""
    with closing(airflow_client()) as airflow:
        parts = _parts(airflow.noted(run.dag_id, run.run_id, task_id))
        kept = [text for begins, text in parts.items() if text and begins != mark]
        parts[mark] = note.text(NOTE_CHARACTERS - sum(len(text) + 2 for text in kept), mark)
        airflow.note(run.dag_id, run.run_id, task_id, "\n\n".join(filter(None, parts.values())))


def _parts(said: str) -> dict[str, str]:
    """A note's parts by what they begin with, in their order; what a person wrote has no mark."""
    parts = dict.fromkeys(("", *_MARKS), "")
    for part in _BEGINNING.split(said):
        begins = next((mark for mark in _MARKS if part.startswith(mark)), "")
        parts[begins] = "\n\n".join(filter(None, (parts[begins], part.strip())))
    return parts


@contextmanager
def harmless(log: logging.Logger) -> Iterator[None]:
    """Whatever keeps a note from being written: a verdict that is in the ledger stands without it."""
    try:
        yield
    except Exception as error:
        log.warning("no note in Airflow: %s: %s", type(error).__name__, error)
