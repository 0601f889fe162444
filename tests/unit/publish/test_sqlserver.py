"""What a delivery says to a SQL Server, told to a recorder: none can run here (see tests/destinations)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import mssql_python
import pytest
import sqlglot
from sqlalchemy import make_url
from sqlglot import exp

from gold import Writer
from medallion.exceptions import PublishError
from medallion.publish import sqlserver
from medallion.publish.delivery import Gold
from medallion.warehouses.sqlserver_session import connection_string

Build = Callable[..., Path]
URL = make_url("mssql://loader:pa%7Dss@db.example:1444/shop?Encrypt=yes")


class PanicException(BaseException):  # as the driver's core names it
    """What the driver's core raises when it breaks down."""


class Server:
    """Records what it is told; answers questions from what tables it is said to hold and was sent."""

    def __init__(self, columns: dict[str, list[tuple[Any, ...]]] | None = None, held: int = 0) -> None:
        self.columns = columns or {}
        self.held = held
        self.former: list[str] = []
        self.left_by: str | None = None
        self.loader = "bulk"
        self.knows_sizes = True
        self.breaks = False
        self.lost = 0
        self.counted: list[int] = []
        self.said: list[str] = []
        self.sent: dict[str, list[Any]] = {}
        self.committed: list[str] = []

    def connect(self, _address: str, *, autocommit: bool) -> Session:
        return Session(self, autocommit)


class Session:
    """A connection and its one cursor."""

    def __init__(self, server: Server, autocommit: bool) -> None:
        self.server, self.autocommit, self.open = server, autocommit, []
        self.connection = self

    def cursor(self) -> Session:
        return self

    def execute(self, statement: str, parameters: Any = ()) -> None:
        self.server.said.append(statement)
        (self.server.committed if self.autocommit else self.open).append(statement)
        self.answer = list(self._answer(statement, parameters))

    def _answer(self, statement: str, parameters: Any) -> Any:
        server = self.server
        if "sp_getapplock" in statement:
            return [(server.held,)]
        if "from sys.columns" in statement:
            return server.columns.get(parameters[0], [])
        if "object_id('sys.allocation_units')" in statement:
            return [(-1 if server.knows_sizes else None,)]
        if "count_big" in statement and server.counted:
            return [(server.counted.pop(0),)]
        if "count_big" in statement:
            table = statement.rpartition("from ")[2].replace("[acme].", "[acme_delivery].")
            return [(len(server.sent[table]) - server.lost,)]
        if "select table_name" in statement:
            return [(table, server.left_by) for table in server.former]
        return [] if "sys.tables" in statement else [(None,)] if "schema_id" in statement else [(0,)]

    def bulkcopy_arrow(self, table: str, batches: Any, **_options: Any) -> dict[str, int]:
        if self.server.breaks:
            raise PanicException("dest is out of bounds")
        self.server.sent[table] = [row for batch in batches for row in batch.to_pylist()]
        return {"rows_copied": len(self.server.sent[table])}

    def executemany(self, statement: str, rows: Any) -> None:
        self.execute(statement)
        table, _, names = statement.removeprefix("insert into ").partition(" values")[0].partition(" ")
        listed = [name.strip("[]") for name in names.strip("()").split(", ")]
        self.server.sent.setdefault(table, []).extend(dict(zip(listed, row, strict=True)) for row in rows)

    def fetchone(self) -> Any:
        return self.answer[0]

    def fetchall(self) -> Any:
        return self.answer

    def commit(self) -> None:
        self.server.committed += self.open
        self.open = []

    def rollback(self) -> None:
        self.open = []

    def close(self) -> None:
        self.rollback()


@pytest.fixture
def deliver(build: Build, tmp_path: Path) -> Callable[..., Any]:
    def run(server: Server, *tables: str) -> Any:
        facts = {
            "run_id": "run_1",
            "interval_start": datetime(2026, 1, 15, tzinfo=UTC),
            "config_version": "x",
        }
        gold = Gold("acme", tmp_path / "acme.duckdb", "acme_gold", tables, facts)
        return sqlserver.deliver(gold, URL, 3, loader=server.loader, connect=server.connect)

    return run


