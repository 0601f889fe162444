"""Intervals in any order, again, and after a kill anywhere: the tables are those of one clean run.

`make test` takes a sample; `make test-soak` every boundary and more orders.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import permutations

import pytest

from medallion.clients import BusinessRules, Client
from warehouse.interrupted import Contents, Kill, Pipeline
from warehouse.retailer import retail_client, six_hours

pytestmark = pytest.mark.slow

INTERVALS = [six_hours(start) for start in ("2026-01-14T18:00", "2026-01-15T00:00", "2026-01-15T06:00")]
STEPS = ("clean", "normalize", "enrich", "validate", "aggregate")
NAMES = [
    "extract crm",
    "extract sales",
    *("build bronze", "build silver", "build gold"),
    *("publish", "cleanup"),
]
BOUNDARIES = [Kill(name) for name in NAMES]
INSIDE = [Kill(name, share) for name in NAMES for share in (0.1, 0.3, 0.5, 0.7, 0.9)]


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
    return made, made.contents()


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


def test_the_clean_runs_left_something(clean: tuple[Pipeline, Contents]) -> None:
    _, contents = clean
    for name in ("silver.clean_sales__orders", "gold.retail_daily_sales"):
        (rows,) = [rows for table, rows in contents.items() if table.startswith(f"kept_{name} ")]
        assert rows.total() > 1
    assert any(table.startswith("kept.retail_orders in") for table in contents)
    assert contents["landing"].total() < 3 * 5, "the cleanup took nothing"


@pytest.mark.parametrize(
    "order",
    [
        (1, 2, 0, 0),
        *(pytest.param(order, marks=pytest.mark.soak) for order in permutations(range(3))),
        *(pytest.param((*order, *order), marks=pytest.mark.soak) for order in permutations(range(3))),
    ],
    ids=lambda order: "".join(map(str, order)),
)
def test_intervals_in_any_order_and_again_leave_the_same_rows(
    order: Sequence[int], pipeline: Callable[..., Pipeline], clean: tuple[Pipeline, Contents]
) -> None:
    made = pipeline()
    for place in order:
        made.run(INTERVALS[place])
    made.run(INTERVALS[-1], cleanup=True)
    assert _differing(made.contents(), clean[1]) == []


@pytest.mark.parametrize(
    "steps",
    [
        ("validate", "aggregate"),
        *(
            pytest.param(steps, marks=pytest.mark.soak)
            for steps in ((), ("clean",), ("clean", "enrich"), ("normalize", "enrich"), ("aggregate",))
        ),
    ],
    ids=lambda steps: "_".join(steps) or "none",
)
def test_whatever_steps_a_client_lists(steps: Sequence[str], pipeline: Callable[..., Pipeline]) -> None:
    expected = _undisturbed(pipeline(steps))[1]
    made = pipeline(steps)
    for place in (2, 0, 1, 0):
        made.run(INTERVALS[place])
    made.run(INTERVALS[-1], cleanup=True)
    assert _differing(made.contents(), expected) == []


@pytest.mark.parametrize(
    "kills",
    [
        random.Random(1).sample(BOUNDARIES, 3) + random.Random(2).sample(INSIDE, 3),
        *(pytest.param([one], marks=pytest.mark.soak) for one in BOUNDARIES + INSIDE),
    ],
    ids=lambda kills: " and ".join(map(str, kills)),
)
def test_a_run_that_is_killed_and_run_again_leaves_the_same_rows(
    kills: Sequence[Kill], pipeline: Callable[..., Pipeline], clean: tuple[Pipeline, Contents]
) -> None:
    made = pipeline()
    made.usual.update(clean[0].usual)
    for interval in INTERVALS[:-1]:
        made.run(interval)
    for kill in kills:
        made.run(INTERVALS[-1], kill, cleanup=True)
    assert made.run(INTERVALS[-1], cleanup=True)
    assert _differing(made.contents(), clean[1]) == []


def test_a_kill_in_one_interval_harms_none_that_follows(
    pipeline: Callable[..., Pipeline], clean: tuple[Pipeline, Contents]
) -> None:
    """Later intervals run through before the killed one is run again."""
    made = pipeline()
    made.usual.update(clean[0].usual)
    made.run(INTERVALS[0])
    assert not made.run(INTERVALS[1], Kill("build gold"))
    made.run(INTERVALS[2])
    made.run(INTERVALS[1])
    made.run(INTERVALS[2], cleanup=True)
    assert _differing(made.contents(), clean[1]) == []
