"""What people were told of. One cause is told once to a channel; its repeats are counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from medallion.database import utcnow
from medallion.ledger.records import RunKey
from medallion.ledger.store import Ledger
from medallion.ledger.tables import notification, notification_channel
from medallion.severity import Severity

SENDING, SENT, FAILED = "sending", "sent", "failed"
#: A channel that failed is tried again with the next repeats, but not for ever.
TRIES = 3
#: Whoever was sending for longer than this was killed at it; the next repeat takes over.
SENDING_FOR = timedelta(seconds=60)


@dataclass(frozen=True)
class Told:
    """One cause that people were told of, or that somebody tried to tell them."""

    id: int
    cause: str
    kind: str
    severity: Severity
    task_id: str
    subject: str
    held: int
    first_at: datetime
    last_at: datetime
    ended_at: datetime | None


_COLUMNS = [notification.c[name] for name in Told.__dataclass_fields__]


def note(
    ledger: Ledger, key: RunKey, *, client_id: str, cause: str, kind: str, severity: Severity, **said: str
) -> tuple[Told, bool]:
    """Write a cause down, or find it where it is known and has not ended.

    Args:
        ledger: where.
        key: the run; of what is about a client alone, one with a blank ``run_id``.
        client_id: whose.
        cause: what tells it from other causes of the run.
        kind: which kind of message tells of it.
        severity: of the message; a cause keeps the worst.
        said: its ``task_id`` and ``subject``.

    Returns:
        The cause, and whether it is new.
    """
    while True:
        last = _last(ledger, key, cause)
        if last and last["ended_at"] is None:
            return _seen_again(ledger, _told(last), severity), False
        values: dict[str, Any] = {"client_id": client_id, "cause": cause, "kind": kind, **said}
        values |= {"severity": severity.value}
        values |= {"episode": last["episode"] + 1 if last else 1, "held": 0}
        values |= {"dag_id": key.dag_id, "run_id": key.run_id, "ended_at": None}
        values |= dict.fromkeys(("first_at", "last_at"), utcnow())
        try:
            with ledger.engine.begin() as connection:
                made = insert(notification).values(**values).returning(notification.c.id)
                return _told({**values, "id": int(connection.execute(made).scalar_one())}), True
        except IntegrityError:
            continue  # another process was quicker: it is known now


def _last(ledger: Ledger, key: RunKey, cause: str) -> dict[str, Any] | None:
    c = notification.c
    mine = (c.dag_id == key.dag_id, c.run_id == key.run_id, c.cause == cause)
    query = select(*_COLUMNS, c.episode).where(*mine).order_by(c.episode.desc()).limit(1)
    with ledger.engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    return dict(row._mapping) if row else None


def _told(row: dict[str, Any]) -> Told:
    values = {name: row[name] for name in Told.__dataclass_fields__}
    return Told(**{**values, "severity": Severity(values["severity"])})


def _seen_again(ledger: Ledger, told: Told, severity: Severity) -> Told:
    worst = max(told.severity, severity, key=lambda one: one.rank)
    values = {"last_at": utcnow(), "severity": worst.value}
    with ledger.engine.begin() as connection:
        connection.execute(update(notification).where(notification.c.id == told.id).values(**values))
    return told


def take(ledger: Ledger, told: int, channel: str, severity: Severity) -> bool:
    """Take it on oneself to tell a channel; of several processes exactly one does.

    Args:
        ledger: where.
        told: the cause's id.
        channel: its name.
        severity: of the message; a worse one than before is told again.

    Returns:
        False where the channel knows, or somebody is at it, or it failed too often.
    """
    c, now = notification_channel.c, utcnow()
    mine = (c.notification_id == told, c.channel == channel)
    left = and_(c.state == SENDING, c.told_at < now - SENDING_FOR)
    due = and_(c.tries < TRIES, or_(c.state == FAILED, left))
    values = {"severity": severity.rank, "state": SENDING, "told_at": now, "detail": ""}
    retold = update(notification_channel).where(*mine)
    with ledger.engine.begin() as connection:
        worse = retold.where(c.severity < severity.rank).values(**values, tries=1)
        again = retold.where(due).values(**values, tries=c.tries + 1)
        if connection.execute(worse).rowcount or connection.execute(again).rowcount:
            return True
    try:
        with ledger.engine.begin() as connection:
            first = insert(notification_channel).values(notification_id=told, channel=channel, tries=1)
            connection.execute(first.values(**values))
    except IntegrityError:
        return False
    return True


def end_telling(ledger: Ledger, told: int, channel: str, problem: str = "") -> None:
    """Write down how telling a channel went: well, unless there is a problem."""
    c = notification_channel.c
    values = {"state": FAILED if problem else SENT, "detail": problem, "told_at": utcnow()}
    with ledger.engine.begin() as connection:
        mine = (c.notification_id == told, c.channel == channel)
        connection.execute(update(notification_channel).where(*mine).values(**values))


def hold_back(ledger: Ledger, told: int) -> None:
    """Count a repeat that nobody is told of."""
    c = notification.c
    with ledger.engine.begin() as connection:
        counted = update(notification).where(c.id == told).values(held=c.held + 1, last_at=utcnow())
        connection.execute(counted)


def open_causes(ledger: Ledger, key: RunKey, task_id: str | None = None) -> list[Told]:
    """The run's causes that have not ended, oldest first; of one task or of all."""
    c = notification.c
    query = select(*_COLUMNS).where(c.dag_id == key.dag_id, c.run_id == key.run_id, c.ended_at.is_(None))
    if task_id is not None:
        query = query.where(c.task_id == task_id)
    with ledger.engine.connect() as connection:
        return [_told(dict(row._mapping)) for row in connection.execute(query.order_by(c.id))]


def end_cause(ledger: Ledger, told: int) -> bool:
    """Write down that a cause has ended; False where that is known already."""
    c = notification.c
    with ledger.engine.begin() as connection:
        ended = update(notification).where(c.id == told, c.ended_at.is_(None)).values(ended_at=utcnow())
        return bool(connection.execute(ended).rowcount)


def channels_told(ledger: Ledger, told: Sequence[int]) -> dict[str, tuple[str, str]]:
    """The channels that were told of any of these causes, or tried: how that went, and why it failed."""
    c = notification_channel.c
    query = select(c.channel, c.state, c.detail).where(c.notification_id.in_(told)).order_by(c.told_at)
    with ledger.engine.connect() as connection:
        return {row.channel: (row.state, row.detail) for row in connection.execute(query)}
