"""What Airflow reads: filled whole, and followed."""

from __future__ import annotations

import json
import multiprocessing
import runpy
import time

import pytest
from airflow.dag_processing.bundles.manager import DagBundlesManager

from bundles import NORTH, SOUTH, change, files_below, found, on_disk, pinned, started
from medallion.bundle import ClientBundle, client_path

FORK = multiprocessing.get_context("fork")


def test_airflows_configuration_makes_the_bundle(two, bundle_of, monkeypatch):
    version = started(bundle_of, two).get_current_version().version
    said = {
        "name": "clients",
        "classpath": "medallion.bundle.ClientBundle",
        "kwargs": {"platform": "default"},
    }
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps([said]))
    monkeypatch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
    bundle = DagBundlesManager().get_bundle("clients", version)
    bundle.initialize()
    assert (type(bundle), bundle.supports_versioning) == (ClientBundle, True)
    assert (bundle.path / NORTH).is_file()


def test_the_newest_version_is_there_and_follows_the_registry(two, bundle_of):
    bundle = started(bundle_of, two)
    assert files_below(bundle.path) == set(two.files.tree())
    path, version = bundle.path, bundle.get_current_version().version
    assert version == two.files.current()[1]
    assert change(two, "south", "Changed") != version
    assert bundle.get_current_version().version == version
    bundle.refresh()
    assert bundle.get_current_version().version == two.files.current()[1]
    assert "Changed" in found(bundle, SOUTH)
    assert bundle.path == path  # files wait in the dag-processor's queue by their path


def test_a_run_finds_the_version_that_it_began_with(two, bundle_of):
    first = two.files.current()[1]
    second = change(two, "south", "Changed")
    two.take_away(NORTH)
    bundle = started(bundle_of, two)
    assert not (bundle.path / NORTH).exists()
    assert "Changed" not in found(pinned(bundle_of, two, first), SOUTH)
    assert "Changed" in found(pinned(bundle_of, two, second), SOUTH)
    assert (pinned(bundle_of, two, first).path / NORTH).is_file()
    assert pinned(bundle_of, two, first).get_current_version().version == first


def test_the_last_client_may_go(two, bundle_of):
    bundle = started(bundle_of, two)
    two.take_away(*two.files.tree())
    bundle.refresh()
    assert bundle.get_current_version().version == "empty"
    assert not [path for path in files_below(bundle.path) if path.endswith(".py")]
    assert pinned(bundle_of, two, "empty").path.is_dir()


def test_a_bundle_without_clients_is_an_empty_folder(fleet, bundle_of):
    bundle = started(bundle_of, fleet)
    assert (bundle.get_current_version().version, files_below(bundle.path)) == ("empty", set())
    fleet.put("north")
    fleet.publish()
    bundle.refresh()
    assert NORTH in files_below(bundle.path)


def test_a_refresh_without_change_is_one_query(two, bundle_of):
    from sqlalchemy import event

    bundle, asked = started(bundle_of, two), []
    event.listen(two.registry.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    bundle.refresh()
    assert len(asked) == 1


@pytest.mark.slow
def test_several_processes_fill_and_follow_at_once(fleet, bundle_of, own_schema):
    object.__setattr__(fleet.settings, "database_url", own_schema())
    for number in range(20):
        fleet.put(f"client_{number}")
    versions = [fleet.publish().version]
    bundle_of(fleet)  # sets the environment that the processes inherit
    barrier = FORK.Barrier(5)

    def follow(_: int) -> None:
        barrier.wait()
        bundle = started(bundle_of, fleet)
        end = time.monotonic() + 60
        while (
            bundle.get_current_version().version != fleet.files.current()[1] or fleet.files.current()[0] < 8
        ):
            assert time.monotonic() < end
            bundle.refresh()
            version = bundle.get_current_version().version
            one = pinned(bundle_of, fleet, version)
            assert one._versions.is_whole(version)
            assert "DEFINITION" in found(one, client_path("client_0"))
            assert "client_dag(" in found(bundle, client_path("client_7"))

    processes = [FORK.Process(target=follow, args=(number,)) for number in range(4)]
    for process in processes:
        process.start()
    barrier.wait()
    for number in range(7):
        fleet.put(f"client_{number}", description="Changed")
        versions.append(fleet.publish().version)
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    bundle = started(bundle_of, fleet)
    assert on_disk(bundle) <= set(versions)
    assert files_below(bundle.path) - set(fleet.files.tree()) <= {
        path for path in files_below(bundle.path) if path.startswith("manifests/")
    }


def test_parsing_a_clients_file_asks_no_database(two, bundle_of, monkeypatch):
    file = started(bundle_of, two).path / NORTH

    def refuse(*_arguments, **_options):
        raise AssertionError("a DAG file asks a database")

    monkeypatch.setattr("sqlalchemy.engine.Engine.connect", refuse)
    monkeypatch.setattr("sqlalchemy.engine.Engine.raw_connection", refuse)
    made = runpy.run_path(str(file))
    assert made["dag"].dag_id == "client_north_pipeline"
