"""What streams took, how far they have read, what bronze and gold have of it, and what batches found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, func, insert, or_, select, update

from medallion.database import utcnow
from medallion.ledger.records import RunKey
from medallion.ledger.store import Ledger
from medallion.ledger.tables import stream_batch, stream_difference, stream_offset, stream_part


@dataclass(frozen=True)
class Part:
    """A partition of landing that a stream wrote; times are UTC without zone.

    Attributes:
        path: below the entity's folder.
        interval_start: that its rows carry.
        first_event: the earliest event_time of its rows; None where it has none.
        last_event: the latest.
        rows: how many it has; those that a batch brought too are gone from it.
        changed_at: when it was written last.
    """

    source: str
    entity: str
    path: str
    interval_start: datetime
    first_event: datetime | None
    last_event: datetime | None
    rows: int
    changed_at: datetime

    @property
    def name(self) -> str:
        """Whose rows: ``<source>.<entity>``."""
        return f"{self.source}.{self.entity}"


@dataclass(frozen=True)
class Waiting:
    """What a client's stream has landed and gold has not.

    Attributes:
        batches: ids of what was taken.
        parts: the partitions that bronze has not as they are.
        since: when the first of it came.
        events: how many.
    """

    batches: tuple[int, ...]
    parts: tuple[Part, ...]
    since: datetime | None
    events: int

    def __bool__(self) -> bool:
        return bool(self.batches or self.parts)


#: So many values a query: databases take no tens of thousands.
_VALUES = 500
_PART = [stream_part.c[name] for name in Part.__dataclass_fields__]


def land(
    ledger: Ledger,
    key: RunKey,
    client_id: str,
    part: Part,
    taken: Mapping[str, Any] | None,
    position: str = "",
) -> None:
    """Write down, in one transaction, that a partition has landed, what came with it and how far was read.

    Args:
        ledger: where.
        key: the run that landed it.
        client_id: whose.
        part: the partition as it is now.
        taken: the columns of ``stream_batch`` that say what came; None if nothing did.
        position: up to where the channel has been read.
    """
    of_entity = {"client_id": client_id, "source": part.source, "entity": part.entity}
    values = {name: getattr(part, name) for name in ("interval_start", "first_event", "last_event", "rows")}
    with ledger.engine.begin() as connection:
        _put(
            connection,
            stream_part,
            {**of_entity, "path": part.path},
            {**values, "changed_at": part.changed_at},
        )
        if taken is None:
            return
        row = {"dag_id": key.dag_id, "run_id": key.run_id, **of_entity, "path": part.path, **taken}
        connection.execute(insert(stream_batch).values(**row, landed_at=part.changed_at))
        at = {**of_entity, "channel": taken["channel"]}
        held = connection.execute(select(stream_offset.c.events).where(*_is(stream_offset, at))).scalar()
        moved = {"position": position, "events": (held or 0) + taken["events"], "moved_at": utcnow()}
        _put(connection, stream_offset, at, moved)


def position(ledger: Ledger, client_id: str, source: str, entity: str, channel: str) -> str:
    """Up to where a channel has been read; blank if it never was."""
    at = {"client_id": client_id, "source": source, "entity": entity, "channel": channel}
    with ledger.engine.connect() as connection:
        found = connection.execute(select(stream_offset.c.position).where(*_is(stream_offset, at))).scalar()
    return found or ""


def read_on(ledger: Ledger, client_id: str, source: str, entity: str, channel: str, position: str) -> None:
    """Write down how far a channel has been read where nothing of it landed."""
    at = {"client_id": client_id, "source": source, "entity": entity, "channel": channel}
    with ledger.engine.begin() as connection:
        held = connection.execute(select(stream_offset.c.events).where(*_is(stream_offset, at))).scalar()
        _put(connection, stream_offset, at, {"position": position, "events": held or 0, "moved_at": utcnow()})


def has_streamed(ledger: Ledger, client_id: str) -> bool:
    """Whether a client ever had a stream that took anything."""
    query = select(func.count()).where(stream_offset.c.client_id == client_id)
    with ledger.engine.connect() as connection:
        return bool(connection.execute(query).scalar())


def parts_with(
    ledger: Ledger, client_id: str, source: str, entity: str, spans: Iterable[tuple[datetime, datetime]]
) -> list[Part]:
    """The partitions that have rows which happened in any of some spans, both ends included; oldest first."""
    c = stream_part.c
    within = [and_(c.first_event <= last, c.last_event >= first) for first, last in spans]
    if not within:
        return []
    of_entity = _is(stream_part, {"client_id": client_id, "source": source, "entity": entity})
    query = select(*_PART).where(*of_entity, c.rows > 0, or_(*within)).order_by(c.interval_start)
    with ledger.engine.connect() as connection:
        return [Part(**row._mapping) for row in connection.execute(query)]


def newest_part(ledger: Ledger, client_id: str, source: str, entity: str) -> Part | None:
    """The last partition that an entity's stream wrote."""
    of_entity = _is(stream_part, {"client_id": client_id, "source": source, "entity": entity})
    query = select(*_PART).where(*of_entity).order_by(stream_part.c.interval_start.desc()).limit(1)
    with ledger.engine.connect() as connection:
        found = connection.execute(query).first()
    return Part(**found._mapping) if found else None


