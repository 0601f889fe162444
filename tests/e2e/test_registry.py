"""Clients come, change, go back and leave over REST, while runs of them are in flight; nothing is lost."""

import time

import pytest
import yaml
from endings import check_ending
from live_airflow import until
from runs import Runs
from shop import CLIENT, DAY, Shop

from medallion.embedded import EmbeddedAirflow
from medallion.embedded.environment import AirflowOptions
from medallion.pipeline import dag_id_of
from medallion.registry import open_registry
from servers import Postgres

pytestmark = pytest.mark.live
FACTORY = "medallion_factory"
PLATFORM = "north"
#: How long the registry is away; Airflow holds a DAG for stale after 50 s.
AWAY_SECONDS = 120
LIVE = ("steady", "heals")


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    with Postgres(tmp_path_factory.mktemp("registry")) as server:
        yield server


@pytest.fixture(scope="module")
def shop(tmp_path_factory, database):
    folder, platforms = tmp_path_factory.mktemp("registry_shop"), ("default", PLATFORM)
    return Shop(folder, clients=("steady", "heals", "clean", "held"), url=database.url, platforms=platforms)


@pytest.fixture(scope="module")
def airflow(shop):
    with EmbeddedAirflow(shop.settings, AirflowOptions()) as airflow:
        airflow.wait_for_dags([FACTORY, *map(dag_id_of, shop.clients)])
        yield airflow


@pytest.fixture(scope="module")
def registry(shop):
    return open_registry(shop.settings.database_url, "default")


class Factory:
    """A factory, asked over REST."""

    def __init__(self, client, dag_id=FACTORY):
        self.client = client
        self.dag_id = dag_id

    def ask(self, action="sync", client=None, **conf):
        """Ask for something; returns the state of the factory's run, and what it noted on its task."""
        asked = {"action": action, "why": f"a test asks for {action}", **conf}
        if client:
            asked["client"] = client
        run_id = self.client.trigger(self.dag_id, conf=asked)
        state = until(f"the factory to {action}", lambda: ended(self.client, self.dag_id, run_id), 300)
        return state, self.client.tasks(self.dag_id, run_id)["go_round"]["note"] or ""


def ended(client, dag_id, run_id):
    state = client.run(dag_id, run_id)["state"]
    return state if state in ("success", "failed") else None


def end_of(airflow, client, run_id, seconds=300):
    """Wait for a run of a client to end, and return its state."""
    return until(f"{run_id} to end", lambda: ended(airflow.client, dag_id_of(client), run_id), seconds)


@pytest.fixture
def factory(airflow):
    return Factory(airflow.client)


@pytest.fixture
def run(airflow):
    """Runs a client to its end, and returns the run's id and its state."""

    def whole(client):
        run_id = airflow.client.trigger(dag_id_of(client), DAY)
        return run_id, end_of(airflow, client, run_id)

    return whole


def config(threshold="0.5", **changes):
    """A client of the shop as an application would send it."""
    return {**yaml.safe_load(CLIENT.replace("{threshold}", threshold)), **changes}


def test_a_client_added_over_rest_runs_and_delivers(factory, shop, airflow, run, registry):
    shop.sell("fresh")
    shop.switch("fresh")
    state, note = factory.ask("put", "fresh", config=config())
    assert (state, "fresh" in note, "created" in note) == ("success", True, True)
    run_id, state = run("fresh")
    assert (state, shop.last_delivery("fresh")) == ("success", (run_id, 9))
    made = registry.history("fresh")[0]
    assert (made.origin, made.actor, made.why) == ("api", "admin", "a test asks for put")


