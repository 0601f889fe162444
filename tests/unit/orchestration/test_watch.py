import pytest
from sqlalchemy import insert

from medallion.ledger import Ledger, NodeRow, RunKey, open_ledger
from medallion.ledger.tables import node_result
from medallion.orchestration.outcome import Step, decide
from medallion.orchestration.watch import RunWatch

KEY = RunKey("client_a_pipeline", "manual__1")
NODES = ("a", "b")


def watch_of(ledger):
    return RunWatch(KEY, ledger, lambda _: {})


def outcome(watch):
    return decide(NODES, watch.rows, watch.builds, since=None, build_task="running")


def row(node, status="success"):
    return NodeRow(node, "silver", status)


def look(watch):
    watch._all_again = False  # as between two questions to Airflow
    watch._read_ledger()


def test_a_row_that_is_committed_after_a_later_one_is_not_passed_by(own_schema):
    """As two threads of one build write: the one that was numbered first commits last."""
    ledger = open_ledger(own_schema())
    build = ledger.start_build(KEY, "silver", 1)
    watch = watch_of(ledger)
    values = {"dag_id": KEY.dag_id, "run_id": KEY.run_id, "build_id": build, "node": "a", "layer": "silver"}
    with ledger.engine.begin() as slow:
        slow.execute(
            insert(node_result).values(
                **values, status="success", message="", log="", finished_at="2026-01-15"
            )
        )
        ledger.add_results(KEY, build, [row("b")])
        look(watch)
        assert set(watch.rows) == {"b"}
    ledger.end_build(build, "success")
    look(watch)
    assert set(watch.rows) == {"a", "b"}
    assert outcome(watch).step is Step.SUCCEED


class EndsMeanwhile(Ledger):
    """A ledger in which a build writes its last row and ends right after somebody has read rows."""

    build = 0

    def results_after(self, *args, **kwargs):
        found = super().results_after(*args, **kwargs)
        if self.build:
            build, self.build = self.build, 0
            self.add_results(KEY, build, [row("b")])
            self.end_build(build, "success")
        return found


def test_a_build_that_ends_between_two_reads_has_not_ended_without_its_last_row(tmp_path):
    ledger = EndsMeanwhile(open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}").engine)
    ledger.build = ledger.start_build(KEY, "silver", 1)
    ledger.add_results(KEY, ledger.build, [row("a")])
    watch = watch_of(ledger)
    look(watch)
    assert outcome(watch).step is Step.WAIT
    look(watch)
    assert outcome(watch).step is Step.SUCCEED


@pytest.mark.parametrize("again", ["success", "error"])
def test_the_last_row_of_a_node_counts_though_all_are_read_again(tmp_path, again):
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    watch = watch_of(ledger)
    for status in ("error", again):
        build = ledger.start_build(KEY, "silver", 1)
        ledger.add_results(KEY, build, [row("a", status)])
        look(watch)
        ledger.end_build(build, "retry")
    look(watch)
    assert watch.rows["a"].status == again
