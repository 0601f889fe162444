"""Deliveries to a real PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from gold import Writer, build_gold
from medallion.clients import Destination
from medallion.exceptions import PublishError

pytestmark = pytest.mark.slow
Publish = Callable[..., Any]
SHELF = Destination(name="shelf", type="postgres", env="SHELF_URL")
BREAKS = "select case when range = 900 then error('the disk is on fire') else range end as n from range(1000)"
NEVER_ENDS = "select sum(a.range * b.range) as n from range(100000000) a, range(100000000) b"


@pytest.fixture
def consumer(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A session of the consumer's; the test's database is its own."""
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("drop database if exists shelf with (force)")
        admin.execute("create database shelf")
    url = server.rpartition("/")[0] + "/shelf"
    monkeypatch.setenv("SHELF_URL", url)
    with psycopg.connect(url, autocommit=True) as session:
        yield session


def _rows(consumer: psycopg.Connection, table: str, client: str = "acme") -> list[Any]:
    query = sql.SQL("select * from {} order by 1").format(sql.Identifier(client, table))
    return consumer.execute(query).fetchall()


def _numbers(consumer: psycopg.Connection, table: str, client: str = "acme") -> list[Any]:
    return [row[0] for row in _rows(consumer, table, client)]


def test_types_and_values_arrive_exactly(
    deliver: Publish, consumer: psycopg.Connection, tmp_path: Path
) -> None:
    value = """
        select 1::tinyint as tiny, 9007199254740993::bigint as big, sum(3::integer) as summed,
            12345678901234567.89::decimal(38,2) as money, 0.1::double as number, true as flag,
            'a,"b"\n☃' as words, '' as blank, null::varchar as nothing, date '2024-02-29' as day,
            timestamp '2026-01-15 23:59:59.123456' as at, timestamptz '2026-01-15 12:00:00+02' as instant,
            '\\x00\\xFF'::blob as bytes, 'b'::enum('a', 'b') as kind, time '23:59:59.5' as clock,
            'f47ac10b-58cc-4372-a567-0e02b2c3d479'::uuid as token, 255::utinyint as small
    """
    build_gold(tmp_path, "acme", {"daily": value})
    deliver(SHELF, "daily")
    (row,) = _rows(consumer, "daily")
    assert row[:6] == (1, 9007199254740993, 3, Decimal("12345678901234567.89"), 0.1, True)
    assert row[6:11] == ('a,"b"\n☃', "", None, date(2024, 2, 29), datetime(2026, 1, 15, 23, 59, 59, 123456))
    assert row[11].isoformat() in ("2026-01-15T10:00:00+00:00", "2026-01-15T11:00:00+01:00")
    assert row[12:14] == (b"\x00\xff", "b")
    assert (str(row[14]), *row[15:]) == ("23:59:59.500000", "f47ac10b-58cc-4372-a567-0e02b2c3d479", 255)
    types = consumer.execute(
        "select data_type, numeric_precision, numeric_scale from information_schema.columns "
        "where table_name = 'daily' and column_name in ('money', 'at', 'summed') order by column_name"
    ).fetchall()
    assert types == [("timestamp without time zone", None, None), ("numeric", 38, 2), ("numeric", 38, 0)]


def test_the_names_of_columns_stay_names_and_tables_have_plain_ones(
    deliver: Publish, consumer: psycopg.Connection, tmp_path: Path
) -> None:
    column = 'n" int); drop schema acme cascade; --'
    spelled = column.replace('"', '""')
    build_gold(tmp_path, "acme", {"daily": f'select 1 as "{spelled}", 2 as "order"'})
    for run_id in ("run_1", "run_2"):
        deliver(SHELF, "daily", run_id=run_id)
    assert _rows(consumer, "daily") == [(1, 2)]
    known = "select column_name from information_schema.columns where table_name = 'daily' order by 1"
    assert consumer.execute(known).fetchall() == [(column,), ("order",)]
    with pytest.raises(PublishError, match="must be lower-case letters, digits and underscores"):
        deliver(SHELF, column)


