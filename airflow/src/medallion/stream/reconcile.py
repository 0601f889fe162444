"""A batch has landed an interval: its rows are held against those of events, and take their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from medallion.clients import Client
from medallion.extract.landing import PART, Stage, staging
from medallion.extract.parts import write_part
from medallion.interval import Interval
from medallion.ledger import Ledger, RunKey
from medallion.ledger import streams as known
from medallion.pipeline import Streamed
from medallion.settings import Settings
from medallion.stream.rows import compared, read_rows

_PLACE = "_part"


@dataclass(frozen=True)
class Difference:
    """What a batch and a stream have of an interval of an entity, in events."""

    name: str
    interval: Interval
    counts: dict[str, int]

    @property
    def differs(self) -> bool:
        """Whether they do not have the same."""
        return any(self.counts[name] for name in ("differing", "batch_only", "stream_only"))

    def __str__(self) -> str:
        c = self.counts
        return (
            f"{self.name} {self.interval.said}: {c['batch_rows']:,} in the batch, "
            f"{c['stream_rows']:,} streamed; "
            f"{c['same']:,} the same, {c['differing']:,} with other values, {c['batch_only']:,} in the batch "
            f"alone, {c['stream_only']:,} in the stream alone"
        )


def reconcile(
    settings: Settings,
    ledger: Ledger,
    key: RunKey,
    client: Client,
    streamed: Streamed,
    interval: Interval,
    *,
    sub_daily: bool,
) -> Difference | None:
    """Take out of the stream's partitions what a batch has brought, and count what differs.

    What the batch has not stays: an event that only the stream knows is no less true. It is to be called
    while no other run of the client builds, and before bronze is: its parts are then written down as changed.

    Args:
        settings: where landing is.
        ledger: the registry's database.
        key: the batch's run.
        client: whose.
        streamed: the entity.
        interval: the batch's.
        sub_daily: whether batches land by the hour.

    Returns:
        What was found; None where the stream has nothing of the interval.
    """
    with staging(settings.landing, client.id, streamed.source, stream=True) as stage:
        path = interval.partition_path(sub_daily=sub_daily)
        folder = settings.landing / client.id / streamed.source / streamed.entity
        batch = read_rows(folder / path / PART)
        span = (interval.start.replace(tzinfo=None), interval.end.replace(tzinfo=None))
        parts = known.parts_with(ledger, client.id, streamed.source, streamed.entity, [span])
        rows = [
            _numbered(read_rows(stage.place(streamed.entity, part.path)), n) for n, part in enumerate(parts)
        ]
        there = [table for table in rows if table is not None and table.num_rows]
        if batch is None or not there:
            return None
        stream = pa.concat_tables(there, promote_options="permissive")
        counts, rest = compared(batch, stream, streamed.identity, streamed.event_time, interval)
        found = Difference(streamed.name, interval, counts)
        _write_down(ledger, key, client, streamed, found)
        changed = []
        for number, part in enumerate(parts):
            kept = rest.filter(pc.equal(rest.column(_PLACE), number)).drop_columns(_PLACE)
            if (had := rows[number]) is not None and kept.num_rows < had.num_rows:
                changed.append((part, kept))
        if changed:
            own = known.Part(streamed.source, streamed.entity, path, span[0], None, None, 0, _now())
            # A minute of the stream may begin when the interval does: their rows lie in one folder.
            held = known.part_at(ledger, client.id, streamed.source, streamed.entity, path)
            own = replace(held, changed_at=_now()) if held else own
            known.land(ledger, key, client.id, own, None)
        for part, kept in changed:
            _rewrite(stage, ledger, key, client, part, kept)
    return found


def _numbered(table: pa.Table | None, number: int) -> pa.Table | None:
    if table is None:
        return None
    return table.append_column(_PLACE, pa.array([number] * table.num_rows, pa.int64()))


def _rewrite(
    stage: Stage, ledger: Ledger, key: RunKey, client: Client, part: known.Part, kept: pa.Table
) -> None:
    """Land a part with what is left of it; bronze is behind until it has read it again."""
    start = part.interval_start.replace(tzinfo=UTC)
    minute = Interval(start, start, client.timezone)
    smaller = replace(part, rows=kept.num_rows, changed_at=_now())
    known.land(ledger, key, client.id, smaller, None)
    write_part(stage.file(part.entity), kept.schema, kept.to_batches(), minute)
    stage.land(part.path)
    known.land(ledger, key, client.id, replace(smaller, changed_at=_now()), None)


def _write_down(ledger: Ledger, key: RunKey, client: Client, streamed: Streamed, found: Difference) -> None:
    """Write down what was found, once a run."""
    start = found.interval.start.replace(tzinfo=None)
    row: dict[str, Any] = {"source": streamed.source, "entity": streamed.entity, "interval_start": start}
    if not known.is_compared(ledger, key, **row):
        known.record_differences(ledger, key, client.id, [{**row, **found.counts}])


def differences_said(found: Sequence[Difference]) -> list[str]:
    """A sentence for each interval of which batch and stream have not the same."""
    return [str(one) for one in found if one.differs]


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
