"""One source, one interval → landing, by its contract."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from medallion.clients import Entity, Pages, SourceContract
from medallion.clients.places import filled
from medallion.connections import Lookup, from_environment, url_of
from medallion.exceptions import ConfigError, ExtractError
from medallion.extract.checks import Arrived, Checked, check_arrived, refuse
from medallion.extract.entity import EntityExtract
from medallion.extract.files_reader import FilesReader
from medallion.extract.landing import PART, Stage, staging
from medallion.extract.parts import columns_of, is_whole
from medallion.extract.reader import Reader, Span, expected_columns
from medallion.extract.rest_reader import RestReader
from medallion.extract.sql_reader import SqlReader
from medallion.interval import Interval, partition_start
from medallion.locks import LOCK_SECONDS
from medallion.storage import Root, below, found_below

_ALL = Span(None, None)
_COUNTED = ("rows", "files", "bytes")


@dataclass(frozen=True)
class Landed:
    """What an entity's interval brought: rows of so many files or pages, in one file of so many bytes.

    ``changes`` says, a sentence each, which columns are not what landed before.
    """

    entity: str
    rows: int
    files: int
    bytes: int
    path: Root
    changes: tuple[str, ...] = ()


def totals(landed: Iterable[Landed]) -> list[dict[str, Any]]:
    """What some intervals brought together, a row an entity: rows, files, bytes and changes."""
    rows: dict[str, dict[str, Any]] = {}
    for one in landed:
        row = rows.setdefault(one.entity, {"entity": one.entity, **dict.fromkeys(_COUNTED, 0), "changes": []})
        for name in _COUNTED:
            row[name] += getattr(one, name)
        row["changes"] += one.changes
    return list(rows.values())


def _to_nobody(checked: Sequence[Checked]) -> None:
    """What checks found is told to nobody; those that fail still do."""


def extract_source(
    contract: SourceContract,
    *,
    client_id: str,
    location: str | None = None,
    values: Mapping[str, str] | None = None,
    interval: Interval,
    sub_daily: bool,
    landing: Root,
    samples: Path,
    adventureworks: Path | None = None,
    patience: float = LOCK_SECONDS,
    lookup: Lookup = from_environment,
    tell: Callable[[Sequence[Checked]], None] = _to_nobody,
) -> list[Landed]:
    """Land all entities of a source for one interval, or none.

    Args:
        contract: what the source is and must bring.
        client_id: for whom.
        location: where the client's data is, if not where the contract says.
        values: the client's, which a location takes as ``{key}``.
        interval: which interval's rows, and where they land.
        sub_daily: whether the client's intervals are shorter than a day.
        landing: root of landing.
        samples: what ``{samples}`` in a location stands for.
        adventureworks: what ``{adventureworks}`` stands for, where those files are.
        patience: seconds to wait for another extract of the same source and client.
        lookup: finds Airflow connections.
        tell: is given what the contract's checks found, before anything lands, also if nothing will.

    Returns:
        What landed, an entity each, in the contract's order.

    Raises:
        ExtractError: if a file is missing, cut off or not what the contract says, or a database or interface
            does not answer, or a check fails that nothing may land with. Landing is then as it was before.
    """
    known = {"samples": samples, "adventureworks": adventureworks}
    where = location or contract.location
    root = _located(contract, client_id, filled(where, values or {}), known) if where else ""
    partition = interval.partition_path(sub_daily)
    with staging(landing, client_id, contract.name, patience) as stage:
        open_reader = _READERS[contract.connector]
        landed, arrived = [], []
        for name, entity in contract.entities.items():
            run = _EntityRun(contract, name, entity, client_id, root, interval, partition, stage, lookup)
            reader = open_reader(run)
            landed.append(_staged(run, reader))
            arrived.append(run.arrived(reader.name, landed[-1].rows))
        checked = check_arrived(contract, interval, arrived)
        tell(checked)
        refuse(client_id, checked)
        stage.land(partition)
    return landed


@dataclass(frozen=True)
class _EntityRun:
    """Everything that opening an entity needs."""

    contract: SourceContract
    name: str
    entity: Entity
    client_id: str
    root: str
    interval: Interval
    partition: str
    stage: Stage
    lookup: Lookup

    @property
    def place(self) -> Root:
        """Where the rows land."""
        return self.stage.place(self.name, self.partition)

    @cached_property
    def before(self) -> list[Root]:
        """Where the entity's other intervals have landed, oldest first."""
        folder = self.stage.place(self.name, "").parent
        return [path for path in found_below(folder, PART) if path != self.place]

    @cached_property
    def whole(self) -> bool:
        """True if this run lands all rows there are: the first one of an entity with its history.

        Run again it lands them again, for its own file says so.
        """
        if self.contract.load_of(self.name) != "history":
            return False
        return is_whole(self.place) if self.place.exists() else not self.before

    def arrived(self, where: str, rows: int) -> Arrived:
        """What was staged of the entity, for the checks."""
        return Arrived(
            self.name,
            self.entity,
            self.contract.load_of(self.name),
            where,
            rows,
            self.stage.file(self.name),
            self.whole,
            list(self._earlier()) if self._compared else [],
        )

    @property
    def _compared(self) -> bool:
        """Whether a check asks for what landed before: years of it are not looked up for nothing."""
        checks = self.entity.checks
        return bool(self.contract.freshness or (checks and (checks.freshness or checks.times_usual)))

    def _earlier(self) -> Iterator[tuple[datetime, Root]]:
        """What landed of other intervals, by their start."""
        folder = self.stage.place(self.name, "").parent
        for path in self.before:
            start = partition_start(below(path.parent, folder), self.interval.zone)
            if start:
                yield start, path

    @property
    def span(self) -> Span:
        """The rows that are wanted, by the cursor."""
        if self.contract.load_of(self.name) == "snapshot":
            return _ALL
        return Span(None if self.whole else self.interval.local_start, self.interval.local_end)

    def secret(self) -> str | None:
        """What stands under the contract's ``connection`` or ``env``.

        Raises:
            ExtractError: if nothing does.
        """
        contract = self.contract
        if not contract.connection and not contract.env:
            return None
        try:
            return url_of(_of_client(contract.connection, self.client_id), contract.env, self.lookup)
        except ConfigError as error:
            raise ExtractError(f"{self.client_id}: {contract.name}: {error}") from None


