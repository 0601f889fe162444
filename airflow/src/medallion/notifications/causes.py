"""What makes two failures one cause, and what an exception says of itself."""

from __future__ import annotations

import hashlib
import re
import traceback
from collections.abc import Iterable

#: What differs between two failures of one cause: numbers, times, addresses of objects.
_CHANGING = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+", re.IGNORECASE)
_LONGEST = 200
#: In the path of a module of Airflow's that runs tasks.
_AIRFLOW = "/airflow/sdk/"


def cause_of_layer(layer: str) -> str:
    """The cause of all that fails in a layer's build: its models, its tests, and the gates behind it."""
    return f"layer:{layer}"


def cause_of_breach(layer: str, rules: Iterable[str]) -> str:
    """The cause of a layer's gate below its thresholds; quality_validation finds the same one again."""
    return _short(f"breach:{layer}:{','.join(sorted(rules))}")


def cause_of_all(what: str) -> str:
    """The cause of what several tasks meet at once, such as a full disk or a server that is away."""
    return _short(f"all:{what}")


def cause_of(task_id: str, error: object) -> str:
    """The cause of any other task's failure: what it said, but for what differs from try to try."""
    said = f"{type(error).__name__}: {error}".partition("\n")[0]
    return _short(f"{task_id}:{_digits(_CHANGING.sub('#', said))}")


def cause_of_rows(word: str, rows: Iterable[str]) -> str:
    """The cause of several things at once, in any order."""
    return f"{word}:{_digits(chr(10).join(sorted(rows)))}"


def trace_of(error: object) -> str:
    """Where an exception was raised, and what it was raised from, as Python says it; blank of a text.

    How Airflow came to call the task is left out: it is the same for every task.
    """
    if not isinstance(error, BaseException):
        return ""
    found = traceback.TracebackException.from_exception(error)
    _leave_out_airflow(found)
    return "".join(found.format())


def _leave_out_airflow(found: traceback.TracebackException | None) -> None:
    if found:
        kept = [frame for frame in found.stack if _AIRFLOW not in frame.filename]
        found.stack = traceback.StackSummary.from_list(kept)
        _leave_out_airflow(found.__cause__)
        _leave_out_airflow(found.__context__)


def _short(cause: str) -> str:
    return cause if len(cause) <= _LONGEST else f"{cause[: _LONGEST - 17]}:{_digits(cause)}"


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]