def test_a_run_keeps_the_version_it_began_with_and_the_next_has_the_new_one(
    factory, shop, airflow, run, registry
):
    shop.switch("fresh", "wait")
    before = airflow.client.trigger(dag_id_of("fresh"), DAY)
    until("the model to wait", lambda: shop.builder("fresh"))
    assert factory.ask("put", "fresh", config=config("0.95"))[0] == "success"
    assert registry.configuration("fresh").revision == 2
    shop.go_on("fresh")
    assert end_of(airflow, "fresh", before) == "success"
    assert shop.last_delivery("fresh") == (before, 9)
    assert run("fresh")[1] == "failed"  # nine rows of ten are good
    assert shop.last_delivery("fresh") == (before, 9)


def test_a_rollback_brings_back_what_was_and_no_sync_undoes_it(factory, shop, run, registry):
    assert factory.ask("rollback", "fresh", revision=1)[0] == "success"
    run_id, state = run("fresh")
    assert (state, shop.last_delivery("fresh")) == ("success", (run_id, 9))
    state, note = factory.ask()
    assert (state, "fresh" in note) == ("success", False)  # unchanged
    assert registry.configuration("fresh").checksum == registry.history("fresh")[0].checksum


def test_whoever_looked_too_long_ago_is_told_and_nothing_changes(factory, registry):
    state, note = factory.ask("put", "fresh", config=config("0.7"), expected=1)
    assert (state, "changed meanwhile" in note) == ("failed", True)
    assert registry.configuration("fresh").revision == 3


def test_a_request_that_is_wrong_says_what_is_allowed(factory, registry):
    state, note = factory.ask("put", "wrong", config=config(destination="nowhere"))
    assert (state, "nowhere" in note, "data_warehouse" in note) == ("failed", True, True)
    assert registry.configuration("wrong") is None


def test_a_disabled_client_refuses_runs_until_it_is_enabled(factory, run, registry, airflow):
    assert factory.ask("disable", "heals")[0] == "success"
    run_id, state = run("heals")
    assert state == "failed"
    assert "heals is disabled" in airflow.client.log(dag_id_of("heals"), run_id, "closed")
    assert factory.ask("enable", "heals")[0] == "success"
    assert run("heals")[1] == "success"


def test_a_broken_file_fails_the_factory_alone_and_the_client_stays_live(factory, shop, run, registry):
    file = shop.settings.configs / "clients" / "steady.yml"
    good = file.read_text()
    file.write_text(good.replace("schedule_interval: 1d", "schedule_interval: sometimes"))
    state, note = factory.ask()
    assert (state, "steady" in note, "invalid" in note) == ("failed", True, True)
    mails = list((shop.settings.outbox / "default").glob("*.eml"))
    assert len(mails) == 1
    assert "schedule_interval" in mails[0].read_text()
    assert factory.ask()[0] == "failed"
    assert len(list((shop.settings.outbox / "default").glob("*.eml"))) == 1  # told once
    assert (run("steady")[1], run("fresh")[1]) == ("success", "success")
    assert registry.configuration("steady").revision == 1
    file.write_text(good)
    assert factory.ask()[0] == "success"
    assert shop.told("default") == [
        "[medallion] default: steady needs a look",
        "recovered: its clients are in order",
    ]


@pytest.mark.soak
def test_the_registry_can_go_away_and_no_dag_is_lost(airflow, database, run):
    dags = [FACTORY, *map(dag_id_of, LIVE)]
    database.stop()
    try:
        end = time.monotonic() + AWAY_SECONDS
        while time.monotonic() < end:
            airflow.check()
            assert [one for one in dags if (airflow.client.dag(one) or {"is_stale": True})["is_stale"]] == []
            time.sleep(2)
    finally:
        database.start()
    assert airflow.client.import_errors(airflow.state.started_at) == {}
    assert run("steady")[1] == "success"


