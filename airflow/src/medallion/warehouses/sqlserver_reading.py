"""A client's schemas on a SQL Server, opened to be looked at: nothing of them is changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL

from medallion.connections import shown, without_secret
from medallion.exceptions import WarehouseError
from medallion.settings import Settings
from medallion.warehouses.reading import Tables, canonical
from medallion.warehouses.sqlserver_address import address_of
from medallion.warehouses.sqlserver_session import session


@dataclass(frozen=True)
class SqlServerReading:
    """One session."""

    cursor: Any
    url: URL
    text: str = "nvarchar(4000)"

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query.

        Raises:
            WarehouseError: if they cannot be read.
        """
        import mssql_python

        try:
            self.cursor.execute(query, tuple(values))
            return [tuple(row) for row in self.cursor.fetchall()]
        except mssql_python.Error as error:
            raise WarehouseError(" ".join(without_secret(error, self.url).split())) from None

    def first(self, count: int, query: str) -> str:
        """A query for the first rows of another one.

        https://learn.microsoft.com/sql/t-sql/queries/select-order-by-clause-transact-sql
        """
        return f"{query} offset 0 rows fetch next {count} rows only"

    def tables(self, schema: str) -> Tables:
        """The tables of a schema."""
        query = """
            select TABLE_NAME, COLUMN_NAME, DATA_TYPE, NUMERIC_PRECISION, NUMERIC_SCALE
            from INFORMATION_SCHEMA.COLUMNS
            where TABLE_SCHEMA = ? order by TABLE_NAME, ORDINAL_POSITION
        """
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for table, column, kind, precision, scale in self.rows(query, [schema]):
            exact = kind in ("decimal", "numeric") and precision is not None
            digits = f"({precision},{scale})" if exact else ""
            found[table][column] = canonical(f"{kind}{digits}")
        return dict(found)


@contextmanager
def read_only(settings: Settings, client_id: str, patience: float = 0.0) -> Iterator[SqlServerReading]:
    """Open a client's schemas with the client's login.

    Args:
        client_id: whose.
        patience: seconds to wait for a writer that holds what is read; 0 for as long as it takes.

    Raises:
        WarehouseError: if the server does not let us in.
    """
    import mssql_python  # its driver is loaded only where it is used

    url = address_of(settings.name_of(client_id))
    try:
        with session(mssql_python.connect, url, autocommit=True) as opened:
            cursor = opened.cursor()
            if patience:
                cursor.execute(f"set lock_timeout {max(1, round(patience * 1000))}")
            yield SqlServerReading(cursor, url)
    except mssql_python.Error as error:
        # Not from the error: a driver's message may hold the password.
        said = without_secret(error, url)
        raise WarehouseError(f"{shown(url)} cannot be opened: {' '.join(said.split())}") from None
