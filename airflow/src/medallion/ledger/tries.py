"""Failed tries of a run's tasks: of what class, why, and what was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, select, update

from medallion.database import utcnow
from medallion.failures import Decision, Failure, lost
from medallion.ledger.records import RunKey
from medallion.ledger.store import Ledger
from medallion.ledger.tables import failed_try


def add_failed_try(
    ledger: Ledger, key: RunKey, task_id: str, number: int, failure: Failure, decision: Decision
) -> None:
    """Write down a try that failed just now, and what follows."""
    row = {
        "task_id": task_id,
        "try_number": number,
        "failure": failure.kind,
        "sign": failure.sign,
        "reason": failure.reason,
        "again": int(decision.again),
        "delay": decision.delay.total_seconds() if decision.delay is not None else None,
    }
    ledger.record(failed_try, key, [row])


def failed_tries_of(ledger: Ledger, key: RunKey, task_id: str) -> list[dict[str, Any]]:
    """The failed tries of a task of the run, oldest first."""
    c = failed_try.c
    mine = select(failed_try).where(*_of_task(key, task_id)).order_by(c.try_number, c.id)
    with ledger.engine.connect() as connection:
        found = connection.execute(mine)
        return [dict(row._mapping) for row in found]


def begin_try(
    ledger: Ledger,
    key: RunKey,
    task_id: str,
    first: int,
    number: int,
    became_of: Callable[[int], Failure] = lambda _: lost(),
) -> dict[int, Failure]:
    """Write down that a further try begins, and those before it of which nothing is written here.

    Args:
        ledger: where.
        key: the run.
        task_id: whose try.
        first: the try with which the task was started, or cleared by hand: those before it are another story.
        number: the try that begins.
        became_of: says what became of such a try.

    Returns:
        What became of those, by their numbers.
    """
    told = {row["try_number"] for row in failed_tries_of(ledger, key, task_id)}
    missing = {one: became_of(one) for one in range(first, number) if one not in told}
    for one, failure in missing.items():
        add_failed_try(ledger, key, task_id, one, failure, Decision(True))
    c = failed_try.c
    with ledger.engine.begin() as connection:
        again = update(failed_try).where(
            *_of_task(key, task_id), c.try_number == number - 1, c.began_again_at.is_(None)
        )
        connection.execute(again.values(began_again_at=utcnow()))
    return missing


def _of_task(key: RunKey, task_id: str) -> tuple[ColumnElement[bool], ...]:
    c = failed_try.c
    return c.dag_id == key.dag_id, c.run_id == key.run_id, c.task_id == task_id
