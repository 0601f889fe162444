"""A DuckDB file as destination: many clients, a schema each; a delivery is one transaction.

Beside the tables stands ``_delivery``: a row for each table of each delivery.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from medallion.exceptions import PublishError
from medallion.locks import one_at_a_time
from medallion.publish.delivery import LOG, Delivered, Gold, quoted
from medallion.publish.source import TARGET, attach, check_count, count, reading, relation

_LOG_COLUMNS = """
    run_id varchar not null, interval_start timestamp not null, config_version varchar not null,
    delivered_at timestamp not null, table_name varchar not null, row_count bigint not null
"""


def deliver(gold: Gold, path: Path, patience: float) -> Delivered:
    """Replace the client's tables in the file by gold's.

    Args:
        gold: what to deliver.
        path: the DuckDB file; made if it is missing.
        patience: seconds to wait for another delivery, or for a reader that holds the file.

    Returns:
        The file, the rows by table, and the file's size.

    Raises:
        PublishError: if a table cannot be read or copied whole, or the file is held too long. The file is
            then as it was.
    """
    with one_at_a_time(path, doing=gold.doing, error=PublishError, patience=patience):
        with reading(gold, patience) as connection:
            attach(connection, path, TARGET, patience)
            rows = _in_one_transaction(connection, gold)
            connection.execute(f"detach {TARGET}")  # writes the log into the file: nothing stays beside it
        return Delivered(str(path), rows, path.stat().st_size)


def _in_one_transaction(connection: duckdb.DuckDBPyConnection, gold: Gold) -> dict[str, int]:
    connection.execute("begin")
    table = LOG
    try:
        _prepare(connection, gold)
        rows = {}
        for table in gold.tables:
            rows[table] = _copy(connection, gold, table)
        _drop_former(connection, gold)
        _log(connection, gold, rows)
        connection.execute("commit")
    except duckdb.Error as error:
        raise PublishError(f"{gold.schema}.{table} could not be delivered: {str(error).strip()}") from error
    return rows


def _prepare(connection: duckdb.DuckDBPyConnection, gold: Gold) -> None:
    connection.execute(f"create schema if not exists {TARGET}.{quoted(gold.client_id)}")
    connection.execute(f"create table if not exists {_target(gold, LOG)} ({_LOG_COLUMNS})")


def _copy(connection: duckdb.DuckDBPyConnection, gold: Gold, table: str) -> int:
    source, target = relation(gold, table), _target(gold, table)
    connection.execute(f"create or replace table {target} as select * from {source}")  # noqa: S608  # quoted
    rows = count(connection, source)
    check_count(table, rows, count(connection, target))
    return rows


def _drop_former(connection: duckdb.DuckDBPyConnection, gold: Gold) -> None:
    """Drop what the last delivery brought and this one does not; other tables are not ours."""
    log = _target(gold, LOG)
    last = f"(select max(delivered_at) from {log})"  # noqa: S608  # quoted
    former = connection.execute(f"select table_name from {log} where delivered_at = {last}")  # noqa: S608
    for (table,) in former.fetchall():
        if table not in gold.tables:
            connection.execute(f"drop table if exists {_target(gold, table)}")


def _log(connection: duckdb.DuckDBPyConnection, gold: Gold, rows: Mapping[str, int]) -> None:
    """Write down the delivery; that of the same run before it never was."""
    connection.execute(f"delete from {_target(gold, LOG)} where run_id = ?", [gold.run["run_id"]])  # noqa: S608
    connection.executemany(
        f"insert into {_target(gold, LOG)} values (?, ?, ?, ?, ?, ?)",  # noqa: S608
        gold.log_rows(rows),
    )


def _target(gold: Gold, table: str) -> str:
    return f"{TARGET}.{quoted(gold.client_id)}.{quoted(table)}"
