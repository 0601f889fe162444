"""A task's end → telling of it: a failure, what healed, a waiver that was used."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from medallion.clients import Client
from medallion.ledger import RunKey, open_ledger
from medallion.notifications import Message
from medallion.notifications.bounded import Attempt
from medallion.orchestration.messages import failures, plain_failure, recovery, waivers_used
from medallion.orchestration.retries import tell_of_the_last
from medallion.orchestration.routes import teller_of
from medallion.settings import load_settings

log = logging.getLogger(__name__)

#: How long the ledger may take to say what there is to tell, in seconds.
_LOOK = 2.0


def tell_failure(client: Client, context: Any, *, again: bool) -> None:
    """Tell of a failed task; never raises, and takes no longer than telling may.

    Args:
        client: whose.
        context: the task's.
        again: whether another try follows.
    """
    started, settings = time.monotonic(), load_settings()

    def look() -> list[Message]:
        if not again:
            tell_of_the_last(context)
        return failures(open_ledger(settings.database_url), client, context, again=again)

    messages = _looked(look)
    if messages is None:  # what cannot be told of in full is told of in short
        messages = [plain_failure(client, context, again=again)]
    teller_of(settings, client).tell(messages, started)


def tell_success(client: Client, context: Any, *, judged: Sequence[str]) -> None:
    """Tell of a task that failed before, and of waivers that a gate passed by; as :func:`tell_failure`.

    Args:
        client: whose.
        context: the task's.
        judged: the layers, where it is a gate.
    """
    started, settings, task = time.monotonic(), load_settings(), context["ti"]
    teller = teller_of(settings, client)
    if task.try_number > 1:
        teller.tell_recovery(RunKey(task.dag_id, task.run_id), recovery(client, context), started=started)
    if judged:
        used = _looked(lambda: waivers_used(open_ledger(settings.database_url), client, context))
        teller.tell(used or [], started)


def _looked(look: Callable[[], list[Message]]) -> list[Message] | None:
    """What there is to tell; None where that cannot be found out soon."""
    try:
        return Attempt(look).result(time.monotonic() + _LOOK)
    except Exception as error:  # a ledger that is away must not change how a task ends
        log.warning("what there is to tell is not known in full: %s: %s", type(error).__name__, error)
        return None
