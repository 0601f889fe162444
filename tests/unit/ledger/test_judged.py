import pytest

from medallion.ledger import NodeRow, RunKey, open_ledger, tables
from medallion.ledger.judged import VALIDATION, Judged, judged_builds

KEY = RunKey("client_a_pipeline", "run_1")


@pytest.fixture
def book(tmp_path):
    return open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")


def build(book, layer, *nodes, key=KEY):
    build_id = book.start_build(key, layer, 1)
    book.add_results(key, build_id, [NodeRow(node, layer, "success") for node in nodes])
    return build_id


def judge(book, key=KEY, gate=VALIDATION):
    book.record(
        tables.verdict,
        key,
        [
            {"gate": gate, "layer": layer, "passed": 1, "score": 1.0, "threshold": 0.5, "detail": {}}
            for layer in ("bronze", "silver")
        ],
    )


def test_the_builds_of_the_last_results_are_what_was_judged(book):
    build(book, "bronze", "a")
    again = build(book, "bronze", "a", "b")
    silver = build(book, "silver", "c")
    build(book, "silver", "c", key=RunKey("client_a_pipeline", "run_2"))
    judge(book)
    assert judged_builds(book, KEY) == Judged(frozenset({again, silver}))


def test_a_build_after_quality_validation_is_told_though_its_layer_was_judged(book):
    build(book, "bronze", "a")
    judge(book)
    later = build(book, "bronze", "a")
    judge(book, gate="bronze")
    assert judged_builds(book, KEY) == Judged(frozenset({later}), later=frozenset({later}))
    judge(book)
    assert judged_builds(book, KEY) == Judged(frozenset({later}))
