"""Retries by failure class: what Airflow does after a failed try, and where it is told."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import Any

from airflow.sdk import RetryDecision, RetryPolicy

from medallion.clients import Client
from medallion.failures import Backoff, Decision, Failure, classify, decide, lost
from medallion.ledger import open_ledger
from medallion.ledger.tries import add_failed_try, begin_try, failed_tries_of
from medallion.orchestration.context import run_key
from medallion.orchestration.markdown import code, plain
from medallion.orchestration.notes import TRIES, Note, note_on_task, noted_on_task
from medallion.settings import load_settings

log = logging.getLogger(__name__)


def backoff_of(client: Client) -> Backoff:
    """The waits that a client's config names."""
    return Backoff(client.retry_delay, client.retry_factor, client.max_retry_delay)


def first_try(task: Any) -> int:
    """The try with which a task was started, or cleared by hand.

    Clearing it sets ``max_tries`` to its tries so far plus ``retries``: that tells a retry from a clear.
    """
    return int(task.max_tries) - int(task.task.retries or 0) + 1


def judge(error: BaseException, task: Any, backoff: Backoff) -> tuple[Failure, Decision]:
    """Say what a task's try failed of, and what follows."""
    failure, tries = classify(error), task.try_number - first_try(task) + 1
    return failure, decide(failure, max(1, tries), task.max_tries - task.try_number + 1, backoff)


@dataclass(frozen=True)
class RetryByClass(RetryPolicy):
    """The ``retry_policy`` of a client's tasks; it runs in the task's own process, once its try has failed.

    It is never asked about a try that was killed: then Airflow waits by the task's own ``retry_delay``, and
    the next try writes down that there was one.

    Attributes:
        backoff: the client's waits.
    """

    backoff: Backoff

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Any = None
    ) -> RetryDecision:
        """Decide by the failure's class, and tell ledger and task; that they are away changes nothing."""
        if context is None:
            failure = classify(exception)
            decision = decide(failure, try_number, max_tries - try_number + 1, self.backoff)
        else:
            failure, decision = judge(exception, context["ti"], self.backoff)
            _tell(context, failure, decision)
        reason = f"{failure.kind}: {decision}. {failure.reason}"
        return RetryDecision.retry(decision.delay, reason) if decision.again else RetryDecision.fail(reason)


def begin(context: Any) -> bool:
    """Write down, as a task's further try begins, what became of those before it.

    Returns:
        Whether the one before it was killed: it left no word, neither in the ledger nor on the task.
    """
    task = context["ti"]
    try:
        if task.try_number > (first := first_try(task)):
            ledger = open_ledger(load_settings().database_url)
            became_of = partial(_unwritten, context)
            tries = begin_try(ledger, run_key(context), task.task_id, first, task.try_number, became_of)
            return tries.get(task.try_number - 1) == lost()
    except Exception:  # the try itself may still do all that it is there for
        log.warning("the ledger does not know that this try began", exc_info=True)
    return False


def _unwritten(context: Any, number: int) -> Failure:
    """What became of a try that the ledger does not know."""
    if _in_try(number) in noted_on_task(context, log):
        return Failure("unknown", "the ledger was away when it failed: the task's note or log says of what")
    return lost()


def _in_try(number: int) -> str:
    """How a task's note names a try, so that the next one finds it there."""
    return f"in try {number} of "


def tell_of_the_last(context: Any) -> None:
    """Write down the last try of a task that failed without its policy: killed, or out of time for good."""
    task = context["ti"]
    try:
        ledger, key = open_ledger(load_settings().database_url), run_key(context)
        told = {row["try_number"] for row in failed_tries_of(ledger, key, task.task_id)}
        if task.try_number not in told:
            error = context.get("exception")
            failure = classify(error) if isinstance(error, BaseException) else lost()
            no_more = Decision(False, why="no try is left")
            add_failed_try(ledger, key, task.task_id, task.try_number, failure, no_more)
    except Exception:
        log.warning("the ledger does not know of this try", exc_info=True)


def _tell(context: Any, failure: Failure, decision: Decision) -> None:
    task = context["ti"]
    log.error("%s; %s. What to do if it stays: %s", failure, decision, failure.advice)
    earlier: list[dict[str, Any]] = []
    try:
        ledger, key = open_ledger(load_settings().database_url), run_key(context)
        earlier = failed_tries_of(ledger, key, task.task_id)
        add_failed_try(ledger, key, task.task_id, task.try_number, failure, decision)
    except Exception:  # it may be the ledger's database that is away
        log.warning("the ledger does not know of this failure", exc_info=True)
    note_on_task(context, _note(task, failure, decision, earlier), log, mark=TRIES)


def _note(task: Any, failure: Failure, decision: Decision, earlier: list[dict[str, Any]]) -> Note:
    by = f" ({plain(failure.sign)})" if failure.sign else ""
    of = max(task.max_tries + 1, task.try_number)
    tried = f"{_in_try(task.try_number)}{of}"
    said = [f"**{failure.kind}**{by} {tried}, {decision}. {plain(failure.reason)}"]
    said += [] if decision.again else [f"What to do: {failure.advice}"]
    rows = [(str(row["try_number"]), code(row["failure"]), plain(row["reason"])) for row in reversed(earlier)]
    return Note(tuple(said), ("try before", "class", "reason"), tuple(rows))
