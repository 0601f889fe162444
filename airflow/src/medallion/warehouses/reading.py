"""A client's warehouse opened to be looked at, whatever the target: nothing of it is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

#: The columns of tables, by table and column in their order; a type as :func:`canonical` spells it.
Tables = Mapping[str, Mapping[str, str]]


class Reading(Protocol):
    """Asks one warehouse, in SQL that DuckDB and SQL Server both understand."""

    @property
    def text(self) -> str:
        """The type that any value is cast to as text."""
        ...

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query, whose values stand for its ``?``.

        Raises:
            WarehouseError: if they cannot be read.
        """
        ...

    def first(self, count: int, query: str) -> str:
        """A query for the first rows of another one, which says ``select`` and ends with its ``order by``."""
        ...

    def tables(self, schema: str) -> Tables:
        """The tables of a schema; none if there is no such schema."""
        ...


#: Types that hold the same values, by the name that both targets' go by here.
_ALIKE = {
    "text": "varchar nvarchar char nchar uuid uniqueidentifier json",
    "whole": "tinyint smallint int integer bigint hugeint utinyint usmallint uinteger ubigint uhugeint",
    "float": "double float real",
    "flag": "boolean bit",
    "timestamp": "timestamp datetime2 datetime timestamp_s timestamp_ms timestamp_ns",
    "moment": "timestamp with time zone, datetimeoffset",
    "binary": "blob varbinary",
}
_CANONICAL = {
    one: name
    for name, alike in _ALIKE.items()
    for one in (alike.split(", ") if "," in alike else alike.split())
}


def canonical(kind: str) -> str:
    """A column's type under the name that it has here on every target: exact decimals with their digits."""
    plain = kind.lower().replace(" ", "") if "(" in kind else kind.lower()
    plain = plain.replace("numeric", "decimal")
    if plain.startswith("decimal("):
        return plain
    return _CANONICAL.get(plain, plain)
