"""What changed is read again by Airflow, and nothing else."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import multiprocessing
import os
import sys
import time

from bundles import NORTH, SOUTH, change, pinned, started
from medallion.registry import FileChange

FORK = multiprocessing.get_context("fork")


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


def test_a_disk_without_links_gets_copies_of_the_same_age(two, bundle_of, monkeypatch):
    def no_links(*_):
        raise OSError("no links here")

    bundle = started(bundle_of, two)
    monkeypatch.setattr(os, "link", no_links)
    before = (bundle.path / NORTH).stat().st_mtime_ns
    version = change(two, "south", "Changed")
    bundle.refresh()
    assert (bundle.versions_dir / version / NORTH).stat().st_mtime_ns == before
