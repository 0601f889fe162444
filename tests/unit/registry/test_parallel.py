"""Several processes on one registry: nothing is lost, and every conflict is told."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

from medallion.database import engine_of
from medallion.exceptions import ConflictError
from medallion.registry import ACTIVE, CLI, FILE, Definition, Registry, open_registry

pytestmark = pytest.mark.slow

FORK = multiprocessing.get_context("fork")
CHANGES = 50


def _beside_each_other(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run a function in several processes that begin together; what they return, or how they failed."""
    barrier, results = FORK.Barrier(count), FORK.SimpleQueue()

    def one(number: int) -> None:
        barrier.wait()
        try:
            results.put((number, work(number)))
        except BaseException as error:
            results.put((number, repr(error)))

    processes = [FORK.Process(target=one, args=(number,)) for number in range(count)]
    for process in processes:
        process.start()
    found = dict(results.get() for _ in processes)
    for process in processes:
        process.join()
    return [found[number] for number in range(count)]


def _fresh(url: str) -> Registry:
    """A registry with connections of this process alone."""
    engine_of.cache_clear()
    open_registry.cache_clear()
    return open_registry(url, "default")


def _counted(definition: Definition, number: int) -> Definition:
    """The definition with one more change of a process in its description: ``12 7``."""
    counts = [int(count) for count in definition.client.description.split()]
    counts[number] += 1
    text = " ".join(map(str, counts))
    return replace(definition, client=definition.client.model_copy(update={"description": text}))


def _change_often(url: str, number: int) -> int:
    registry, conflicts, done = _fresh(url), 0, 0
    while done < CHANGES:
        live = registry.configuration("shop")
        assert live is not None
        said = {"status": ACTIVE, "origin": CLI, "actor": f"process {number}", "why": ""}
        try:
            registry.put("shop", _counted(live.definition, number), expected=live.revision, **said)
            done += 1
        except ConflictError:
            conflicts += 1
    return conflicts


def test_two_processes_lose_none_of_a_hundred_changes(url: str, changed: Callable[..., Definition]) -> None:
    registry = open_registry(url, "default")
    registry.put("shop", changed(description="0 0"), status=ACTIVE, origin=FILE, actor="ann", why="")

    conflicts = _beside_each_other(2, lambda number: _change_often(url, number))

    history = registry.history("shop")
    assert all(isinstance(count, int) for count in conflicts), conflicts
    assert sum(conflicts) > 0
    assert [one.revision for one in history] == list(range(1, 2 * CHANGES + 2))
    assert history[-1].definition.client.description == f"{CHANGES} {CHANGES}"
    sums = [sum(map(int, one.definition.client.description.split())) for one in history]
    assert sums == list(range(2 * CHANGES + 1))
    assert len(registry.events("shop", last=1000)) == 2 * CHANGES + 1


def test_of_several_first_revisions_one_is_written(url: str, shop: Definition) -> None:
    open_registry(url, "default")

    def create(number: int) -> str:
        said = {"status": ACTIVE, "origin": CLI, "actor": f"process {number}", "why": "", "always": True}
        try:
            _fresh(url).put("shop", shop, expected=0, **said)
        except ConflictError as conflict:
            return str(conflict)
        return ""

    told = _beside_each_other(4, create)

    assert sorted(bool(text) for text in told) == [False, True, True, True]
    assert all("you began from revision 0, it is at 1 now" in text for text in told if text), told
    assert len(open_registry(url, "default").history("shop")) == 1


@pytest.mark.parametrize("count", [8])
def test_processes_that_find_an_empty_database_migrate_it_once(url: str, count: int, tmp_path: Path) -> None:
    def tables(_: int) -> int:
        return len(inspect(_fresh(url).engine).get_table_names())

    found = _beside_each_other(count, tables)

    assert len(set(found)) == 1, found
    assert isinstance(found[0], int), found
    assert found[0] > 15