def part_at(ledger: Ledger, client_id: str, source: str, entity: str, path: str) -> Part | None:
    """A partition by its path; None if no stream wrote it."""
    at = {"client_id": client_id, "source": source, "entity": entity, "path": path}
    with ledger.engine.connect() as connection:
        found = connection.execute(select(*_PART).where(*_is(stream_part, at))).first()
    return Part(**found._mapping) if found else None


def waiting(ledger: Ledger, client_id: str) -> Waiting:
    """What a client's stream has landed and gold has not."""
    b, p = stream_batch.c, stream_part.c
    batches = select(b.id, b.events, b.first_arrival, b.landed_at)
    batches = batches.where(b.client_id == client_id, b.gold_at.is_(None)).order_by(b.id)
    behind = or_(p.built_at.is_(None), p.built_at < p.changed_at)
    parts = select(*_PART).where(p.client_id == client_id, behind).order_by(p.source, p.entity, p.path)
    with ledger.engine.connect() as connection:
        rows = connection.execute(batches).all()
        found = tuple(Part(**row._mapping) for row in connection.execute(parts))
    since = min((row.first_arrival or row.landed_at for row in rows), default=None)
    return Waiting(tuple(row.id for row in rows), found, since, sum(row.events for row in rows))


def mark_gold(ledger: Ledger, client_id: str, run_id: str, done: Waiting) -> list[dict[str, Any]]:
    """Write down that gold has what waited, and return it, a row of ``stream_batch`` each."""
    moment, p = utcnow(), stream_part.c
    of_batches = stream_batch.c.id.in_(done.batches)
    with ledger.engine.begin() as connection:
        for part in done.parts:
            at = {"client_id": client_id, "source": part.source, "entity": part.entity, "path": part.path}
            as_it_was = p.changed_at == part.changed_at
            connection.execute(
                update(stream_part).where(*_is(stream_part, at), as_it_was).values(built_at=part.changed_at)
            )
        connection.execute(update(stream_batch).where(of_batches).values(gold_run=run_id, gold_at=moment))
        found = connection.execute(select(stream_batch).where(of_batches).order_by(stream_batch.c.id))
        return [dict(row._mapping) for row in found]


def landed_before(done: Waiting, moment: datetime, ledger: Ledger) -> Waiting:
    """Of what waits, what had landed before a moment: a build that began then has it."""
    query = select(stream_batch.c.id).where(
        stream_batch.c.id.in_(done.batches), stream_batch.c.landed_at < moment
    )
    with ledger.engine.connect() as connection:
        ids: tuple[int, ...] = tuple(connection.execute(query.order_by(stream_batch.c.id)).scalars())
    parts = tuple(part for part in done.parts if part.changed_at < moment)
    return Waiting(ids, parts, done.since, done.events)


def batches_of_run(ledger: Ledger, run_id: str) -> list[dict[str, Any]]:
    """What a run brought to gold, a row of ``stream_batch`` each, oldest first."""
    query = select(stream_batch).where(stream_batch.c.gold_run == run_id).order_by(stream_batch.c.id)
    with ledger.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]


def batches_between(ledger: Ledger, client_id: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """What a client's stream landed from ``start`` until just before ``end``, UTC without zone."""
    c = stream_batch.c
    query = select(stream_batch).where(c.client_id == client_id, c.landed_at >= start, c.landed_at < end)
    with ledger.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(query.order_by(c.id))]


def record_differences(
    ledger: Ledger, key: RunKey, client_id: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Write down what a run's batch found of the stream."""
    ledger.record(stream_difference, key, [{"client_id": client_id, **row} for row in rows])


def forget(ledger: Ledger, client_id: str, source: str, entity: str, paths: Sequence[str]) -> None:
    """Delete what is known of partitions that a cleanup took out of landing; what gold has not stays."""
    of_entity = {"client_id": client_id, "source": source, "entity": entity}
    with ledger.engine.begin() as connection:
        for first in range(0, len(paths), _VALUES):
            some = paths[first : first + _VALUES]
            batches, parts = stream_batch.c, stream_part.c
            gone = (*_is(stream_batch, of_entity), batches.path.in_(some), batches.gold_at.is_not(None))
            connection.execute(delete(stream_batch).where(*gone))
            connection.execute(delete(stream_part).where(*_is(stream_part, of_entity), parts.path.in_(some)))


def is_compared(ledger: Ledger, key: RunKey, **of: Any) -> bool:
    """Whether a run has written down what it found of an entity's interval."""
    c = stream_difference.c
    query = select(func.count()).where(
        c.dag_id == key.dag_id, c.run_id == key.run_id, *_is(stream_difference, of)
    )
    with ledger.engine.connect() as connection:
        return bool(connection.execute(query).scalar())


def _is(table: Table, values: Mapping[str, Any]) -> list[Any]:
    return [table.c[name] == value for name, value in values.items()]


def _put(connection: Connection, table: Table, at: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Change a row, or add it; its writers hold the entity's lock."""
    if not connection.execute(update(table).where(*_is(table, at)).values(**values)).rowcount:
        connection.execute(insert(table).values(**at, **values))
