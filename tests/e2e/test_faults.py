"""What is killed in the middle of a run, on a live Airflow: the run ends as if nothing had happened.

Builds that are killed, and the triggerer, are in test_wrong_turns.py; a registry that goes away is in
test_registry.py; faults that need no Airflow are in tests/faults/.
"""

import os
import signal
import sqlite3
import time
from contextlib import ExitStack, closing

import duckdb
import pytest
from endings import check_ending, check_nobody_was_told_since
from filelock import FileLock
from live_airflow import until
from runs import Runs
from shifted_clock import ShiftedClock
from shop import Shop

from medallion.airflow_api.health import is_since
from medallion.embedded import EmbeddedAirflow
from medallion.embedded.environment import AirflowOptions
from medallion.embedded.processes import marked
from medallion.exceptions import RunnerError
from medallion.ledger import RunKey, tables
from medallion.pipeline import dag_id_of

pytestmark = [pytest.mark.live, pytest.mark.faults, pytest.mark.soak]

KILLED = ("scheduler", "api_server", "dag_processor", "runner", "extract", "publish", "gate")
CLIENTS = ("steady", *KILLED, "silent", "twice", "ahead", "back")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return Shop(tmp_path_factory.mktemp("faults"), clients=CLIENTS)


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    """The clock of all of Airflow's processes."""
    clock = ShiftedClock(tmp_path_factory.mktemp("clock"))
    with pytest.MonkeyPatch.context() as patched:
        for name, value in clock.environment.items():
            patched.setenv(name, value)
        yield clock


def start(shop):
    airflow = EmbeddedAirflow(shop.settings, AirflowOptions(parse_seconds=600))
    airflow.start()
    return airflow


@pytest.fixture(scope="module")
def run(shop, clock):
    """Runs on an Airflow; whoever ends that puts another one in its place."""
    run = Runs(shop, start(shop))
    run.airflow.wait_for_dags(map(dag_id_of, CLIENTS))
    yield run
    run.airflow.stop()


@pytest.fixture(scope="module", autouse=True)
def clean(run):
    """A run that nothing befell."""
    run_id = run.start("steady")
    check_ending(run, "steady", [run_id], like="steady")


class Fault:
    """A fault, from the moment it befell something; says (``-rP``) how long it took until that was well."""

    def __init__(self, run):
        self.run = run

    def befell(self):
        self.at, self.began = time.time(), time.monotonic()

    def is_over(self, what):
        print(f"{time.monotonic() - self.began:.1f} s after the fault {what}")

    def wait_for(self, part, killed):
        """Wait until a part of Airflow is another process, and one that works."""
        until(f"the {part}", lambda: self.run.airflow.state.pids.get(part) not in (None, killed))
        until(f"the {part} to be healthy", lambda: self._is_healthy(part.replace("-", "_")))
        self.is_over(f"the {part} worked again")

    def _is_healthy(self, part):
        try:
            health = self.run.airflow.client.health()
        except RunnerError:
            return False
        return part == "api_server" or is_since(health[part][f"latest_{part}_heartbeat"], self.at)

    def ended_well(self, client, *run_ids, told=()):
        check_ending(self.run, client, run_ids, like="steady", told=told)
        self.is_over("the run had ended")


@pytest.fixture
def fault(run):
    return Fault(run)


def kill_while_it_builds(run, fault, client, part):
    """Start a run, and kill a part of Airflow while the run builds; returns the run and what was killed."""
    run.shop.switch(client, "wait")
    run_id = run.start(client)
    builder = run.until_it_builds(client, run_id)
    killed = run.airflow.kill(part)
    fault.befell()
    return run_id, builder, killed


def told_of(task):
    """What people are told of a task that is killed once, and then goes well."""
    return [f"will try {task} again: try 1 of 3 failed", f"recovered: {task}"]


def test_a_scheduler_that_is_killed_takes_its_tasks_along_and_goes_on_with_them(run, shop, fault):
    run_id, builder, killed = kill_while_it_builds(run, fault, "scheduler", "scheduler")
    until("the build to go with its scheduler", lambda: not builder.is_running())
    shop.switch("scheduler")
    fault.wait_for("scheduler", killed)
    fault.ended_well("scheduler", run_id, told=told_of("silver.build"))
    assert tries(run, "scheduler", run_id, "silver.build") == [(1, "killed", True)]
    assert run.airflow.state.restarts["scheduler"] == 1


def test_an_extract_that_is_killed_before_it_could_say_what_it_landed_lands_it_once(run, shop, fault):
    run_id = run.start("extract")
    key = RunKey(dag_id_of("extract"), run_id)
    until("start to have written the run down", lambda: shop.ledger.rows_of(tables.run, key), 60)
    with held_ledger(shop):
        landed = shop.settings.landing / "extract" / "shop"
        until("both entities to have landed", lambda: len(list(landed.rglob("*.parquet"))) == 2, 60)
        until("it to wait", lambda: run.process_of("extract", run_id, "extract_shop"), 60).kill()
        fault.befell()
    fault.ended_well("extract", run_id, told=told_of("extract_shop"))
    assert tries(run, "extract", run_id, "extract_shop") == [(1, "killed", True)]