DAILY = "select 1::bigint as n, 2.50::decimal(9,2) as amount, 'x' as name"
DAY = [("day", "date", 3, 10, 0), ("n", "int", 4, 10, 0)]
LOG = [("gold_build", "nvarchar", 100, 0, 0)]
SAME = [("n", "bigint", 8, 19, 0), ("amount", "decimal", 5, 9, 2), ("name", "nvarchar", -1, 0, 0)]


@pytest.mark.parametrize("there", [{}, {"[acme].[daily]": SAME}, {"[acme].[daily]": SAME[:1]}])
def test_every_statement_is_transact_sql(
    build: Build, deliver: Callable[..., Any], there: dict[str, Any]
) -> None:
    build(daily=DAILY)
    server = Server(there)
    server.former = ["daily", "former"]
    deliver(server, "daily")
    assert len(server.said) > 10
    for statement in server.said:
        for parsed in sqlglot.parse(statement, dialect="tsql"):
            assert not isinstance(parsed, exp.Command), statement


def test_a_table_that_is_not_there_is_made(build: Build, deliver: Callable[..., Any]) -> None:
    build(daily=DAILY)
    server = Server()
    delivered = deliver(server, "daily")
    assert "create schema [acme]" in server.committed
    made = (
        "create table [acme].[daily] ([n] bigint null, [amount] decimal(9,2) null, [name] nvarchar(max) null)"
    )
    assert made in server.committed
    assert (delivered.place, delivered.tables) == ("mssql://db.example:1444/shop/acme", {"daily": 1})
    assert server.sent["[acme_delivery].[daily]"][0]["name"] == "x"


def test_plain_inserts_bring_what_bulk_copy_does(build: Build, deliver: Callable[..., Any]) -> None:
    build(daily=DAILY + " from range(2500)")
    sent = {}
    for how in ("bulk", "insert"):
        server = Server()
        server.loader = how
        assert deliver(server, "daily").tables == {"daily": 2500}
        sent[how] = server.sent
    assert sent["insert"] == sent["bulk"]
    inserts = [said for said in server.said if said.startswith("insert into [acme_delivery].[daily]")]
    assert len(inserts) == 3


def test_a_driver_that_breaks_down_in_a_bulk_copy_is_told_with_the_way_out(
    build: Build, deliver: Callable[..., Any]
) -> None:
    build(daily=DAILY)
    server = Server()
    server.breaks = True
    with pytest.raises(PublishError, match=r"out of bounds.*MEDALLION_SQLSERVER_LOADER=insert"):
        deliver(server, "daily")
    assert "create table [acme].[daily]" not in " ".join(server.committed)


def test_a_server_that_does_not_know_sizes_is_said_to(build: Build, deliver: Callable[..., Any]) -> None:
    build(daily=DAILY)
    server = Server()
    server.knows_sizes = False
    delivered = deliver(server, "daily")
    assert delivered.bytes == 0
    assert delivered.notes == ("the server does not tell how large its tables are: 0 bytes stand for that",)


def test_a_table_with_the_same_columns_keeps_its_grants(build: Build, deliver: Callable[..., Any]) -> None:
    build(daily=DAILY)
    server = Server({"[acme].[daily]": SAME})
    delivered = deliver(server, "daily")
    assert "delete from [acme].[daily] with (tablockx)" in server.committed
    assert "drop table [acme].[daily]" not in server.said
    assert delivered.notes == ()


def test_a_table_with_other_columns_is_replaced_and_that_is_said(
    build: Build, deliver: Callable[..., Any]
) -> None:
    build(daily=DAILY)
    server = Server({"[acme].[daily]": SAME[:2]})
    delivered = deliver(server, "daily")
    assert "drop table [acme].[daily]" in server.committed
    assert delivered.notes == ("daily: its columns changed, so it was replaced; grants on it are gone",)


