import gc
import weakref
from collections import deque
from types import SimpleNamespace

import pytest
from airflow.executors.workloads import RunTrigger
from airflow.jobs import triggerer_job_runner

from medallion.orchestration.light_triggers import AT_ONCE, NODE_TRIGGER, light, on_starting

BIG = {"dag": {"dag_id": "d", "tasks": ["x" * 500_000]}}


class Supervisor:
    """Builds as Airflow's does: each trigger with its DAG."""

    def __init__(self, waiting=0):
        self.creating_triggers = deque(range(waiting))

    def run_once(self):
        self.rounds = getattr(self, "rounds", 0) + 1

    def build_trigger_workloads(self, new_trigger_ids):
        return [
            RunTrigger(
                id=number,
                classpath=NODE_TRIGGER if number % 2 else "other.Trigger",
                encrypted_kwargs="x" * 400,
                dag_data=BIG,
                dag_run_data={"dag_id": "d"},
            )
            for number in sorted(new_trigger_ids)
        ]


@pytest.fixture
def supervisor():
    return light(Supervisor)()


def test_a_nodes_trigger_goes_without_its_dag_and_others_with_theirs(supervisor):
    other, ours = supervisor.build_trigger_workloads({3, 2})
    assert (ours.id, ours.classpath, ours.encrypted_kwargs) == (3, NODE_TRIGGER, "x" * 400)
    assert (ours.dag_data, ours.dag_run_data) == (None, None)
    assert (other.dag_data, other.dag_run_data) == (BIG, {"dag_id": "d"})


def test_no_more_go_at_once_than_a_socket_holds_and_the_oldest_first():
    asked = set(range(1, 500, 2))
    sent = light(Supervisor)().build_trigger_workloads(asked)
    assert [one.id for one in sent] == sorted(asked)[:AT_ONCE]
    assert len(light(Supervisor)(waiting=AT_ONCE - 3).build_trigger_workloads(asked)) == 3
    assert light(Supervisor)(waiting=AT_ONCE + 1).build_trigger_workloads(asked) == []


def test_a_triggerer_that_starts_has_it_once(monkeypatch):
    airflows = triggerer_job_runner.TriggerRunnerSupervisor
    monkeypatch.setattr(triggerer_job_runner, "TriggerRunnerSupervisor", airflows)
    on_starting(SimpleNamespace())  # a task
    assert triggerer_job_runner.TriggerRunnerSupervisor is airflows
    on_starting(SimpleNamespace(job_type=None))
    ours = triggerer_job_runner.TriggerRunnerSupervisor
    assert issubclass(ours, airflows)
    assert ours.build_trigger_workloads is not airflows.build_trigger_workloads
    on_starting(SimpleNamespace(job_type=None))
    assert triggerer_job_runner.TriggerRunnerSupervisor is ours


def test_cycles_that_requests_leave_are_swept_now_and_then(supervisor):
    class Left:
        def __init__(self):
            self.itself = self

    def is_left_by_a_round():
        left = weakref.ref(Left())
        supervisor.run_once()
        return left() is not None

    gc.disable()
    try:
        assert not is_left_by_a_round()
        assert is_left_by_a_round()  # a moment later: not yet again
    finally:
        gc.enable()
    assert supervisor.rounds == 2
