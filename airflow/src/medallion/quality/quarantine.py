"""What is in quarantine: counts and rows of a client's warehouse, read and never changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from medallion.settings import Settings
from medallion.sql_words import quoted
from medallion.warehouses import Reading
from medallion.warehouses import reading as reading_of

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
        warehouse: its warehouse, open.
        schema: that of its silver.
        keys: the columns of each entity's key.
    """

    def __init__(self, warehouse: Reading, schema: str, keys: Mapping[str, Sequence[str]]) -> None:
        self.warehouse = warehouse
        self.schema = schema
        self.keys = keys

    def entities(self) -> list[str]:
        """The entities that have a quarantine."""
        found = sorted(self.warehouse.tables(self.schema))
        return [name.removeprefix(PREFIX) for name in found if name.startswith(PREFIX)]

    def read(self, chosen: Chosen, limit: int) -> list[Quarantine]:
        """Count what was chosen, and read at most so many rows of each entity, ordered by their keys."""
        wanted = [one for one in self.entities() if chosen.entity in (None, one)]
        return [self._read(entity, chosen, limit) for entity in wanted]

    def find(self, entity: str, key: Mapping[str, str]) -> list[Row]:
        """Every row of an entity with this key: of several with one key each may break other rules."""
        where, values = _where(Chosen(entity))
        held = " and ".join([where, *(f"{self._text(column)} = ?" for column in key)])
        return self._rows(entity, held, [*values, *key.values()])

    def _read(self, entity: str, chosen: Chosen, limit: int) -> Quarantine:
        where, values = _where(chosen)
        counted = f"select _broken_rules, sum(cast(1 as bigint)) from {self._table(entity)}"  # noqa: S608
        by_rules = self.warehouse.rows(f"{counted} where {where} group by _broken_rules", values)
        counts: Counter[str] = Counter()
        for broken, count in by_rules:
            counts.update(dict.fromkeys(broken.split(","), int(count)))
        total = sum(int(count) for _, count in by_rules)
        rows = self._rows(entity, where, values, limit)
        return Quarantine(entity, total, dict(sorted(counts.items())), tuple(rows))

    def _rows(self, entity: str, where: str, values: Sequence[object], limit: int | None = None) -> list[Row]:
        columns = tuple(self.keys.get(entity, ()))
        order = ", ".join([*map(quoted, columns), "_interval_start"])
        wanted = ", ".join([*map(self._text, columns), "_broken_rules", "_interval_start"])
        query = f"select {wanted} from {self._table(entity)} where {where} order by {order}"  # noqa: S608
        found = self.warehouse.rows(query if limit is None else self.warehouse.first(limit, query), values)
        return [
            Row(dict(zip(columns, texts, strict=True)), tuple(rules.split(",")), start)
            for *texts, rules, start in found
        ]

    def _text(self, column: str) -> str:
        """A column's value as text, as dbt's macros cast it when they look for a release."""
        return f"cast({quoted(column)} as {self.warehouse.text})"

    def _table(self, entity: str) -> str:
        return f"{quoted(self.schema)}.{quoted(PREFIX + entity)}"


@contextmanager
def reading(settings: Settings, client_id: str, keys: Mapping[str, Sequence[str]]) -> Iterator[Reader]:
    """Open a client's warehouse, read only.

    Raises:
        WarehouseError: if it is not there, cannot be read, or a writer holds it, who is named.
    """
    with reading_of(settings, client_id) as warehouse:
        yield Reader(warehouse, settings.schema_of(client_id, "silver"), keys)


def _where(chosen: Chosen) -> tuple[str, list[object]]:
    """What was chosen as a condition, and its values."""
    conditions = ["_broken_rules <> ''"]
    values: list[object] = []
    if chosen.rule:
        conditions.append("concat(',', _broken_rules, ',') like ? escape '!'")
        # T-SQL takes a bracket for the begin of a set.
        values.append("%," + "".join(f"!{one}" if one in "!_%[" else one for one in chosen.rule) + ",%")
    if chosen.span:
        conditions.append("_interval_start >= ? and _interval_start < ?")
        values += chosen.span
    return " and ".join(conditions), values
