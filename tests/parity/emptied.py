"""A client's schemas on a SQL Server without anything in them."""

from __future__ import annotations

import mssql_python

from medallion.warehouses.sqlserver_address import address_of
from medallion.warehouses.sqlserver_session import session

_SCHEMAS = ("landing", "bronze", "silver", "gold", "work")


def emptied(client_id: str) -> None:
    """Drop every table and view of the client's schemas; the schemas stay."""
    query = "select TABLE_NAME, TABLE_TYPE from INFORMATION_SCHEMA.TABLES where TABLE_SCHEMA = ?"
    with session(mssql_python.connect, address_of(client_id), autocommit=True) as opened:
        cursor = opened.cursor()
        for schema in (f"{client_id}_{one}" for one in _SCHEMAS):
            cursor.execute(query, (schema,))
            for name, kind in sorted(cursor.fetchall(), key=lambda row: row[1], reverse=True):
                cursor.execute(f"drop {'view' if kind == 'VIEW' else 'table'} [{schema}].[{name}]")
