"""The versions on a host's disk: mended where damaged, cleaned when nobody uses them."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from pathlib import Path

import pytest
from airflow.dag_processing.bundles.base import BundleVersionLock

from bundles import NORTH, SOUTH, age, away, change, files_below, found, on_disk, pinned, started


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