def test_a_delivery_says_what_and_where_but_not_the_login(
    deliver: Publish, consumer: psycopg.Connection, tmp_path: Path
) -> None:
    build_gold(
        tmp_path, "acme", {"daily": "select unnest([1, 2, 3]) as n", "none": "select 1 as n where false"}
    )
    delivery = deliver(SHELF, "daily", "none")
    info = consumer.info
    assert delivery.place == f"postgresql://{info.host}:{info.port}/shelf/acme"
    assert (dict(delivery.tables), delivery.notes) == ({"daily": 3, "none": 0}, ())
    assert delivery.bytes > 0
    assert _numbers(consumer, "daily") == [1, 2, 3]


def test_the_log_holds_a_run_once(deliver: Publish, consumer: psycopg.Connection, tmp_path: Path) -> None:
    build_gold(tmp_path, "acme", {"daily": "select 1 as n"})
    for run_id in ("run_1", "run_2", "run_2"):
        deliver(SHELF, "daily", run_id=run_id)
    log = consumer.execute(
        "select run_id, interval_start, config_version, table_name, row_count from acme._delivery order by 1"
    ).fetchall()
    start = datetime(2026, 1, 15)
    assert log == [(run_id, start, "abc123", "daily", 1) for run_id in ("run_1", "run_2")]


def test_what_is_no_longer_delivered_goes_and_other_tables_stay(
    deliver: Publish, consumer: psycopg.Connection, tmp_path: Path
) -> None:
    build_gold(tmp_path, "acme", {"daily": "select 1 as n", "former": "select 1 as n"})
    deliver(SHELF, "daily", "former")
    consumer.execute("create table acme.notes as select 'mine' as n")
    deliver(SHELF, "daily", run_id="run_2")
    consumer.execute("create table acme.former as select 'now mine' as n")
    deliver(SHELF, "daily", run_id="run_3")
    assert [_numbers(consumer, table) for table in ("daily", "notes", "former")] == [
        [1],
        ["mine"],
        ["now mine"],
    ]


def test_grants_views_and_indexes_stay_where_columns_do(
    deliver: Publish, consumer: psycopg.Connection, tmp_path: Path
) -> None:
    build_gold(tmp_path, "acme", {"daily": "select 1 as n, 2.50 as amount"})
    deliver(SHELF, "daily")
    consumer.execute("create view public.seen as select * from acme.daily")
    consumer.execute("create index daily_n on acme.daily (n)")
    consumer.execute("grant select on acme.daily to pg_monitor")
    build_gold(tmp_path, "acme", {"daily": "select 7 as n, 8.50 as amount"})
    delivery = deliver(SHELF, "daily", run_id="run_2")
    assert consumer.execute("select n from public.seen").fetchall() == [(7,)]
    granted = "select has_table_privilege('pg_monitor', 'acme.daily', 'select')"
    assert consumer.execute(granted).fetchone() == (True,)
    assert consumer.execute("select to_regclass('acme.daily_n')::text").fetchone() == ("acme.daily_n",)
    assert delivery.notes == ()


def test_rows_of_keys_that_did_not_change_are_not_touched(
    deliver: Publish, consumer: psycopg.Connection, tmp_path: Path
) -> None:
    days = [(date(2026, 1, day), day) for day in (1, 2, 3)]
    writer = Writer(tmp_path)
    writer.build(daily=days)
    deliver(SHELF, "daily")
    wrote = "select n, xmin::text from acme.daily order by n"
    before = consumer.execute(wrote).fetchall()
    writer.build(daily=[*days[:2], (date(2026, 1, 3), 4)])
    deliver(SHELF, "daily", run_id="run_2")
    after = consumer.execute(wrote).fetchall()
    assert (after[:2], after[2][0]) == (before[:2], 4)
    assert after[2][1] != before[2][1]


@pytest.mark.parametrize("now", ["select 'x' as n", "select 1 as n, 2 as m", "select 1 as m"])
def test_a_table_with_other_columns_is_replaced_and_that_is_said(
    deliver: Publish, consumer: psycopg.Connection, tmp_path: Path, now: str
) -> None:
    build_gold(tmp_path, "acme", {"daily": "select 1 as n"})
    deliver(SHELF, "daily")
    build_gold(tmp_path, "acme", {"daily": now})
    delivery = deliver(SHELF, "daily", run_id="run_2")
    assert delivery.notes == ("daily: its columns changed, so it was replaced; grants on it are gone",)
    assert len(_rows(consumer, "daily")) == 1


