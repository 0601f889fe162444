"""What is in quarantine: counts and rows of a client's warehouse, read and never changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from medallion.exceptions import WarehouseError
from medallion.settings import Settings
from medallion.sql_words import quoted
from medallion.warehouses.reading import read_only

PREFIX = "quarantine_"


@dataclass(frozen=True)
class Chosen:
    """Which rows are meant; None and blank leave it open.

    Attributes:
        entity: ``<source>__<entity>``.
        rule: rows that break this rule.
        span: rows landed for intervals from the first moment until before the second, in UTC without zone.
    """

    entity: str | None = None
    rule: str | None = None
    span: tuple[datetime, datetime] | None = None


@dataclass(frozen=True)
class Row:
    """One row in quarantine: the text of each column of its key, the rules it broke, and its interval."""

    key: dict[str, str | None]
    rules: tuple[str, ...]
    interval_start: datetime


@dataclass(frozen=True)
class Quarantine:
    """One entity's quarantine: all that was chosen as counts, and the first of its rows."""

    entity: str
    count: int
    rules: dict[str, int]
    rows: tuple[Row, ...]


class Reader:
    """A client's quarantines, as the last build left them.

    Args:
        connection: its warehouse, read only.
        schema: that of its silver.
        keys: the columns of each entity's key.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, schema: str, keys: Mapping[str, Sequence[str]]
    ) -> None:
        self.connection = connection
        self.schema = schema
        self.keys = keys

    def entities(self) -> list[str]:
        """The entities that have a quarantine."""
        query = "select table_name from information_schema.tables where table_schema = ? order by table_name"
        found = self.connection.execute(query, [self.schema]).fetchall()
        return [name.removeprefix(PREFIX) for (name,) in found if name.startswith(PREFIX)]

    def read(self, chosen: Chosen, limit: int) -> list[Quarantine]:
        """Count what was chosen, and read at most so many rows of each entity, ordered by their keys."""
        wanted = [one for one in self.entities() if chosen.entity in (None, one)]
        return [self._read(entity, chosen, limit) for entity in wanted]

    def find(self, entity: str, key: Mapping[str, str]) -> list[Row]:
        """Every row of an entity with this key: of several with one key each may break other rules."""
        where, values = _where(Chosen(entity))
        held = f"{where} and {_texts(list(key))} = $key"
        return self._rows(entity, held, values | {"key": list(key.values())}, "")

    def _read(self, entity: str, chosen: Chosen, limit: int) -> Quarantine:
        where, values = _where(chosen)
        counted = self._query(entity, "count(*)", where, values)
        broken = "select unnest(string_split(_broken_rules, ',')) as rule"
        query = f"{broken} from {self._table(entity)} where {where}"
        counts = self.connection.execute(
            f"select rule, count(*) from ({query}) group by rule order by rule",  # noqa: S608
            values,
        ).fetchall()
        rows = self._rows(entity, where, values | {"most": limit}, "limit $most")
        return Quarantine(entity, int(counted[0][0]), dict(counts), tuple(rows))

    def _rows(self, entity: str, where: str, values: Mapping[str, Any], limit: str) -> list[Row]:
        columns = tuple(self.keys.get(entity, ()))
        order = ", ".join([*map(quoted, columns), "_interval_start"])
        found = self._query(
            entity,
            f"{_texts(columns)}, _broken_rules, _interval_start",
            f"{where} order by {order} {limit}",
            values,
        )
        return [
            Row(dict(zip(columns, texts, strict=True)), tuple(rules.split(",")), start)
            for texts, rules, start in found
        ]

    def _query(self, entity: str, what: str, where: str, values: Mapping[str, Any]) -> Any:
        query = f"select {what} from {self._table(entity)} where {where}"  # noqa: S608  # quoted, values bound
        return self.connection.execute(query, dict(values)).fetchall()

    def _table(self, entity: str) -> str:
        return f"{quoted(self.schema)}.{quoted(PREFIX + entity)}"


@contextmanager
def reading(settings: Settings, client_id: str, keys: Mapping[str, Sequence[str]]) -> Iterator[Reader]:
    """Open a client's warehouse, read only.

    Raises:
        WarehouseError: if it is not there, or a writer holds it, who is named.
    """
    if settings.target != "duckdb":
        raise WarehouseError(f"quarantine is read from DuckDB only; MEDALLION_TARGET is {settings.target}")
    with read_only(settings, client_id) as connection:
        yield Reader(connection, settings.schema_of(client_id, "silver"), keys)


def _where(chosen: Chosen) -> tuple[str, dict[str, Any]]:
    """What was chosen as a condition, and its values."""
    conditions = ["_broken_rules <> ''"]
    values: dict[str, Any] = {}
    if chosen.rule:
        conditions.append("list_contains(string_split(_broken_rules, ','), $rule)")
        values["rule"] = chosen.rule
    if chosen.span:
        conditions.append("_interval_start >= $first and _interval_start < $end")
        values["first"], values["end"] = chosen.span
    return " and ".join(conditions), values


def _texts(columns: Sequence[str]) -> str:
    """A list of the columns' values as text, as dbt's macros cast them when they look for a release."""
    return f"cast([{', '.join(f'cast({quoted(one)} as varchar)' for one in columns)}] as varchar[])"
