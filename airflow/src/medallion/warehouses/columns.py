"""DuckDB's column types and those of another database that hold the same values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from medallion.exceptions import PublishError
from medallion.sql_words import quoted

_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_WHOLE = "DECIMAL(38,0)"
#: What is read as another type, because Arrow or the databases do not know it.
_READ_AS = {
    "TINYINT": "SMALLINT",
    "UTINYINT": "SMALLINT",
    "USMALLINT": "INTEGER",
    "UINTEGER": "BIGINT",
    "UBIGINT": "DECIMAL(20,0)",
    "HUGEINT": _WHOLE,  # what DuckDB makes of sum(integer)
    "UHUGEINT": _WHOLE,
    "UUID": "VARCHAR",
    "JSON": "VARCHAR",
    "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP",
}


@dataclass(frozen=True)
class Dialect:
    """A database's types by DuckDB's; ``decimal`` is the name of its exact decimals."""

    name: str
    types: Mapping[str, str]
    decimal: str

    def type_of(self, duckdb_type: str, column: str) -> str:
        """Return the database's type, as the database itself spells it.

        Raises:
            PublishError: if it has none that holds the same values, naming the column.
        """
        read_as = _read_as(duckdb_type)
        match = _DECIMAL.fullmatch(read_as)
        if match:
            return f"{self.decimal}({match[1]},{match[2]})"
        if read_as not in self.types:
            raise PublishError(
                f"{column} is of type {duckdb_type}, which {self.name} does not have: "
                f"cast it in gold to one of {', '.join([*self.types, 'DECIMAL'])}"
            )
        return self.types[read_as]


def selected(relation: str, columns: Mapping[str, str], where: str = "") -> str:
    """Write the query that reads rows (of ``held``, in the condition) in types that other databases have."""
    names = [f"cast({quoted(name)} as {_read_as(kind)}) as {quoted(name)}" for name, kind in columns.items()]
    return f"select {', '.join(names)} from {relation} as held {where and 'where'} {where}"  # noqa: S608


def _read_as(duckdb_type: str) -> str:
    return "VARCHAR" if duckdb_type.startswith("ENUM(") else _READ_AS.get(duckdb_type, duckdb_type)