def test_what_is_no_longer_delivered_goes(build: Build, deliver: Callable[..., Any]) -> None:
    build(daily=DAILY)
    server = Server({"[acme].[_delivery]": LOG})
    server.former = ["daily", "former"]
    deliver(server, "daily")
    assert [said for said in server.committed if "exists" in said] == ["drop table if exists [acme].[former]"]


def test_what_changed_is_put_in_the_place_of_its_keys(tmp_path: Path, deliver: Callable[..., Any]) -> None:
    days = [(date(2026, 1, day), day) for day in (1, 2, 3)]
    writer = Writer(tmp_path)
    writer.build(daily=days)
    server = Server({"[acme].[daily]": DAY, "[acme].[_delivery]": [("run_id", "nvarchar", 500, 0, 0)]})
    server.former, server.left_by = ["daily"], writer.latest()
    writer.build(daily=[*days[:2], (date(2026, 1, 4), 4)])
    server.counted = [3, 1]  # the table's rows then, and those that were loaded beside
    delivered = deliver(server, "daily")
    assert (delivered.tables, delivered.copied) == ({"daily": 3}, {"daily": 1})
    assert [row["n"] for row in server.sent["[acme_delivery].[daily]"]] == [4]
    assert sorted(row["day"].day for row in server.sent["[acme_delivery].[daily__changed]"]) == [3, 4]
    (replaced,) = [said for said in server.committed if said.startswith("delete held")]
    assert "where exists (select held.[day] intersect select changed.[day])" in replaced
    assert "alter table [acme].[_delivery] add gold_build nvarchar(50) null" in server.committed


def test_a_table_with_other_rows_than_were_left_is_filled_anew(
    tmp_path: Path, deliver: Callable[..., Any]
) -> None:
    days = [(date(2026, 1, day), day) for day in (1, 2, 3)]
    writer = Writer(tmp_path)
    writer.build(daily=days)
    server = Server({"[acme].[daily]": DAY, "[acme].[_delivery]": LOG})
    server.former, server.left_by = ["daily"], writer.latest()
    writer.build(daily=[*days, (date(2026, 1, 4), 4)])
    server.counted = [3, 4]  # somebody took a row away
    delivered = deliver(server, "daily")
    assert (delivered.tables, delivered.copied) == ({"daily": 4}, {})
    assert len(server.sent["[acme_delivery].[daily]"]) == 4


def test_rows_that_got_lost_leave_the_last_delivery(build: Build, deliver: Callable[..., Any]) -> None:
    build(daily=DAILY)
    server = Server({"[acme].[daily]": SAME})
    server.lost = 1
    with pytest.raises(PublishError, match="daily: 0 rows were copied, gold has 1"):
        deliver(server, "daily")
    assert not any("[acme].[daily]" in said for said in server.committed)


def test_another_delivery_is_waited_for(build: Build, deliver: Callable[..., Any]) -> None:
    build(daily=DAILY)
    with pytest.raises(PublishError, match="shop/acme is in use by another delivery; waited 3 s for it"):
        deliver(Server(held=-1), "daily")


def test_no_error_holds_the_password(build: Build, tmp_path: Path, deliver: Callable[..., Any]) -> None:
    def refuse(address: str, **_options: Any) -> Any:
        raise mssql_python.OperationalError("login failed", f"with {address} (pa}}ss)")

    build(daily=DAILY)
    server = Server()
    server.connect = refuse  # type: ignore[method-assign]
    with pytest.raises(PublishError, match="login failed") as caught:
        deliver(server, "daily")
    assert "ss}" not in str(caught.value)
    assert "pa}ss" not in str(caught.value)


def test_a_password_cannot_end_its_place_in_the_connection_string() -> None:
    expected = "Server={db.example,1444};Database={shop};UID={loader};PWD={pa}}ss};Encrypt={yes}"
    assert connection_string(URL) == expected
