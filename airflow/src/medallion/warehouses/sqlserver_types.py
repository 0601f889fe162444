"""SQL Server's types by DuckDB's, for deliveries, landing tables and copies of gold."""

from __future__ import annotations

from medallion.warehouses.columns import Dialect

DIALECT = Dialect(
    "SQL Server",
    {
        "BOOLEAN": "bit",
        "SMALLINT": "smallint",
        "INTEGER": "int",
        "BIGINT": "bigint",
        "FLOAT": "real",
        "DOUBLE": "float",
        "VARCHAR": "nvarchar(max)",
        "BLOB": "varbinary(max)",
        "DATE": "date",
        "TIME": "time(6)",
        "TIMESTAMP": "datetime2(6)",
        "TIMESTAMP WITH TIME ZONE": "datetimeoffset(6)",
    },
    decimal="decimal",
)
#: Texts are compared by their code points, as DuckDB does: a server's own collation takes ``a`` for ``A``.
#: https://learn.microsoft.com/sql/relational-databases/collations/collation-and-unicode-support
COLLATION = "Latin1_General_100_BIN2"


def bracketed(name: str) -> str:
    """A name as T-SQL's identifier."""
    return "[" + name.replace("]", "]]") + "]"


def relation_of(schema: str, table: str) -> str:
    """A table in its schema."""
    return f"{bracketed(schema)}.{bracketed(table)}"
