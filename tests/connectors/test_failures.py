"""What goes wrong with real servers: what heals is told from what does not, and when to come back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from adbc_driver_postgresql import dbapi

from connectors.conftest import Land, day
from connectors.test_rest import Shop
from medallion.exceptions import ExtractError
from medallion.extract import rest_reader
from medallion.failures import Action, Failure, classify
from servers import Postgres, free_port

REST = {"connector": "rest", "load": "snapshot"}
SQL = {"connector": "sql", "load": "snapshot", "env": "SHOP_URL"}
ENTITIES = {"tickets": {"path": "whole", "keys": ["id"]}}
ORDERS = {"orders": {"table": "web.orders", "keys": ["id"], "required": ["city"]}}


def failed(extract: Callable[[], Any]) -> Failure:
    """What an extract failed of."""
    with pytest.raises(ExtractError) as caught:
        extract()
    return classify(caught.value)


# --- An HTTP server


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A server that is asked once, and not for long: it is asked again by the task's next try."""
    monkeypatch.setattr(rest_reader, "_ATTEMPTS", 1)
    monkeypatch.setattr(rest_reader, "_TIMEOUT", 0.3)
    with Shop() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "headers", "kind", "action", "after"),
    [
        (500, {}, "server error", Action.AS_TOLD, None),
        (503, {"Retry-After": "90"}, "server error", Action.AS_TOLD, 90),
        (429, {"Retry-After": "120"}, "rate limited", Action.AS_TOLD, 120),
        (429, {}, "rate limited", Action.AS_TOLD, None),
        (401, {}, "credentials refused", Action.STOP, None),
        (403, {}, "not allowed", Action.STOP, None),
        (404, {}, "not found", Action.STOP, None),
        (422, {}, "refused", Action.STOP, None),
    ],
)
def test_what_an_interface_answers(
    land: Land,
    shop: Shop,
    status: int,
    headers: dict[str, str],
    kind: str,
    action: Action,
    after: int | None,
) -> None:
    shop.faults = [(status, headers, b"{}")] * 3
    failure = failed(lambda: land(day(15), **REST, location=shop.url, entities=ENTITIES))
    assert (failure.kind, failure.sign, failure.action) == (kind, f"HTTP {status}", action)
    assert failure.after == (None if after is None else timedelta(seconds=after))
    assert f"answered {status}" in failure.reason
    assert len(shop.at) == 1


def test_an_interface_that_hangs_or_hangs_up_or_is_not_there(land: Land, shop: Shop) -> None:
    done = threading.Event()
    # Kept from answering: the request's handler waits for the test to end.
    shop.RequestHandlerClass = type("Hangs", (shop.RequestHandlerClass,), {"do_GET": lambda _: done.wait(5)})
    try:
        failure = failed(lambda: land(day(15), **REST, location=shop.url, entities=ENTITIES))
    finally:
        done.set()
    assert (failure.kind, failure.action) == ("timed out", Action.WAIT)
    shop.RequestHandlerClass = type("HangsUp", (shop.RequestHandlerClass,), {"do_GET": lambda _: None})
    failure = failed(lambda: land(day(15), **REST, location=shop.url, entities=ENTITIES))
    assert (failure.kind, failure.action) == ("connection lost", Action.WAIT)
    nobody = f"http://127.0.0.1:{free_port()}"
    failure = failed(lambda: land(day(15), **REST, location=nobody, entities=ENTITIES))
    assert (failure.kind, failure.action) == ("connection lost", Action.WAIT)


# --- A PostgreSQL


@pytest.fixture
def table(server: str) -> Iterator[sa.Engine]:
    """A table of two rows, to be in each other's way."""
    engine = sa.create_engine(server.replace("postgresql:", "postgresql+psycopg:", 1))
    with engine.begin() as connection:
        connection.execute(sa.text("drop schema if exists failing cascade"))
        connection.execute(sa.text("create schema failing"))
        connection.execute(sa.text("create table failing.pair (id int primary key, n int)"))
        connection.execute(sa.text("insert into failing.pair values (1, 0), (2, 0)"))
    yield engine
    with engine.begin() as connection:
        connection.execute(sa.text("drop schema failing cascade"))
    engine.dispose()


def _add(connection: sa.Connection, row: int) -> None:
    connection.execute(sa.text("update failing.pair set n = n + 1 where id = :row"), {"row": row})


