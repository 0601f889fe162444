"""What Airflow reads: filled whole, kept while the registry is away, mended, cleaned."""

from __future__ import annotations

import fcntl
import importlib.machinery
import importlib.util
import json
import logging
import multiprocessing
import os
import shutil
import sys
import time
from pathlib import Path

import pytest
from airflow.dag_processing.bundles.base import BundleVersionLock
from airflow.dag_processing.bundles.manager import DagBundlesManager

from medallion.bundle import ClientBundle, client_path
from medallion.exceptions import RegistryError
from medallion.registry import FileChange
from servers import Postgres

FORK = multiprocessing.get_context("fork")
NORTH, SOUTH = client_path("north"), client_path("south")


@pytest.fixture
def two(fleet):
    """A fleet of two clients, published."""
    fleet.put("north")
    fleet.put("south")
    fleet.publish()
    return fleet


def pinned(bundle_of, fleet, version):
    bundle = bundle_of(fleet, version)
    bundle.initialize()
    return bundle


def started(bundle_of, fleet, **kwargs):
    bundle = bundle_of(fleet, **kwargs)
    bundle.initialize()
    return bundle


def change(fleet, client_id, description):
    fleet.put(client_id, description=description)
    return fleet.publish().version


def found(bundle, path):
    return (bundle.path / path).read_text()


def files_below(folder):
    return {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and file.name != ".tree.json"
    }


def away(fleet):
    """Take the registry away: its file is not one of a database any more."""
    path = Path(fleet.settings.database_url.removeprefix("sqlite:///"))
    shutil.move(path, path.with_suffix(".away"))
    for more in ("-wal", "-shm"):
        path.with_name(path.name + more).unlink(missing_ok=True)
    path.mkdir()


def back(fleet):
    path = Path(fleet.settings.database_url.removeprefix("sqlite:///"))
    path.rmdir()
    shutil.move(path.with_suffix(".away"), path)


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


def test_only_what_changed_is_younger(two, bundle_of):
    bundle = started(bundle_of, two)
    before = {path: (bundle.path / path).stat().st_mtime_ns for path in two.files.tree()}
    version = change(two, "south", "Changed")
    bundle.refresh()
    after = {path: (bundle.path / path).stat().st_mtime_ns for path in two.files.tree()}
    assert {path for path in after if after[path] != before[path]} == {SOUTH}
    assert after[SOUTH] > before[SOUTH]
    folder = bundle.versions_dir / version
    assert (folder / NORTH).stat().st_ino == (bundle.path / NORTH).stat().st_ino


def test_what_was_live_before_is_read_again(two, bundle_of):
    bundle = started(bundle_of, two)
    first = bundle.get_current_version().version
    change(two, "south", "Changed")
    bundle.refresh()
    read_at = time.time_ns()
    change(two, "south", "A shop")
    bundle.refresh()
    assert bundle.get_current_version().version == first
    assert (bundle.path / SOUTH).stat().st_mtime_ns >= read_at
    assert (bundle.path / NORTH).stat().st_mtime_ns < read_at


def test_a_version_that_a_task_had_first_is_read_all_the_same(two, bundle_of):
    bundle = started(bundle_of, two)
    version = change(two, "south", "Changed")
    pinned(bundle_of, two, version)
    started(bundle_of, two)  # as a command of Airflow's would
    time.sleep(0.01)
    read_at = time.time_ns()
    bundle.refresh()
    assert (bundle.path / SOUTH).stat().st_mtime_ns >= read_at


def test_a_file_that_was_being_read_when_it_changed_is_read_again(two, bundle_of):
    bundle = started(bundle_of, two)
    done = FORK.Event()
    reader = FORK.Process(target=done.wait)
    reader.start()
    change(two, "south", "Changed")
    bundle.refresh()
    touched = (bundle.path / SOUTH).stat().st_mtime_ns
    bundle.refresh()
    assert (bundle.path / SOUTH).stat().st_mtime_ns == touched
    done.set()
    reader.join()
    read_at = time.time_ns()
    bundle.refresh()
    bundle.refresh()
    assert (bundle.path / SOUTH).stat().st_mtime_ns >= read_at
    assert (bundle.path / NORTH).stat().st_mtime_ns < touched
    settled = (bundle.path / SOUTH).stat().st_mtime_ns
    bundle.refresh()
    assert (bundle.path / SOUTH).stat().st_mtime_ns == settled


def test_a_child_that_was_there_before_reads_no_files(two, bundle_of):
    done = FORK.Event()
    other = FORK.Process(target=done.wait)
    other.start()
    try:
        bundle = started(bundle_of, two)
        change(two, "south", "Changed")
        bundle.refresh()
        touched = (bundle.path / SOUTH).stat().st_mtime_ns
        done.set()
        other.join()
        bundle.refresh()
        bundle.refresh()
        assert (bundle.path / SOUTH).stat().st_mtime_ns == touched
    finally:
        done.set()
        other.join()


