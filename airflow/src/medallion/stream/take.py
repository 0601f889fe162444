"""Events → landing: what a client's channels have is taken, landed once, and taken away.

The order keeps every event, and each once, whatever is killed where: the registry learns which partition is
about to change; landing changes, whole; the registry learns what landed and how far was read, in one
transaction; then the channel lets go of it. Whoever is killed in between leaves events in the channel that
have landed: they are read again, and found among the rows of the time they happened.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from medallion.clients import Client, SourceContract
from medallion.exceptions import ExtractError
from medallion.extract.entity import EntityExtract
from medallion.extract.files_reader import FilesReader
from medallion.extract.landing import PART, Stage, staging
from medallion.extract.parts import columns_of, write_part
from medallion.extract.reader import BadSourceError, expected_columns
from medallion.interval import Interval
from medallion.ledger import Ledger, RunKey
from medallion.ledger import streams as known
from medallion.pipeline import Streamed, calendar_of, interval_around, minute_of
from medallion.settings import Settings
from medallion.storage import Root, found_below
from medallion.stream.channel import Channel, Event, Gathered
from medallion.stream.inbox import Inbox
from medallion.stream.rows import identities, read_rows, unseen

log = logging.getLogger(__name__)

#: Beyond so many minutes they are looked up as one span.
_MOST_SPANS = 200
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Taken:
    """What one micro-batch took of one channel of an entity.

    Attributes:
        name: ``<source>.<entity>``.
        events: how many landed.
        duplicates: how many had landed before.
        more: whether more is waiting.
    """

    name: str
    channel: str
    events: int
    duplicates: int
    more: bool = False


@dataclass(frozen=True)
class Stream:
    """A client's stream: its entities, and where they land.

    Attributes:
        settings: where inbox and landing are.
        ledger: the registry's database.
        client: whose.
        key: the run that takes.
        sub_daily: whether the client's batches land by the hour.
    """

    settings: Settings
    ledger: Ledger
    client: Client
    key: RunKey
    sub_daily: bool

    def take(
        self, streamed: Streamed, contract: SourceContract, queues: Sequence[Channel] = ()
    ) -> list[Taken]:
        """Land what an entity's channels have, up to the client's limit of events each.

        Args:
            streamed: the entity.
            contract: its source's.
            queues: its queues; the inbox is always looked into.

        Raises:
            ExtractError: if landing cannot be written, or another process keeps it.
        """
        required = expected_columns(streamed.contract)
        inbox = Inbox.of(self.settings.inbox, self.client.id, streamed, required)
        taken = []
        for channel in (inbox, *queues):
            done = self._take(streamed, contract, channel, self.client.realtime.limit)
            taken += [done] if done else []
        return taken

    def _take(
        self, streamed: Streamed, contract: SourceContract, channel: Channel, limit: int
    ) -> Taken | None:
        with staging(self.settings.landing, self.client.id, streamed.source, stream=True) as stage:
            at = (self.client.id, streamed.source, streamed.entity, channel.name)
            while True:
                gathered = channel.gather(known.position(self.ledger, *at), limit)
                if not gathered.sources:
                    return None
                if not gathered.events:
                    known.read_on(self.ledger, *at, gathered.position)
                    channel.done(gathered)
                    continue
                try:
                    return self._land(stage, streamed, contract, channel, gathered)
                except (BadSourceError, pa.ArrowInvalid, pa.ArrowTypeError) as error:
                    if len(gathered.sources) > 1:
                        limit = 1  # one of them is bad: each by itself
                        continue
                    log.error("%s: %s is set aside: %s", streamed.name, gathered.sources[0], error)
                    channel.refuse(gathered, str(error))
                    known.read_on(self.ledger, *at, gathered.position)

    def _land(
        self,
        stage: Stage,
        streamed: Streamed,
        contract: SourceContract,
        channel: Channel,
        gathered: Gathered,
    ) -> Taken:
        minute = minute_of(datetime.now(UTC), self.client.timezone)
        path = minute.partition_path(sub_daily=True)
        place = stage.place(streamed.entity, path)
        fresh = self._read(stage, streamed, contract, gathered.events, minute)
        new = unseen(fresh, self._held(stage, streamed, gathered.events), streamed.identity)
        before = read_rows(place)
        rows = pa.concat_tables([before, new], promote_options="permissive") if before is not None else new
        part = self._part(streamed, minute, path, gathered.events, rows.num_rows)
        write_part(stage.file(streamed.entity), rows.schema, rows.to_batches(), minute)
        known.land(self.ledger, self.key, self.client.id, part, None)
        stage.land(path)
        part = replace(part, changed_at=_now())
        taken = self._taken(channel, gathered.events, new.num_rows)
        known.land(self.ledger, self.key, self.client.id, part, taken, gathered.position)
        channel.done(gathered)
        duplicates = len(gathered.events) - new.num_rows
        return Taken(streamed.name, channel.name, new.num_rows, duplicates, gathered.more)

    def _read(
        self,
        stage: Stage,
        streamed: Streamed,
        contract: SourceContract,
        events: Sequence[Event],
        minute: Interval,
    ) -> pa.Table:
        """The events as rows, in the columns and types that the contract's ``schema_changes`` says."""
        lines = stage.writing / f"{streamed.entity}.jsonl"
        lines.write_bytes(b"\n".join(event.line for event in events) + b"\n")
        required = expected_columns(streamed.contract)
        reader = FilesReader(str(stage.writing), lines.name, "jsonl", required)
        scratch = stage.writing / f"{streamed.entity}.fresh"
        columns = self._columns(stage, streamed)
        extract = EntityExtract(
            contract, streamed.entity, self.client.id, minute, reader, columns, whole=False
        )
        try:
            extract.run(scratch)
        except ExtractError as error:
            if isinstance(error.__cause__, BadSourceError):
                raise error.__cause__ from error
            raise
        table = read_rows(scratch)
        assert table is not None  # noqa: S101 - just written
        return table

    def _columns(self, stage: Stage, streamed: Streamed) -> pa.Schema | None:
        """The columns that landed last: of the stream, or else of a batch."""
        last = known.newest_part(self.ledger, self.client.id, streamed.source, streamed.entity)
        places = [stage.place(streamed.entity, last.path)] if last else []
        folder = self.settings.landing / self.client.id / streamed.source / streamed.entity
        for place in places:
            if place.exists():
                return columns_of(place)
        batches = found_below(folder, PART)
        return columns_of(batches[-1]) if batches else None

    def _held(self, stage: Stage, streamed: Streamed, events: Sequence[Event]) -> pa.Table:
        """What landed of the times at which these events happened, of the stream and of batches."""
        at = (self.client.id, streamed.source, streamed.entity)
        minutes = sorted({event.at.replace(second=0, microsecond=0) for event in events if event.at})
        spans = [(one.replace(tzinfo=None), (one + _MINUTE).replace(tzinfo=None)) for one in minutes]
        if len(spans) > _MOST_SPANS:
            spans = [(spans[0][0], spans[-1][1])]
        streams = known.parts_with(self.ledger, *at, spans)
        calendar = calendar_of(self.client)
        intervals = {interval_around(calendar, one).start: one for one in minutes}
        batches = [interval_around(calendar, one) for one in intervals.values()]
        folder = self.settings.landing / self.client.id / streamed.source / streamed.entity
        parts: list[Root] = [stage.place(streamed.entity, part.path) for part in streams]
        parts += [folder / one.partition_path(sub_daily=self.sub_daily) / PART for one in batches]
        return identities(parts, streamed.identity)

    def _part(
        self, streamed: Streamed, minute: Interval, path: str, events: Sequence[Event], rows: int
    ) -> known.Part:
        """The partition as it will be: with the rows that it has."""
        start = minute.start.replace(tzinfo=None)
        times = [event.at.replace(tzinfo=None) for event in events if event.at]
        at = (self.client.id, streamed.source, streamed.entity)
        if held := known.part_at(self.ledger, *at, path):
            times += [moment for moment in (held.first_event, held.last_event) if moment]
        first, latest = min(times, default=None), max(times, default=None)
        return known.Part(streamed.source, streamed.entity, path, start, first, latest, rows, _now())

    def _taken(self, channel: Channel, events: Sequence[Event], landed: int) -> dict[str, object]:
        """What came, as ``stream_batch`` has it: how late it was, and when what was not late happened."""
        allowed = self.client.realtime.max_delay
        timed = [(event.at, event.arrived) for event in events if event.at]
        fresh = sorted(at.replace(tzinfo=None) for at, arrived in timed if arrived - at <= allowed)
        return {
            "channel": channel.name,
            "events": landed,
            "duplicates": len(events) - landed,
            "late": len(timed) - len(fresh),
            "first_event": fresh[0] if fresh else None,
            "early_event": fresh[len(fresh) // 20] if fresh else None,
            "median_event": fresh[len(fresh) // 2] if fresh else None,
            "last_event": fresh[-1] if fresh else None,
            "first_arrival": min(event.arrived for event in events).replace(tzinfo=None) if events else None,
        }


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