def _of_client(name: str | None, client_id: str) -> str | None:
    """A connection may be a client's own: ``erp_{client}``."""
    return name.replace("{client}", client_id) if name else None


def _staged(run: _EntityRun, reader: Reader) -> Landed:
    target = run.stage.file(run.name)
    known = columns_of(run.before[-1]) if run.before else None
    extract = EntityExtract(run.contract, run.name, run.client_id, run.interval, reader, known, run.whole)
    done = extract.run(target)
    return Landed(run.name, done.rows, done.parts, target.stat().st_size, run.place, done.changes)


# --- How the connectors open an entity


def _files(run: _EntityRun) -> Reader:
    path = str(run.entity.path).replace("{interval}", "*" if run.whole else run.interval.stamp)
    return FilesReader(run.root, path, str(run.contract.format), expected_columns(run.entity))


def _sql(run: _EntityRun) -> Reader:
    cursor = None if run.span == _ALL else run.entity.cursor or run.entity.event_time
    return SqlReader(
        run.secret() or "", str(run.entity.table), cursor, run.span, expected_columns(run.entity)
    )


def _rest(run: _EntityRun) -> Reader:
    pages, scratch = run.contract.pages or Pages(type="single"), run.stage.writing / f"{run.name}.jsonl"
    return RestReader(
        run.root, run.secret(), run.entity, pages, run.span, expected_columns(run.entity), scratch
    )


_READERS: Mapping[str, Callable[[_EntityRun], Reader]] = {"files": _files, "sql": _sql, "rest": _rest}


def _located(
    contract: SourceContract, client_id: str, location: str, known: Mapping[str, Path | None]
) -> str:
    """Fill in a location's placeholders.

    Raises:
        ExtractError: if what one stands for is not here, or the outcome is no place.
    """
    location = location.replace("{client}", client_id)
    for name, path in known.items():
        if f"{{{name}}}" in location and path is None:
            problem = f"the {name} files are not here; name their folder in MEDALLION_{name.upper()}"
            raise ExtractError(f"{client_id}: {contract.name}: {problem}") from ConfigError(problem)
        location = location.replace(f"{{{name}}}", str(path))
    if "://" not in location and not Path(location).is_absolute():
        allowed = "an absolute folder, a URL, or begin with {samples} or {adventureworks}"
        problem = f"location: must be {allowed}, is {location!r}"
        raise ExtractError(f"{client_id}: {contract.name}: {problem}") from ConfigError(problem)
    return location