def test_a_view_on_a_table_to_be_replaced_is_named_and_nothing_changes(
    deliver: Publish, consumer: psycopg.Connection, tmp_path: Path
) -> None:
    build_gold(tmp_path, "acme", {"daily": "select 1 as n", "weekly": "select 1 as n"})
    deliver(SHELF, "daily", "weekly")
    consumer.execute("create view public.seen as select * from acme.daily")
    build_gold(tmp_path, "acme", {"daily": "select 2 as n, 2 as m", "weekly": "select 2 as n"})
    with pytest.raises(PublishError, match=r"(?s)acme_gold\.daily could not.*view seen depends on table"):
        deliver(SHELF, "daily", "weekly", run_id="run_2")
    assert [_numbers(consumer, table) for table in ("daily", "weekly")] == [[1], [1]]


def test_a_delivery_that_breaks_midway_leaves_the_last_good_one(
    deliver: Publish, consumer: psycopg.Connection, tmp_path: Path
) -> None:
    build_gold(tmp_path, "acme", {"daily": "select 1 as n", "former": "select 1 as n"})
    deliver(SHELF, "daily", "former")
    build_gold(tmp_path, "acme", {"daily": "select 2 as n", "new": "select 2 as n"}, {"boom": BREAKS})
    with pytest.raises(
        PublishError, match=r"(?s)^acme: shelf: acme_gold\.boom could not.*the disk is on fire"
    ):
        deliver(SHELF, "daily", "new", "boom", run_id="run_2")
    assert [_numbers(consumer, table) for table in ("daily", "former")] == [[1], [1]]
    assert consumer.execute("select to_regclass('acme.new')").fetchone() == (None,)


def test_a_source_that_counts_otherwise_than_its_copy_is_refused(
    deliver: Publish, consumer: psycopg.Connection, tmp_path: Path
) -> None:
    build_gold(tmp_path, "acme", {}, {"moving": "select 1 as n from range((1e5 * random())::bigint)"})
    with pytest.raises(PublishError, match=r"moving: \d+ rows were copied, gold has \d+"):
        deliver(SHELF, "moving")


KILLED = textwrap.dedent(
    """
    import sys
    from datetime import UTC, datetime
    from pathlib import Path

    from medallion.clients import Destination
    from medallion.publish import publish

    home = Path(sys.argv[1])
    run = {"run_id": "run_2", "interval_start": datetime(2026, 1, 16, tzinfo=UTC), "config_version": "x"}
    publish(
        "acme", Destination(name="shelf", type="postgres", env="SHELF_URL"), warehouse=home / "acme.duckdb",
        schema="acme_gold", tables=["daily", "endless"], root=home / "destinations", run=run,
    )
    """
)


def test_a_delivery_killed_midway_leaves_the_last_good_one(
    deliver: Publish, consumer: psycopg.Connection, tmp_path: Path
) -> None:
    build_gold(tmp_path, "acme", {"daily": "select 1 as n", "former": "select 1 as n"})
    deliver(SHELF, "daily", "former")
    build_gold(
        tmp_path, "acme", {"daily": "select range::integer as n from range(200000)"}, {"endless": NEVER_ENDS}
    )
    begun = "select count(*) from pg_stat_activity where query like 'create table%endless%'"
    with subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)]) as process:
        try:
            end = time.monotonic() + 30
            while consumer.execute(begun).fetchone() == (0,):
                assert process.poll() is None
                assert time.monotonic() < end
                time.sleep(0.02)
            assert _numbers(consumer, "daily") == [1]  # and is not kept waiting
        finally:
            process.kill()
    assert [_numbers(consumer, table) for table in ("daily", "former")] == [[1], [1]]
    deliver(SHELF, "daily", run_id="run_3", patience=30)
    assert len(_rows(consumer, "daily")) == 200_000