@pytest.mark.faults
@pytest.mark.soak
def test_a_run_in_flight_outlives_the_registry_that_goes_away(airflow, database, shop):
    """Registry and ledger share the database: the build cannot say what it built, nor anybody what failed."""
    runs = Runs(shop, airflow)
    clean = runs.start("clean")
    check_ending(runs, "clean", [clean], like="clean")
    shop.switch("held", "wait")
    run_id = runs.start("held")
    runs.until_it_builds("held", run_id)
    database.stop()
    began = time.monotonic()
    try:
        shop.go_on("held")
        until(
            "the build to fail", lambda: try_of(airflow, "held", run_id, "silver.build")[0] == "up_for_retry"
        )
    finally:
        database.start()
    told = ["will try silver.build again: try 1 of 3 failed"]
    check_ending(runs, "held", [run_id], like="clean", told=told)
    print(f"{time.monotonic() - began:.1f} s after the fault the run had ended")


def try_of(airflow, client, run_id, task):
    found = airflow.client.tasks(dag_id_of(client), run_id)[task]
    return found["state"], found["try_number"]


@pytest.mark.soak
def test_another_platform_has_its_own_factory_and_its_own_clients(factory, shop, airflow, registry):
    shop.open("far", more=f"platform: {PLATFORM}\n")
    north = Factory(airflow.client, f"{PLATFORM}__{FACTORY}")
    state, note = factory.ask()
    assert (state, "far" in note) == ("success", False)
    state, note = north.ask()
    assert (state, "far" in note, "steady" in note) == ("success", True, False)
    dag_id = dag_id_of("far", PLATFORM)
    assert dag_id == "north__client_far_pipeline"
    run_id = airflow.client.trigger(dag_id, DAY)
    assert until("far to end", lambda: ended(airflow.client, dag_id, run_id), 300) == "success"
    assert shop.last_delivery("far") == (run_id, 9)
    assert registry.configuration("far") is None
    assert open_registry(shop.settings.database_url, PLATFORM).configuration("far").status == "active"
    assert airflow.client.dag(dag_id_of("far")) is None


def test_a_client_removed_with_a_run_in_flight_goes_once_that_has_ended(
    factory, shop, airflow, run, registry
):
    dag_id = dag_id_of("fresh")
    shop.switch("fresh", "wait")
    in_flight = airflow.client.trigger(dag_id, DAY)
    until("the model to wait", lambda: shop.builder("fresh"))
    state, note = factory.ask("remove", "fresh", forget=True)
    assert (state, "draining" in note, in_flight.replace("_", "\\_") in note) == ("success", True, True), note
    assert registry.configuration("fresh").status == "draining"
    late = airflow.client.trigger(dag_id, DAY)
    assert end_of(airflow, "fresh", late) == "failed"
    shop.go_on("fresh")
    assert end_of(airflow, "fresh", in_flight) == "success"
    assert shop.last_delivery("fresh") == (in_flight, 9)
    state, note = factory.ask()
    assert (state, "removed" in note) == ("success", True)
    until("the DAG to go", lambda: airflow.client.dag(dag_id) is None)
    assert registry.configuration("fresh").status == "removed"
    assert shop.told("fresh").count("is removed: it takes no new runs") == 1


def test_the_audit_log_tells_the_whole_story(registry):
    told = [(event.action, event.actor) for event in registry.events("fresh")]
    assert told == [
        ("created", "admin"),
        ("updated", "admin"),
        ("rolled back", "admin"),
        ("request refused", "admin"),
        ("draining", "admin"),
        ("forget", "admin"),
        ("removed", "medallion_factory"),
    ]
    assert [event.action for event in registry.events("heals")] == ["created", "disabled", "enabled"]
    reasons = [event.detail.get("why") for event in registry.events("fresh")]
    assert reasons[:3] == ["a test asks for put", "a test asks for put", "a test asks for rollback"]
    assert registry.events("fresh")[1].detail["changed"] == ["business_rules.quality_threshold.default"]
    refused = [(event.action, event.actor, event.detail["asked"]) for event in registry.events("wrong")]
    assert refused == [("request refused", "admin", "put")]
    steady = registry.events("steady")
    assert [event.action for event in steady] == ["created", "invalid", "in order"]
    assert "schedule_interval" in steady[1].detail["reason"]
