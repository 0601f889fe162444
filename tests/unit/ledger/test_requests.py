from datetime import timedelta

from medallion.database import utcnow
from medallion.ledger import NodeRow, RunKey, open_ledger
from medallion.ledger.requests import ask_for_rebuild, nodes_to_rebuild

KEY = RunKey("client_a_pipeline", "manual__1")


def ledger(tmp_path):
    return open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")


def ask(book, task, *nodes, since=None):
    asked = {"task_id": task, "try_number": 2, "nodes": nodes, "since": since or utcnow()}
    return ask_for_rebuild(book, KEY, "silver", **asked)


def test_cleared_nodes_are_gathered_once_each(tmp_path):
    book = ledger(tmp_path)
    ask(book, "a.run", "a")
    ask(book, "a.test", "t1", "t2")
    ask(book, "a.run", "a")
    assert nodes_to_rebuild(book, KEY, "silver") == ["a", "t1", "t2"]
    assert nodes_to_rebuild(book, KEY, "gold") == []


def test_a_result_from_before_the_clearing_answers_nothing(tmp_path):
    book = ledger(tmp_path)
    book.add_results(KEY, book.start_build(KEY, "silver", 1), [NodeRow("a", "silver", "success")])
    ask(book, "a.run", "a", since=utcnow() + timedelta(seconds=1))
    assert nodes_to_rebuild(book, KEY, "silver") == ["a"]


def test_a_result_of_a_build_that_started_since_answers_good_or_bad(tmp_path):
    book = ledger(tmp_path)
    ask(book, "a.run", "a", since=utcnow() - timedelta(seconds=1))
    book.add_results(KEY, book.start_build(KEY, "silver", 0), [NodeRow("a", "silver", "error")])
    assert nodes_to_rebuild(book, KEY, "silver") == []