def test_a_reader_sees_one_delivery_in_all_tables(
    deliver: Publish, consumer: psycopg.Connection, tmp_path: Path
) -> None:
    build_gold(tmp_path, "acme", {"daily": "select 1 as n", "weekly": "select 1 as n"})
    deliver(SHELF, "daily", "weekly")
    consumer.execute("begin isolation level repeatable read")
    assert _numbers(consumer, "daily") == [1]
    build_gold(tmp_path, "acme", {"daily": "select 2 as n", "weekly": "select 2 as n"})
    deliver(SHELF, "daily", "weekly", run_id="run_2", patience=5)
    assert [_numbers(consumer, table) for table in ("daily", "weekly")] == [[1], [1]]
    consumer.execute("commit")
    assert [_numbers(consumer, table) for table in ("daily", "weekly")] == [[2], [2]]


def test_who_holds_a_table_to_be_replaced_is_named(
    deliver: Publish, consumer: psycopg.Connection, tmp_path: Path
) -> None:
    build_gold(tmp_path, "acme", {"daily": "select 1 as n"})
    deliver(SHELF, "daily")
    consumer.execute("set application_name = 'a dashboard'")
    consumer.execute("begin")
    assert _numbers(consumer, "daily") == [1]
    build_gold(tmp_path, "acme", {"daily": "select 'x' as n"})
    said = rf"in use by process {consumer.info.backend_pid} of medallion \(a dashboard\); waited 0 s"
    with pytest.raises(PublishError, match=said):
        deliver(SHELF, "daily", run_id="run_2", patience=0.3)
    consumer.execute("commit")
    assert _numbers(consumer, "daily") == [1]


def test_clients_deliver_at_once(deliver: Publish, consumer: psycopg.Connection, tmp_path: Path) -> None:
    clients = [f"client_{number}" for number in range(4)]
    for client in clients:
        build_gold(tmp_path, client, {"daily": "select range as n from range(5000)"})
    threads = [
        threading.Thread(target=deliver, args=[SHELF, "daily"], kwargs={"client": client})
        for client in clients
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(_rows(consumer, "daily", client)) for client in clients] == [5000] * 4


def test_a_role_that_owns_only_its_schema_can_deliver(
    deliver: Publish, consumer: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer.execute("drop role if exists loader")
    consumer.execute("create role loader login password 'loads'")
    consumer.execute("create schema acme authorization loader")
    info = consumer.info
    monkeypatch.setenv("SHELF_URL", f"postgres://loader:loads@{info.host}:{info.port}/shelf?sslmode=prefer")
    build_gold(tmp_path, "acme", {"daily": "select 1 as n"})
    deliver(SHELF, "daily")
    assert _numbers(consumer, "daily") == [1]
    build_gold(tmp_path, "globex", {"daily": "select 1 as n"})
    with pytest.raises(PublishError, match="permission denied for database"):
        deliver(SHELF, "daily", client="globex")


@pytest.mark.parametrize(
    "address", ["127.0.0.1:1/shelf", "{server}/shelf", "{server}/shelf?sslmode=top%20secret"]
)
def test_no_error_holds_the_password(
    deliver: Publish,
    consumer: psycopg.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
) -> None:
    place = address.format(server=f"{consumer.info.host}:{consumer.info.port}")
    monkeypatch.setenv("SHELF_URL", f"postgresql://medallion:top%20secret@{place}")
    build_gold(tmp_path, "acme", {"daily": "select 1 as n"})
    with pytest.raises(PublishError) as caught:
        deliver(SHELF, "daily")
    text = "".join(_chain(caught.value))
    assert "acme: shelf: postgresql://" in text
    assert "secret" not in text


def _chain(error: BaseException | None) -> Iterator[str]:
    """All texts that a traceback prints."""
    while error:
        yield repr(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_a_type_that_postgres_does_not_have_names_the_column(
    deliver: Publish, consumer: psycopg.Connection, tmp_path: Path
) -> None:
    build_gold(tmp_path, "acme", {"daily": "select [1, 2] as numbers"})
    with pytest.raises(PublishError, match=r"numbers is of type INTEGER\[\], which PostgreSQL does not have"):
        deliver(SHELF, "daily")
