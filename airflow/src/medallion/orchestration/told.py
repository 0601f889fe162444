"""A task's end → telling of it: a failure, what healed, a waiver that was used."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from medallion.clients import Client
from medallion.ledger import Ledger, RunKey, open_ledger
from medallion.ledger.told import open_causes
from medallion.notifications import Message, Teller
from medallion.notifications.bounded import Attempt
from medallion.notifications.telling import now
from medallion.orchestration.late import late_layer
from medallion.orchestration.messages import failures, plain_failure, recovery, told_once, waivers_used
from medallion.orchestration.retries import tell_of_the_last
from medallion.orchestration.routes import teller_of
from medallion.orchestration.stream_told import LATE
from medallion.settings import load_settings

log = logging.getLogger(__name__)

Found = TypeVar("Found")

#: How long the ledger may take to say what there is to tell, in seconds.
_LOOK = 2.0
#: How long telling of a killed task may take, in seconds: the DAG processor tells, and no worker waits. It is
#: ended after 50 s; its first look-up of a connection costs 8 s of a core, for it makes Airflow's whole task
#: API in its memory (3.3.0, ``InProcessExecutionAPI``).
_KILLED = 40.0


def tell_failure(client: Client, context: Any, *, again: bool, started: float) -> None:
    """Tell of a failed task; never raises, and takes no longer than telling may.

    Args:
        client: whose.
        context: the task's.
        again: whether another try follows.
        started: when it began, by :func:`time.monotonic`.
    """
    settings = load_settings()
    # Only a task that tells of itself knows when it started.
    killed = getattr(context["ti"], "start_date", None) is None
    teller = teller_of(settings, client, patience=_KILLED if killed else None)

    def look() -> list[Message]:
        if not again:
            tell_of_the_last(context)
        return failures(open_ledger(settings.database_url), client, context, again=again)

    messages = _looked(look, teller)
    if messages is None:  # what cannot be told of in full is told of in short
        messages = [plain_failure(client, context, again=again)]
    teller.tell(messages, started)


def tell_killed(client: Client, context: Any, *, started: float) -> None:
    """Tell of the try before this one, which was killed, unless people know; as :func:`tell_failure`.

    The DAG processor tells of it, in most cases long before: where that was killed as well, nobody does.

    Args:
        client: whose.
        context: that of the try that begins.
        started: as above.
    """
    settings, task = load_settings(), context["ti"]
    teller = teller_of(settings, client)

    def look() -> list[Message]:
        ledger = open_ledger(settings.database_url)
        if open_causes(ledger, RunKey(task.dag_id, task.run_id), task.task_id):
            return []
        before = {"try_number": task.try_number - 1, "next_try": now()}
        return [replace(one, **before) for one in failures(ledger, client, context, again=True)]

    teller.tell(_looked(look, teller) or [], started)


def tell_success(
    client: Client, context: Any, *, judged: Sequence[str], started: float, awaited: bool = False
) -> None:
    """Tell of what failed before or was late, and of what a gate passed in spite of; as :func:`tell_failure`.

    Args:
        client: whose.
        context: the task's.
        judged: the layers, where it is a gate.
        started: as above.
        awaited: whether people may have been told that the run is late, and this is its delivery.
    """
    settings, task = load_settings(), context["ti"]
    teller = teller_of(settings, client)
    if told_once(task):
        key = RunKey(task.dag_id, "")
        late = LATE if getattr(task.task, "is_late", False) else ""
        over = _looked(lambda: _others(open_ledger(settings.database_url), key, task.task_id, late), teller)
        if over:
            teller.tell_recovery(key, recovery(client, context), over, started)
    elif task.try_number > 1 or awaited:
        teller.tell_recovery(RunKey(task.dag_id, task.run_id), recovery(client, context), started=started)
    if judged:
        ledger = partial(open_ledger, settings.database_url)
        found = _looked(lambda: _of_gate(ledger(), client, context, judged), teller)
        teller.tell(found or [], started)


def _others(ledger: Ledger, key: RunKey, task_id: str, cause: str) -> list[int]:
    """The ids of a task's open causes but one."""
    return [one.id for one in open_causes(ledger, key, task_id) if one.cause != cause]


def _of_gate(ledger: Ledger, client: Client, context: Any, judged: Sequence[str]) -> list[Message]:
    """What there is to tell of a gate that has passed: waivers, and that its layer is late."""
    late = late_layer(ledger, client, context, judged[0]) if len(judged) == 1 else None
    return [*waivers_used(ledger, client, context), *([late] if late else [])]


def _looked(look: Callable[[], list[Found]], teller: Teller) -> list[Found] | None:
    """What there is to tell; None where that cannot be found out soon."""
    try:
        return Attempt(look).result(time.monotonic() + _LOOK)
    except Exception as error:  # a ledger that is away must not change how a task ends
        said = teller.mask(f"{type(error).__name__}: {error}")
        log.warning("what there is to tell is not known in full: %s", said)
        return None
