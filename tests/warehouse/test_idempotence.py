"""Intervals in any order, again, and after a kill anywhere: the tables are those of one clean run.

`make test` takes a sample; `make test-soak` every boundary and more orders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager

from medallion.clients import BusinessRules, Client
from medallion.interval import Interval
from warehouse.interrupted import Contents, Kill, Pipeline
from warehouse.retailer import retail_client, six_hours

pytestmark = pytest.mark.slow

INTERVALS = [six_hours(start) for start in ("2026-01-13T18:00", "2026-01-15T00:00", "2026-01-15T06:00")]
#: What make test takes: with a join, whose other side may change.
SAMPLE = ("clean", "enrich", "aggregate")
STEPS = ("clean", "normalize", "enrich", "validate", "aggregate")
NAMES = [
    "extract crm",
    "extract sales",
    *("build bronze", "build silver", "build gold"),
    *("publish", "cleanup"),
]
BOUNDARIES = [Kill(name) for name in NAMES]
INSIDE = [Kill(name, share) for name in NAMES for share in (0.1, 0.3, 0.5, 0.7, 0.9)]

SHAPES = [
    (),
    ("clean",),
    ("aggregate",),
    ("clean", "enrich"),
    ("normalize", "enrich"),
    ("validate", "aggregate"),
]


def client_of(steps: Sequence[str]) -> Client:
    kept = {"landing": 1, "bronze": 1, "silver": 1, "gold": 1}
    rules = BusinessRules.model_validate({"data_retention_days": kept, "quality_threshold": 0.5})
    client = retail_client("kept", tuple(steps), ("crm", "sales"))
    return client.model_copy(update={"business_rules": rules})


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Pipeline]:
    return lambda steps=STEPS: Pipeline(tmp_path_factory.mktemp("pipeline"), client_of(steps))


@pytest.fixture(scope="module")
def clean(pipeline: Callable[..., Pipeline]) -> tuple[Pipeline, Contents]:
    """One run after the other, undisturbed; the last one cleans up."""
    return _undisturbed(pipeline())


def _undisturbed(made: Pipeline) -> tuple[Pipeline, Contents]:
    for interval in INTERVALS:
        assert made.run(interval, cleanup=interval == INTERVALS[-1])
    contents = made.contents()
    assert contents["landing"].total() == 2 * 5, "the cleanup took nothing"
    return made, contents


def _differing(found: Contents, expected: Contents) -> list[str]:
    names = sorted(found.keys() | expected.keys())
    return [
        f"{name}: {sum((found.get(name, {}) - expected[name]).values())} rows too many, "
        f"{sum((expected[name] - found[name]).values())} missing"
        if name in found and name in expected
        else f"{name}: only in one"
        for name in names
        if found.get(name) != expected.get(name)
    ]


def test_killed_and_repeated_runs_leave_the_rows_of_clean_ones(pipeline: Callable[..., Pipeline]) -> None:
    """The first interval is killed, then the last one is; then the first runs again, and the last does."""
    first, last = INTERVALS[0], INTERVALS[-1]
    clean = pipeline(SAMPLE)
    for interval in (first, last):
        assert clean.run(interval)
    expected = clean.contents()
    assert len([table for table in expected if table.startswith("kept_gold.")]) > 5
    made = pipeline(SAMPLE)
    made.usual.update(clean.usual)
    assert not made.run(first, Kill("build gold"))
    made.run(last, Kill("build silver", 0.5))
    made.run(first)
    made.run(last)
    assert _differing(made.contents(), expected) == []


def test_what_an_interval_no_longer_brings_goes_though_another_run_catches_up(tmp_path: Path) -> None:
    """Delivered again it is empty, and silver never sees that run: the next one takes its rows out."""
    made = Pipeline(tmp_path, retail_client("kept", ("clean", "enrich", "validate"), ("sales",)))

    def silver() -> Counter[Any]:
        DuckDBConnectionManager.close_all_connections()  # dbt holds the file in this very process
        query = "select cast(_interval_start as varchar) from kept_silver.clean_sales__orders"
        with duckdb.connect(made.settings.warehouse("kept"), read_only=True) as warehouse:
            return Counter(start for (start,) in warehouse.execute(query).fetchall())

    def run(interval: Interval, *layers: str, empty: bool = False) -> None:
        made.land(interval, empty=empty)
        for layer in layers:
            made.steps(interval)[f"build {layer}"]()

    first, again, last = INTERVALS
    run(first, "bronze", "silver")
    run(again, "bronze", "silver")
    before = silver()
    run(again, "bronze", empty=True)
    run(last, "bronze", "silver")
    assert before[f"{again.start:%F %T}"] > 0
    assert silver().keys() == {f"{first.start:%F %T}", f"{last.start:%F %T}"}
    assert silver()[f"{first.start:%F %T}"] == before[f"{first.start:%F %T}"]


@pytest.mark.soak
@pytest.mark.parametrize("kill", BOUNDARIES + INSIDE, ids=str)
def test_a_kill_anywhere_is_healed_by_running_again(
    kill: Kill, pipeline: Callable[..., Pipeline], clean: tuple[Pipeline, Contents]
) -> None:
    usual = clean[0].usual
    for _ in range(3):  # whoever comes too late knows better then how long the step takes now
        made = pipeline()
        made.usual.update(usual)
        for interval in INTERVALS[:-1]:
            made.run(interval)
        # Whoever builds behind a cleanup takes out of gold what silver lost. So a kill inside the cleanup,
        # which may have taken rows of silver already, is followed by the cleanup alone, as Airflow tries it
        # again; and one elsewhere that comes too late must not have cleaned up before.
        if kill.step == "cleanup" and kill.inside:
            came_late, usual = made.run(INTERVALS[-1], kill, cleanup=True), dict(made.usual)
            assert came_late or made.run(INTERVALS[-1], cleanup=True, since="cleanup")
        else:
            came_late, usual = made.run(INTERVALS[-1], kill), dict(made.usual)
            assert made.run(INTERVALS[-1], cleanup=True)
        if not came_late or kill.inside is None or kill.inside >= 0.5:
            break
    else:
        pytest.fail("nothing was killed")
    assert _differing(made.contents(), clean[1]) == []


@pytest.mark.soak
@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_whole_runs_behind_a_killed_cleanup_leave_what_they_leave_behind_a_clean_one(
    share: float, pipeline: Callable[..., Pipeline], clean: tuple[Pipeline, Contents]
) -> None:
    """Each takes out of gold what silver lost before it: so both are run until nothing is left to take."""
    last, behind = INTERVALS[-1], []
    for kill in (None, Kill("cleanup", share)):
        made = pipeline()
        made.usual.update(clean[0].usual)
        for interval in INTERVALS[:-1]:
            made.run(interval)
        made.run(last, kill, cleanup=True)
        for _ in range(2):
            assert made.run(last, cleanup=True)
        behind.append(made.contents())
    assert _differing(behind[1], behind[0]) == []


@pytest.mark.soak
@pytest.mark.parametrize("again", [False, True], ids=["once", "again"])
@pytest.mark.parametrize("order", list(permutations(range(3))), ids=lambda order: "".join(map(str, order)))
def test_any_order_leaves_the_same_rows(
    order: tuple[int, ...], again: bool, pipeline: Callable[..., Pipeline], clean: tuple[Pipeline, Contents]
) -> None:
    made = pipeline()
    for place in (*order, *order) if again else order:
        made.run(INTERVALS[place])
    made.run(INTERVALS[-1], cleanup=True)
    assert _differing(made.contents(), clean[1]) == []


@pytest.mark.soak
@pytest.mark.parametrize("steps", SHAPES, ids=lambda steps: "_".join(steps) or "none")
def test_whatever_steps_a_client_lists(steps: Sequence[str], pipeline: Callable[..., Pipeline]) -> None:
    expected = _undisturbed(pipeline(steps))[1]
    made = pipeline(steps)
    for place in (2, 0, 1, 0):
        made.run(INTERVALS[place])
    made.run(INTERVALS[-1], cleanup=True)
    assert _differing(made.contents(), expected) == []
