"""A task's end → telling of it: a failure, what healed, a waiver that was used."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from medallion.clients import Client
from medallion.ledger import RunKey, open_ledger
from medallion.notifications import Message, Teller
from medallion.notifications.bounded import Attempt
from medallion.orchestration.messages import failures, plain_failure, recovery, waivers_used
from medallion.orchestration.retries import tell_of_the_last
from medallion.orchestration.routes import teller_of
from medallion.settings import load_settings

log = logging.getLogger(__name__)

#: How long the ledger may take to say what there is to tell, in seconds.
_LOOK = 2.0


def tell_failure(client: Client, context: Any, *, again: bool, started: float) -> None:
    """Tell of a failed task; never raises, and takes no longer than telling may.

    Args:
        client: whose.
        context: the task's.
        again: whether another try follows.
        started: when it began, by :func:`time.monotonic`.
    """
    settings = load_settings()
    teller = teller_of(settings, client)

    def look() -> list[Message]:
        if not again:
            tell_of_the_last(context)
        return failures(open_ledger(settings.database_url), client, context, again=again)

    messages = _looked(look, teller)
    if messages is None:  # what cannot be told of in full is told of in short
        messages = [plain_failure(client, context, again=again)]
    teller.tell(messages, started)


def tell_success(client: Client, context: Any, *, judged: Sequence[str], started: float) -> None:
    """Tell of a task that failed before, and of waivers that a gate passed by; as :func:`tell_failure`.

    Args:
        client: whose.
        context: the task's.
        judged: the layers, where it is a gate.
        started: as above.
    """
    settings, task = load_settings(), context["ti"]
    teller = teller_of(settings, client)
    if task.try_number > 1:
        teller.tell_recovery(RunKey(task.dag_id, task.run_id), recovery(client, context), started=started)
    if judged:
        ledger = partial(open_ledger, settings.database_url)
        used = _looked(lambda: waivers_used(ledger(), client, context), teller)
        teller.tell(used or [], started)


def _looked(look: Callable[[], list[Message]], teller: Teller) -> list[Message] | None:
    """What there is to tell; None where that cannot be found out soon."""
    try:
        return Attempt(look).result(time.monotonic() + _LOOK)
    except Exception as error:  # a ledger that is away must not change how a task ends
        said = teller.mask(f"{type(error).__name__}: {error}")
        log.warning("what there is to tell is not known in full: %s", said)
        return None