def test_what_python_compiled_of_the_file_before_is_not_read(fleet, bundle_of, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    first, second = (FileChange("space/one.py", b"VALUE = " + value) for value in (b"1", b"2"))
    fleet.files.change([first])
    bundle = started(bundle_of, fleet)
    file = bundle.path / "space" / "one.py"
    assert imported(file).VALUE == 1
    assert list((file.parent / "__pycache__").iterdir())
    before = file.stat().st_mtime
    fleet.files.change([second])
    bundle.refresh()
    os.utime(file, (before, before))  # as if both had been written in one second
    assert imported(file).VALUE == 2


def imported(file):
    loader = importlib.machinery.SourceFileLoader("one", str(file))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("one", loader))
    loader.exec_module(module)
    return module


def test_a_refresh_without_change_is_one_query(two, bundle_of):
    from sqlalchemy import event

    bundle, asked = started(bundle_of, two), []
    event.listen(two.registry.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    bundle.refresh()
    assert len(asked) == 1


def test_while_the_registry_is_away_all_stays_as_it_is_and_is_said_once(two, bundle_of, caplog):
    bundle = started(bundle_of, two)
    before = {path: found(bundle, path) for path in two.files.tree()}
    away(two)
    with caplog.at_level(logging.WARNING, "medallion"):
        for _ in range(3):
            bundle._next_try = 0.0
            bundle.refresh()
    said = [record.getMessage() for record in caplog.records if "registry is away" in record.getMessage()]
    assert (len(said), bundle.get_current_version().version in said[0]) == (1, True)
    assert {path: found(bundle, path) for path in before} == before
    restarted = started(bundle_of, two)
    assert files_below(restarted.path) == set(before)
    assert restarted.get_current_version().version == bundle.get_current_version().version
    pinned(bundle_of, two, bundle.get_current_version().version)
    back(two)
    change(two, "south", "Changed")
    for one in (bundle, restarted):
        one._next_try = 0.0
        one.refresh()
        assert "Changed" in found(one, SOUTH)


def test_a_host_that_never_had_a_version_says_so(two, bundle_of):
    away(two)
    with pytest.raises(RegistryError, match="no version of the bundle is here"):
        started(bundle_of, two)
    with pytest.raises(Exception, match="unable to open database"):
        pinned(bundle_of, two, "0123456789abcdef")


def test_a_registry_that_answers_late_is_not_asked_each_time(two, bundle_of, monkeypatch):
    bundle = started(bundle_of, two)
    asked = []

    def late():
        asked.append(1)
        time.sleep(0.2)
        raise TimeoutError

    monkeypatch.setattr(bundle, "_files", late)
    bundle.refresh()
    bundle.refresh()
    assert len(asked) == 1


def test_a_database_without_any_version_takes_nothing_away(two, bundle_of, caplog, tmp_path):
    bundle = started(bundle_of, two)
    object.__setattr__(two.settings, "database_url", f"sqlite:///{tmp_path / 'another.db'}")
    again = started(bundle_of, two)
    bundle.refresh()
    assert (bundle.path / NORTH).is_file()
    assert files_below(again.path) == files_below(bundle.path)
    assert "another one?" in caplog.text


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


@pytest.mark.parametrize(
    "damage", ["missing", "short", "other", "no listing", "half a listing", "another listing"]
)
def test_a_damaged_version_is_mended(two, bundle_of, damage):
    version = started(bundle_of, two).get_current_version().version
    whole = {path: found(pinned(bundle_of, two, version), path) for path in two.files.tree()}
    folder = pinned(bundle_of, two, version).path
    break_it(folder, damage)
    mended = pinned(bundle_of, two, version)
    assert {path: found(mended, path) for path in whole} == whole
    assert files_below(folder) == set(whole)
    assert json.loads((folder / ".tree.json").read_text()) == two.files.tree()


def break_it(folder, damage):
    file, listing = folder / SOUTH, folder / ".tree.json"
    if damage == "missing":
        file.unlink()
    elif damage == "no listing":
        listing.unlink()
    elif damage == "half a listing":
        listing.write_text(listing.read_text()[:40])
    elif damage == "another listing":
        listing.write_text("{}")
    else:
        content = file.read_bytes()
        file.chmod(0o644)
        # In place, so that whatever is linked to it is damaged, too.
        file.write_bytes(content[:50] if damage == "short" else content.replace(b"shop", b"shoq"))


def test_what_is_live_and_damaged_is_mended_without_the_registry(two, bundle_of):
    bundle = started(bundle_of, two)
    good = found(bundle, NORTH)
    (bundle.path / NORTH).unlink()
    (bundle.path / "clients" / "stray.py").write_text("from airflow import DAG")
    away(two)
    again = started(bundle_of, two)
    assert found(again, NORTH) == good
    assert not (again.path / "clients" / "stray.py").exists()


def test_damage_does_not_spread_to_the_next_version(two, bundle_of):
    bundle = started(bundle_of, two)
    break_it(bundle.path.parent / "versions" / bundle.get_current_version().version, "other")
    change(two, "north", "Changed")
    bundle.refresh()
    assert "shoq" not in found(bundle, SOUTH)


def test_versions_that_nobody_uses_go_and_can_be_had_again(two, bundle_of):
    bundle = started(bundle_of, two)
    first = bundle.get_current_version().version
    second = change(two, "south", "Second")
    bundle.refresh()
    third = change(two, "south", "Third")
    for version in (first, second):
        age(bundle, version)
    pinned(bundle_of, two, second)  # used again
    bundle.refresh()
    assert on_disk(bundle) == {second, third}
    assert "Second" not in found(pinned(bundle_of, two, first), SOUTH)


def test_a_version_that_a_task_runs_with_stays(two, bundle_of):
    bundle = started(bundle_of, two)
    first = bundle.get_current_version().version
    with BundleVersionLock("clients", first):
        age(bundle, first)
        change(two, "south", "Second")
        bundle.refresh()
        assert first in on_disk(bundle)
    third = change(two, "south", "Third")
    bundle.refresh()
    assert first not in on_disk(bundle)
    assert third in on_disk(bundle)
    assert not (bundle.versions_dir.parents[1] / "_tracking" / "clients" / first).exists()


def test_the_newest_version_stays_however_old_it_is(two, bundle_of):
    bundle = started(bundle_of, two)
    first = bundle.get_current_version().version
    age(bundle, first)
    started(bundle_of, two)
    assert on_disk(bundle) == {first}


def test_what_was_left_half_made_goes(two, bundle_of):
    bundle = started(bundle_of, two)
    left = bundle.versions_dir / ".filling-left"
    left.mkdir()
    os.utime(left, (1, 1))
    change(two, "south", "Second")
    bundle.refresh()
    assert not left.exists()


def age(bundle, version):
    os.utime(bundle.versions_dir / version / ".tree.json", (1, 1))


def on_disk(bundle):
    return {folder.name for folder in bundle.versions_dir.iterdir()}


def test_a_disk_without_links_gets_copies_of_the_same_age(two, bundle_of, monkeypatch):
    def no_links(*_):
        raise OSError("no links here")

    bundle = started(bundle_of, two)
    monkeypatch.setattr(os, "link", no_links)
    before = (bundle.path / NORTH).stat().st_mtime_ns
    version = change(two, "south", "Changed")
    bundle.refresh()
    assert (bundle.versions_dir / version / NORTH).stat().st_mtime_ns == before


def test_a_full_disk_keeps_what_is_live(two, bundle_of, monkeypatch):
    bundle = started(bundle_of, two)
    version = bundle.get_current_version().version
    change(two, "south", "Changed")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    bundle.refresh()
    monkeypatch.undo()
    assert bundle.get_current_version().version == version
    assert "Changed" not in found(bundle, SOUTH)
    assert on_disk(bundle) == {version}


def test_several_processes_fill_and_follow_at_once(fleet, bundle_of, database):
    object.__setattr__(fleet.settings, "database_url", database)
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


def test_the_registrys_postgres_may_go_and_come_back(fleet, bundle_of, tmp_path):
    with Postgres(tmp_path) as server:
        object.__setattr__(fleet.settings, "database_url", server.url)
        fleet.put("north")
        fleet.publish()
        bundle = started(bundle_of, fleet)
        version = bundle.get_current_version().version
        server.stop()
        bundle.refresh()
        assert (bundle.get_current_version().version, (bundle.path / NORTH).is_file()) == (version, True)
        assert pinned(bundle_of, fleet, version).path.is_dir()
        server.start()
        after = change(fleet, "north", "Changed")
        bundle._next_try = 0.0
        bundle.refresh()
        assert bundle.get_current_version().version == after
        fleet.registry.engine.dispose()


def test_a_version_being_cleaned_is_locked_against_a_task_that_begins(two, bundle_of, monkeypatch):
    bundle = started(bundle_of, two)
    first = bundle.get_current_version().version
    with BundleVersionLock("clients", first):
        pass
    age(bundle, first)
    change(two, "south", "Second")
    tracking = bundle.versions_dir.parents[1] / "_tracking" / "clients" / first
    seen = []

    def look(folder, **_):
        if first in str(folder) and tracking.exists():
            with tracking.open() as file, pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            seen.append(folder)

    monkeypatch.setattr(shutil, "rmtree", look)
    bundle.refresh()
    assert seen