def test_a_load_that_is_killed_before_it_could_say_what_it_delivered_delivers_it_once(run, shop, fault):
    run_id, load = run.start("publish"), "load_to_data_warehouse"
    with ExitStack() as ledger:
        with FileLock(shop.settings.destinations / "data_warehouse.duckdb.lock"):
            until("the load to wait for its destination", lambda: run.process_of("publish", run_id, load))
            ledger.enter_context(held_ledger(shop))
        until("the delivery", lambda: is_delivered(shop, "publish"), 60)
        run.process_of("publish", run_id, load).kill()
        fault.befell()
    fault.ended_well("publish", run_id, told=told_of(load))
    assert tries(run, "publish", run_id, load) == [(1, "killed", True)]


def test_a_gate_that_is_killed_before_it_could_say_its_verdict_judges_again(run, shop, fault):
    run_id = run.start("gate")
    until(
        "silver to be built",
        lambda: ("silver", "success") in [one[:2] for one in shop.builds("gate", run_id)],
    )
    with held_ledger(shop):
        process = until("the gate to run", lambda: run.process_of("gate", run_id, "silver.gate"), 120)
        process.kill()
        fault.befell()
    fault.ended_well("gate", run_id, told=told_of("silver.gate"))
    assert tries(run, "gate", run_id, "silver.gate") == [(1, "killed", True)]


def test_an_api_server_that_is_killed_is_waited_for(run, shop, fault):
    run_id, _, killed = kill_while_it_builds(run, fault, "api_server", "api-server")
    shop.go_on("api_server")  # the build ends while there is nobody it could tell
    fault.wait_for("api-server", killed)
    fault.ended_well("api_server", run_id)
    assert tries(run, "api_server", run_id, "silver.build") == []


def test_a_dag_processor_that_is_killed_keeps_no_run_from_going_on(run, shop, fault):
    run_id, _, killed = kill_while_it_builds(run, fault, "dag_processor", "dag-processor")
    shop.go_on("dag_processor")
    fault.wait_for("dag-processor", killed)
    fault.ended_well("dag_processor", run_id)


def test_people_are_told_of_a_killed_build_by_a_dag_processor_that_was_killed_as_well(run, shop, fault):
    """Where a task is killed the dag-processor tells of it in its place."""
    run_id, builder, _ = kill_while_it_builds(run, fault, "silent", "dag-processor")
    builder.kill()
    shop.switch("silent")
    fault.ended_well("silent", run_id, told=told_of("silver.build"))


def test_two_runs_of_one_client_at_once_take_turns(run, fault):
    fault.befell()
    fault.ended_well("twice", run.start("twice"), run.start("twice"))


def test_a_clock_that_jumps_ahead_by_an_hour_costs_a_try_at_most(run, shop, clock, fault):
    shop.switch("ahead", "wait")
    run_id = run.start("ahead")
    run.until_it_builds("ahead", run_id)
    clock.jump(1)
    fault.befell()
    shop.go_on("ahead")
    run.end("ahead", run_id)
    lost = tries(run, "ahead", run_id, "silver.build")
    assert lost in ([], [(1, "killed", True)])
    fault.ended_well("ahead", run_id, told=told_of("silver.build") if lost else ())


def test_a_clock_that_jumps_back_by_an_hour_makes_a_run_wait_for_it(run, shop, clock, fault):
    """What runs goes on; Airflow starts no task of a run that was asked for in the future."""
    clock.jump(1)
    shop.switch("back", "wait")
    run_id = run.start("back")
    run.until_it_builds("back", run_id)
    clock.jump(0)
    shop.go_on("back")
    until("the build to end", lambda: state_of(run, "back", run_id, "silver.build") == "success", 60)
    assert state_of(run, "back", run_id, "silver.gate") is None
    clock.jump(1)  # an hour later
    fault.befell()
    fault.ended_well("back", run_id)
    assert tries(run, "back", run_id, "silver.build") == []


def test_a_supervisor_that_is_killed_takes_all_along_and_the_next_one_goes_on(run, shop, fault):
    shop.switch("runner", "wait")
    run_id = run.start("runner")
    run.until_it_builds("runner", run_id)
    before = run.airflow.state
    os.kill(before.supervisor.pid, signal.SIGKILL)
    fault.befell()
    until("all its processes to end", lambda: not marked(before.mark))
    shop.switch("runner")
    run.airflow.stop()
    run.airflow = start(shop)
    fault.is_over("Airflow was started again")
    fault.ended_well("runner", run_id, told=told_of("silver.build"))


def test_nobody_was_told_of_anything_else_in_the_end(run):
    check_nobody_was_told_since(run)


def tries(run, client, run_id, task):
    return run.shop.failed_tries(client, run_id, task)


def state_of(run, client, run_id, task):
    return run.airflow.client.tasks(dag_id_of(client), run_id)[task]["state"]


def is_delivered(shop, client):
    try:
        return shop.last_delivery(client)
    except duckdb.IOException:  # it is being written
        return None


def held_ledger(shop):
    """The ledger, held by another writer until it is closed: nobody else can write to it."""
    ledger = sqlite3.connect(shop.settings.home / "registry.db", timeout=30, isolation_level=None)
    ledger.execute("begin immediate")
    return closing(ledger)
