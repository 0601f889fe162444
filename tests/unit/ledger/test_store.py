import sqlite3
from concurrent.futures import ThreadPoolExecutor

from medallion.ledger import NodeRow, RunKey, open_ledger, tables

KEY = RunKey("client_a_pipeline", "manual__1")
OTHER = RunKey("client_a_pipeline", "manual__2")


def ledger(tmp_path):
    return open_ledger(f"sqlite:///{tmp_path / 'deep' / 'ledger.db'}")


def test_the_last_result_of_a_node_counts_and_runs_stay_apart(tmp_path):
    book = ledger(tmp_path)
    first = book.start_build(KEY, "bronze", 1)
    book.add_results(KEY, first, [NodeRow("a", "bronze", "error", "boom"), NodeRow("b", "bronze", "success")])
    second = book.start_build(KEY, "bronze", 1)
    book.add_results(KEY, second, [NodeRow("a", "bronze", "success", rows=7)])
    latest = book.latest_results(KEY)
    assert {node: row.status for node, row in latest.items()} == {"a": "success", "b": "success"}
    assert latest["a"].rows == 7
    assert book.latest_results(OTHER) == {}


def test_only_good_results_of_a_series_spare_a_node_the_next_try(tmp_path):
    book = ledger(tmp_path)
    book.add_results(KEY, book.start_build(KEY, "bronze", 1), [NodeRow("a", "bronze", "success")])
    book.add_results(
        KEY,
        book.start_build(KEY, "bronze", 3),
        [NodeRow("b", "bronze", "pass"), NodeRow("c", "bronze", "fail")],
    )
    assert [row.node for row in book.results_after(KEY, good_of_series=3)] == ["b"]


def test_results_are_read_from_where_the_last_look_ended(tmp_path):
    book = ledger(tmp_path)
    build = book.start_build(KEY, "bronze", 1)
    book.add_results(KEY, build, [NodeRow("a", "bronze", "success")])
    seen = book.results_after(KEY)[-1].id
    book.add_results(KEY, build, [NodeRow("b", "bronze", "success")])
    assert [row.node for row in book.results_after(KEY, seen)] == ["b"]


def test_many_writers_lose_nothing(tmp_path):
    book = ledger(tmp_path)

    def write(number):
        build = book.start_build(KEY, "silver", 1)
        for node in range(20):
            book.add_results(KEY, build, [NodeRow(f"{number}.{node}", "silver", "success")])
        book.end_build(build, "success")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert len(book.latest_results(KEY)) == 160
    assert {build.state for build in book.builds(KEY)} == {"success"}


def test_starting_a_run_again_keeps_one_row(tmp_path):
    book = ledger(tmp_path)
    when = tables.run.c.interval_start.type.python_type(2026, 1, 15)
    values = {"client_id": "a", "interval_start": when, "interval_end": when}
    book.start_run(KEY, config_version="one", **values)
    book.start_run(KEY, config_version="two", **values)
    assert [row["config_version"] for row in book.rows_of(tables.run, KEY)] == ["two"]


def test_readers_do_not_wait_for_a_writer(tmp_path):
    book = ledger(tmp_path)
    book.start_build(KEY, "bronze", 1)
    writer = sqlite3.connect(tmp_path / "deep" / "ledger.db")
    writer.execute("begin immediate")
    assert len(book.builds(KEY)) == 1
    writer.rollback()
    writer.close()
