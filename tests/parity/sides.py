"""One client built on one target, and what is then in its warehouse."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.connections import DuckDBConnectionManager

from medallion.clients import Catalog, Client
from medallion.clients.declared import read_declared
from medallion.interval import Interval
from medallion.ledger import Ledger, NodeRow, open_ledger
from medallion.ledger.releases import in_force
from medallion.pipeline import LAYERS, Plan, make_plan, shape_of, snapshot_entities
from medallion.quality.quarantine import Chosen, Reader
from medallion.quality.quarantine import reading as reading_quarantine
from medallion.quality.releases import key_text, release_rows
from medallion.retention import apply_retention, plan_retention
from medallion.retention.policy import by_hand
from medallion.settings import Settings, load_settings
from medallion.sql_words import quoted
from medallion.transform import BuildRequest, build_nodes, load_slim, prepare
from medallion.warehouses import Reading, reading
from sharing import share_manifests

Rows = Counter[tuple[Any, ...]]
#: Digits behind which two targets may add up floating-point numbers differently.
_DIGITS = 9


@dataclass(frozen=True)
class Table:
    """What a table holds: its columns' types by name, and its rows as a multiset."""

    columns: Mapping[str, str]
    rows: Rows


@dataclass
class Side:
    """A target with a home of its own.

    Args:
        name: how it is told of.
        settings: its home and target; landing is shared with the other side.
    """

    name: str
    settings: Settings
    seconds: dict[str, float] = field(default_factory=Counter)
    nodes: dict[str, dict[str, NodeRow]] = field(default_factory=dict)

    def plan(self, client: Client) -> Plan:
        """The client's plan on this target."""
        prepare(self.settings, [shape_of(client)])
        return make_plan(client, load_slim(self.settings, shape_of(client)))

    @property
    def ledger(self) -> Ledger:
        """Its own: what was released and deleted on it."""
        return open_ledger(self.settings.database_url)

    def build(
        self, client: Client, catalog: Catalog, interval: Interval, *, full_refresh: bool = False
    ) -> None:
        """Build all layers of what has landed for an interval; the time that it takes is added up."""
        plan = self.plan(client)
        rows: dict[str, NodeRow] = {}
        request = BuildRequest(
            plan,
            [node for layer in plan.layers for node in layer.nodes],
            (interval,),
            snapshot_entities(client, catalog.sources),
            in_force(self.ledger, client.id),
            full_refresh,
        )
        started = time.monotonic()
        build_nodes(self.settings, request, lambda row: rows.update({row.node: row}))
        self.seconds[client.id] += time.monotonic() - started
        self.nodes[client.id] = rows

    def quarantined(self, client: Client, count: int) -> dict[str, list[str]]:
        """The first keys in quarantine, by entity."""
        with self._quarantine(client) as reader:
            found = reader.read(Chosen(), count)
        return {one.entity: list(dict.fromkeys(key_text(row.key) for row in one.rows)) for one in found}

    def release(self, client: Client, keys: Mapping[str, Sequence[str]]) -> None:
        """Release rows by hand, for the next build."""
        with self._quarantine(client) as reader:
            for entity, chosen in keys.items():
                release_rows(
                    self.ledger, reader, client.id, entity, keys=chosen, rule=None, why="seen", by="ann"
                )

    def retain(self, client: Client, today: date) -> dict[str, int]:
        """Delete what is too old on a day; returns how many rows each table lost."""
        plan = self.plan(client)
        doomed = plan_retention(self.settings, self.ledger, plan, today)
        apply_retention(self.settings, self.ledger, by_hand(client), doomed, actor="ann", force=True)
        return {f"{one.layer}.{one.object}": one.gone for one in doomed.tables}

    def _quarantine(self, client: Client) -> AbstractContextManager[Reader]:
        DuckDBConnectionManager.close_all_connections()  # dbt holds the file in this very process
        keys = read_declared(self.settings.dbt_project).keys
        return reading_quarantine(self.settings, client.id, keys)

    def verdicts(self, client: Client) -> dict[str, tuple[Any, ...]]:
        """Of each node of the last build: how it ended, and what it measured."""
        return {name: (row.good, row.population, row.failing) for name, row in self.nodes[client.id].items()}

    def tables(self, client: Client) -> dict[str, Table]:
        """Every table of the layers, with every row of it."""
        DuckDBConnectionManager.close_all_connections()  # dbt holds the file in this very process
        with reading(self.settings, client.id) as warehouse:
            return {
                f"{layer}.{name}": Table(columns, _rows(warehouse, f"{client.id}_{layer}", name, columns))
                for layer in LAYERS
                for name, columns in warehouse.tables(f"{client.id}_{layer}").items()
            }


def _rows(warehouse: Reading, schema: str, table: str, columns: Mapping[str, str]) -> Rows:
    names = ", ".join(map(quoted, columns))
    found = warehouse.rows(f"select {names} from {quoted(schema)}.{quoted(table)}")  # noqa: S608  # quoted
    return Counter(tuple(map(_plain, row)) for row in found)


def _plain(value: Any) -> Any:
    return round(value, _DIGITS) if isinstance(value, float) else value


def side_in(home: Path, landing: Path, target: str, name: str = "") -> Side:
    """A side with a home of its own, that reads a landing which others read as well."""
    share_manifests(home)
    registry = f"sqlite:///{home / 'registry.db'}"
    settings = replace(
        load_settings(), home=home, target=target, database_url=registry, landing_at=str(landing)
    )
    return Side(name or target, settings)


def differences(one: Side, other: Side, client: Client) -> list[str]:
    """What is not the same on both sides, a sentence each: verdicts, tables, columns, types and rows."""
    ours, theirs = one.tables(client), other.tables(client)
    assert len(ours) > len(LAYERS), "there is nothing to compare"
    assert any(table.rows for table in ours.values()), "there is no row to compare"
    return [
        *_verdicts_that_differ(one, other, client),
        *(f"{name}: only on {_where(name in ours, one, other)}" for name in sorted(ours.keys() ^ theirs)),
        *(
            f"{name}: {said}"
            for name in sorted(ours.keys() & theirs)
            for said in _differing(ours[name], theirs[name], (one.name, other.name))
        ),
    ]


def _where(ours: bool, one: Side, other: Side) -> str:
    return one.name if ours else other.name


def _verdicts_that_differ(one: Side, other: Side, client: Client) -> Iterable[str]:
    ours, theirs = one.verdicts(client), other.verdicts(client)
    for node in sorted(ours.keys() | theirs):
        if ours.get(node) != theirs.get(node):
            yield f"{node}: {ours.get(node)} on {one.name}, {theirs.get(node)} on {other.name}"


def _same(one: str, other: str) -> bool:
    """Whether two types are; of a server that tells no digits of a decimal the rows have to do."""
    told = "decimal" in (one, other) and one.startswith("decimal") and other.startswith("decimal")
    return one == other or told


def _differing(ours: Table, theirs: Table, names: tuple[str, str]) -> Iterable[str]:
    if list(ours.columns) != list(theirs.columns):
        yield f"columns {list(ours.columns)} on {names[0]}, {list(theirs.columns)} on {names[1]}"
        return
    for column, kind in ours.columns.items():
        if not _same(kind, theirs.columns[column]):
            yield f"{column} is {kind} on {names[0]}, {theirs.columns[column]} on {names[1]}"
    for name, more, less in ((names[0], ours, theirs), (names[1], theirs, ours)):
        if only := more.rows - less.rows:
            shown = dict(zip(more.columns, min(only, key=repr), strict=True))
            yield f"{only.total()} of {more.rows.total()} rows only on {name}, one is {shown}"
