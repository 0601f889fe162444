"""A DuckDB file as destination: many clients, a schema each; a delivery is one transaction.

Beside the tables stands ``_delivery``: a row for each table of each delivery.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from medallion.exceptions import PublishError
from medallion.locks import one_at_a_time
from medallion.publish.delivery import FORMER, LOG, Copied, Delivered, Gold, copied_of
from medallion.publish.source import (
    TARGET,
    attach,
    check_count,
    columns_held,
    columns_of,
    count,
    reading,
    relation,
)
from medallion.publish.stamps import Changes, begin
from medallion.sql_words import quoted

_LOG_COLUMNS = """
    run_id varchar not null, interval_start timestamp not null, config_version varchar not null,
    delivered_at timestamp not null, table_name varchar not null, row_count bigint not null,
    gold_build varchar
"""


def deliver(gold: Gold, path: Path, patience: float) -> Delivered:
    """Make the client's tables in the file those of gold.

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
            copies = _in_one_transaction(connection, gold)
            _close(connection, path)
        rows = {copy.table: copy.rows for copy in copies}
        return Delivered(str(path), rows, path.stat().st_size, copied=copied_of(copies))


def _close(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write the log into the file, so that nothing stays beside it; until then readers need both."""
    try:
        connection.execute(f"detach {TARGET}")
    except duckdb.Error as error:
        raise PublishError(f"{path} could not be written whole: {str(error).strip()}") from error


def _in_one_transaction(connection: duckdb.DuckDBPyConnection, gold: Gold) -> list[Copied]:
    stamps = begin(connection, gold)
    table = LOG
    try:
        former = _prepare(connection, gold)
        copies = []
        for table in gold.tables:
            copies.append(_copy(connection, gold, table, stamps.changes(table, former.get(table))))
        for table in former.keys() - set(gold.tables):  # other tables are not ours
            connection.execute(f"drop table if exists {_target(gold, table)}")
        _log(connection, gold, {copy.table: copy.rows for copy in copies}, stamps.latest)
        connection.execute("commit")
    except duckdb.Error as error:
        raise PublishError(f"{gold.schema}.{table} could not be delivered: {str(error).strip()}") from error
    return copies


def _prepare(connection: duckdb.DuckDBPyConnection, gold: Gold) -> dict[str, str | None]:
    """Make what is missing, and return the last delivery's tables, each with the build that left it."""
    log = _target(gold, LOG)
    connection.execute(f"create schema if not exists {TARGET}.{quoted(gold.client_id)}")
    connection.execute(f"create table if not exists {log} ({_LOG_COLUMNS})")
    connection.execute(f"alter table {log} add column if not exists gold_build varchar")
    return dict(connection.execute(FORMER.format(log=log)).fetchall())


def _copy(connection: duckdb.DuckDBPyConnection, gold: Gold, table: str, changes: Changes | None) -> Copied:
    source, target = relation(gold, table), _target(gold, table)
    held = columns_held(connection, TARGET, gold.client_id, table)
    if changes is not None and list(held.items()) == list(columns_of(connection, source).items()):
        touched = changes.touch("held")
        connection.execute(f"delete from {target} as held where {touched}")  # noqa: S608  # quoted
        connection.execute(f"insert into {target} select * from {source} as held where {touched}")  # noqa: S608
        rows = count(connection, source)
        if rows == count(connection, target):
            return Copied(table, rows, count(connection, source, touched))
    connection.execute(f"create or replace table {target} as select * from {source}")  # noqa: S608  # quoted
    rows = count(connection, source)
    check_count(table, rows, count(connection, target))
    return Copied(table, rows)


def _log(
    connection: duckdb.DuckDBPyConnection, gold: Gold, rows: Mapping[str, int], build: str | None
) -> None:
    """Write down the delivery; that of the same run before it never was."""
    connection.execute(f"delete from {_target(gold, LOG)} where run_id = ?", [gold.run["run_id"]])  # noqa: S608
    connection.executemany(
        f"insert into {_target(gold, LOG)} values (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        gold.log_rows(rows, build),
    )


def _target(gold: Gold, table: str) -> str:
    return f"{TARGET}.{quoted(gold.client_id)}.{quoted(table)}"
