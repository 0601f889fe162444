"""A clock that jumps while a run is in flight: what came first stays first."""

from datetime import datetime, timedelta

import pytest

from medallion.ledger import NodeRow, RunKey, open_ledger, requests, store, tables
from medallion.ledger.judged import VALIDATION, judged_builds
from medallion.ledger.turns import take_turn
from medallion.orchestration.outcome import Step, decide

KEY = RunKey("client_a_pipeline", "manual__1")
NOON = datetime(2026, 1, 15, 12)
JUMPS = pytest.mark.parametrize("hours", [-1, 1])


class Clock:
    """The machine's clock; a look at it takes a second."""

    def __init__(self):
        self.now = NOON

    def __call__(self):
        self.now += timedelta(seconds=1)
        return self.now

    def jump(self, hours):
        self.now += timedelta(hours=hours)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    for module in (store, requests):
        monkeypatch.setattr(module, "utcnow", clock)
    return clock


@pytest.fixture
def ledger(tmp_path):
    return open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")


def build(ledger, series=1, node="a", status="success"):
    number = ledger.start_build(KEY, "silver", series)
    ledger.add_results(KEY, number, [NodeRow(node, "silver", status)])
    ledger.end_build(number, "success")
    return number


def ask(ledger, since, task="a.run", try_number=2):
    asked = {"task_id": task, "try_number": try_number, "nodes": ["a"], "since": since}
    return requests.ask_for_rebuild(ledger, KEY, "silver", **asked)


def step(ledger, since):
    rows, builds = ledger.latest_results(KEY), ledger.builds(KEY)
    return decide(["a"], rows, builds, since=since, build_task="success").step


@JUMPS
def test_a_node_cleared_after_a_jump_is_built_again_and_never_green_by_the_old_result(ledger, clock, hours):
    build(ledger)
    clock.jump(hours)
    since = ask(ledger, clock())
    assert step(ledger, since) is Step.REBUILD
    assert requests.nodes_to_rebuild(ledger, KEY, "silver") == ["a"]
    build(ledger, series=0)
    assert step(ledger, since) is Step.SUCCEED
    assert requests.nodes_to_rebuild(ledger, KEY, "silver") == []


@JUMPS
def test_a_node_that_was_cleared_before_a_jump_is_built_once(ledger, clock, hours):
    build(ledger)
    since = ask(ledger, clock())
    clock.jump(hours)
    build(ledger, series=0)
    assert step(ledger, since) is Step.SUCCEED
    assert requests.nodes_to_rebuild(ledger, KEY, "silver") == []


def test_a_triggerer_that_was_restarted_after_a_jump_asks_for_what_it_asked_for(ledger, clock):
    build(ledger)
    clock.jump(-1)
    cleared = clock()
    since = ask(ledger, cleared)
    build(ledger, series=0)
    assert ask(ledger, cleared) == since
    assert step(ledger, since) is Step.SUCCEED


def test_a_build_that_began_between_the_clearing_and_the_asking_counts(ledger, clock):
    build(ledger)
    cleared = clock()
    build(ledger, series=2)
    assert step(ledger, ask(ledger, cleared)) is Step.SUCCEED


@JUMPS
def test_what_was_judged_after_a_jump_is_what_was_built_before_it(ledger, clock, hours):
    first = build(ledger)
    clock.jump(hours)
    judge(ledger)
    assert judged_builds(ledger, KEY).later == frozenset()
    clock.jump(-hours)
    second = build(ledger, series=0)
    assert judged_builds(ledger, KEY).later == {second}
    clock.jump(hours)
    judge(ledger)
    assert judged_builds(ledger, KEY).later == frozenset()
    assert first < second


def judge(ledger):
    verdict = {
        "gate": VALIDATION,
        "layer": "silver",
        "passed": 1,
        "score": 1.0,
        "threshold": 0.9,
        "detail": {},
    }
    ledger.record(tables.verdict, KEY, [verdict])


@JUMPS
def test_no_build_takes_less_than_no_time(ledger, clock, hours):
    number = ledger.start_build(KEY, "silver", 1)
    clock.jump(hours)
    ledger.end_build(number, "success")
    (row,) = ledger.rows_of(tables.build, KEY)
    assert row["finished_at"] >= row["started_at"]


@JUMPS
def test_runs_that_wait_for_a_turn_get_it_one_after_the_other(ledger, monkeypatch, hours):
    clock, at_work = Clock(), {"first", "second", "third"}
    monkeypatch.setattr("medallion.ledger.turns.utcnow", clock)

    def take(run_id):
        return take_turn(ledger, RunKey(KEY.dag_id, run_id), 1, at_work.__contains__)

    assert take("first") is None
    assert take("second") is not None
    clock.jump(hours)
    assert take("third") is not None
    served = []
    for ended in ("first", "second", "third"):
        at_work.discard(served[-1] if served else ended)
        served += [one for one in ("second", "third") if one in at_work and take(one) is None]
    assert sorted(served) == ["second", "third"]