def test_a_deadlock_and_two_that_cannot_be_put_in_order(table: sa.Engine) -> None:
    found: list[BaseException] = []

    def other(one: sa.Connection) -> None:
        try:
            _add(one, 1)
        except sa.exc.DBAPIError as error:
            found.append(error)
            one.rollback()

    with table.connect() as first, table.connect() as second:
        _add(first, 1)
        _add(second, 2)
        waits = threading.Thread(target=other, args=(second,))
        waits.start()
        try:
            _add(first, 2)
        except sa.exc.DBAPIError as error:
            found.append(error)
            first.rollback()
        waits.join()
    (deadlock,) = found
    failure = classify(deadlock)
    assert (failure.kind, failure.sign, failure.action) == ("deadlock", "SQLSTATE 40P01", Action.AT_ONCE)

    serial = table.execution_options(isolation_level="REPEATABLE READ")
    with serial.connect() as first, serial.connect() as second:
        first.execute(sa.text("select n from failing.pair")).all()
        _add(second, 1)
        second.commit()
        with pytest.raises(sa.exc.DBAPIError) as caught:
            _add(first, 1)
    assert classify(caught.value).sign == "SQLSTATE 40001"
    assert classify(caught.value).kind == "deadlock"


@pytest.mark.parametrize(
    ("statement", "kind", "sign"),
    [
        ("select city from failing.pair", "schema changed", "SQLSTATE 42703"),
        ("select 1 from failing.gone", "schema changed", "SQLSTATE 42P01"),
        ("selec 1", "SQL wrong", "SQLSTATE 42601"),
        ("select 1 / n from failing.pair", "data wrong", "SQLSTATE 22012"),
        ("insert into failing.pair values (1, 1)", "data wrong", "SQLSTATE 23505"),
        ("set local statement_timeout = 20; select pg_sleep(5)", "timed out", "SQLSTATE 57014"),
        ("set local role pg_monitor; select * from failing.pair", "not allowed", "SQLSTATE 42501"),
    ],
)
def test_what_postgres_says_by_both_drivers(
    table: sa.Engine, server: str, statement: str, kind: str, sign: str
) -> None:
    with table.connect() as connection, pytest.raises(sa.exc.DBAPIError) as caught:
        connection.exec_driver_sql(statement).all()
    assert (classify(caught.value).kind, classify(caught.value).sign) == (kind, sign)
    if ";" not in statement:  # ADBC prepares, one statement at a time
        with (
            dbapi.connect(server) as by_adbc,
            by_adbc.cursor() as cursor,
            pytest.raises(dbapi.Error) as other,
        ):
            cursor.execute(statement).fetchall()
        assert (classify(other.value).kind, classify(other.value).sign) == (kind, sign)


@pytest.mark.parametrize("connect", [psycopg.connect, dbapi.connect], ids=["psycopg", "adbc"])
@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("s3cret%25pass", "wr0ng", "credentials refused"),
        ("/postgres", "/nowhere", "not found"),
        ("medallion:", "nobody:", "credentials refused"),
    ],
    ids=["password", "database", "login"],
)
def test_who_may_not_in(
    server: str, connect: Callable[[str], Any], before: str, after: str, kind: str
) -> None:
    base, _, query = server.partition("?")
    assert before in base
    with pytest.raises((psycopg.Error, dbapi.Error)) as caught:
        connect(base.replace(before, after) + ("?" + query if query else ""))
    assert (classify(caught.value).kind, classify(caught.value).action) == (kind, Action.STOP)


def test_a_lock_that_another_session_holds(table: sa.Engine) -> None:
    with table.connect() as holder, table.connect() as waiting:
        _add(holder, 1)
        waiting.execute(sa.text("set local lock_timeout = 20"))
        with pytest.raises(sa.exc.DBAPIError) as caught:
            _add(waiting, 1)
    assert (classify(caught.value).kind, classify(caught.value).sign) == ("locked", "SQLSTATE 55P03")


def test_a_server_that_is_stopped_while_it_is_read_and_before(
    land: Land, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Postgres(tmp_path) as server:
        monkeypatch.setenv("SHOP_URL", server.url)
        with psycopg.connect(server.url) as connection:
            server.stop()
            with pytest.raises(psycopg.Error) as caught:
                connection.execute("select 1")
        stopped = failed(lambda: land(day(15), **SQL, entities=ORDERS))
        assert classify(caught.value).kind == stopped.kind == "connection lost"
        assert stopped.action is Action.WAIT
        assert "s3cret" not in stopped.reason

        with pytest.raises(dbapi.Error) as refused:
            dbapi.connect(server.url)
        assert classify(refused.value).kind == "connection lost"

        server.start()
        with psycopg.connect(server.url) as connection:
            connection.execute("create schema web")
            gone = failed(lambda: land(day(15), **SQL, entities=ORDERS))
            connection.execute("create table web.orders (id int)")
            connection.commit()
        lacking = failed(lambda: land(day(15), **SQL, entities=ORDERS))
        assert (gone.kind, lacking.kind) == ("schema changed", "schema changed")
        assert "columns missing: city" in lacking.reason
