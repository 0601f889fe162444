from datetime import datetime, timedelta

import pytest

from medallion.ledger import Build, NodeRow
from medallion.orchestration.outcome import Step, decide

T0 = datetime(2026, 1, 15, 12)


def at(seconds):
    return T0 + timedelta(seconds=seconds)


def row(status, built=0, message=""):
    return NodeRow("n", "silver", status, message, built_at=at(built))


def build(state, *, series=1, started=0, number=1):
    return Build(number, "silver", series, state, at(started))


def step(rows, builds, *, since=None, task="running", nodes=("n",)):
    return decide(list(nodes), rows, builds, since=since, build_task=task).step


def test_green_as_soon_as_every_row_is_good():
    assert step({"n": row("success")}, [build("running")]) is Step.SUCCEED
    assert step({"n": row("warn")}, [build("running")]) is Step.SUCCEED
    assert step({"n": row("pass")}, [build("running")], nodes=("n", "m")) is Step.WAIT


@pytest.mark.parametrize("state", ["running", "retry"])
def test_a_bad_row_waits_while_another_try_may_heal_it(state):
    assert step({"n": row("error")}, [build(state)]) is Step.WAIT


def test_red_once_the_build_has_failed_for_good():
    assert step({"n": row("error")}, [build("failed")]) is Step.FAIL
    assert step({}, [build("failed")]) is Step.FAIL


def test_red_when_the_build_ended_well_without_the_node():
    assert step({}, [build("success")]) is Step.FAIL


@pytest.mark.parametrize("state", ["failed", "upstream_failed", "skipped", "removed"])
def test_red_when_airflow_ended_the_build_and_it_could_say_nothing(state):
    assert step({}, [build("running")], task=state) is Step.FAIL
    assert step({}, [], task=state) is Step.FAIL


@pytest.mark.parametrize("state", [None, "scheduled", "queued", "running", "up_for_retry", "restarting"])
def test_nobody_gives_up_while_the_build_may_still_come(state):
    assert step({}, [build("running")], task=state) is Step.WAIT
    assert step({}, [], task=state) is Step.WAIT


def test_a_cleared_node_does_not_take_an_older_row():
    assert (
        step({"n": row("success", built=0)}, [build("success")], since=at(10), task="success") is Step.REBUILD
    )
    assert step({"n": row("success", built=0)}, [build("success")], since=at(10), task="running") is Step.WAIT
    assert step({"n": row("success", built=11)}, [], since=at(10)) is Step.SUCCEED


def test_a_layer_cleared_as_a_whole_is_built_by_its_own_task():
    builds = [build("failed"), build("running", started=11, number=2, series=2)]
    assert step({"n": row("error")}, builds, since=at(10), task="running") is Step.WAIT
    builds[1] = build("failed", started=11, number=2, series=2)
    assert step({"n": row("error", built=11)}, builds, since=at(10), task="failed") is Step.FAIL


def test_a_cleared_node_is_red_when_its_rebuild_ended_badly():
    builds = [build("success"), build("failed", series=0, started=11, number=2)]
    assert step({"n": row("error", built=11)}, builds, since=at(10), task="success") is Step.FAIL


def test_a_cleared_node_that_a_rebuild_of_others_left_out_asks_again():
    builds = [build("success"), build("success", series=0, started=11, number=2)]
    assert step({"n": row("success")}, builds, since=at(10), task="success") is Step.REBUILD


def test_the_reason_says_what_kept_it_from_being_built():
    said = decide(
        ["n"],
        {"n": row("skipped", message="not built: x ended error")},
        [build("failed")],
        since=None,
        build_task="failed",
    )
    assert said.reason == "not built: x ended error"
    unsaid = decide(["n"], {}, [], since=None, build_task="upstream_failed")
    assert "upstream_failed" in unsaid.reason
