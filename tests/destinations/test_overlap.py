"""Two runs of one client beside each other, with a real dbt and PostgreSQL: what is delivered was judged."""

from __future__ import annotations

from uuid import uuid4

import pytest

from destinations.tills import STEPS, Shop, Till
from medallion.exceptions import DeliveryRefused

LAST = len(STEPS) + 1  # the day of the last run
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def till(shop: Shop, server: str, monkeypatch: pytest.MonkeyPatch) -> Till:
    for name, value in {
        "MEDALLION_PROJECT": str(shop.settings.project),
        "MEDALLION_HOME": str(shop.settings.home),
        "MEDALLION_REGISTRY_URL": shop.settings.database_url,
        "SHELF_URL": server,
    }.items():
        monkeypatch.setenv(name, value)
    return shop.till(f"shop_{uuid4().hex}", server)


def _land(till: Till, day: int) -> None:
    """Two orders of the day, a late one, and one of the day before corrected; on the last day only that."""
    corrected = [(10 * (day - 1), day - 1, 100 * day)] if day > 1 else []
    late = (10 * day + 2, max(1, day - 2), day)
    till.land(day, *corrected, *([(10 * day, day, 1), (10 * day + 1, day, 2), late] if day < LAST else []))


def test_runs_that_overlap_deliver_what_they_judged_and_end_as_one_run(till: Till, shop: Shop) -> None:
    """Each run lands while the one before is at another of its tasks, and asks for its turn from then on."""
    _land(till, 1)
    for day, boundary in enumerate(STEPS, start=1):
        judged = None
        for name in STEPS:
            if name == boundary:
                _land(till, day + 1)
            assert till.step(day, name) is not False
            if STEPS.index(name) >= STEPS.index(boundary):
                assert till.step(day + 1, "turn") is False
            judged = till.gold() if name == "gold" else judged
        assert till.delivered() == judged
        till.at_work.remove(f"run_{day}")
    till.run(LAST)
    assert till.delivered() == till.gold()
    assert all(till.deliveries(mart) > 1 for mart in ("shop_orders", "shop_days"))
    at_once = shop.till(f"{till.plan.client.id}_once", till.url)
    for day in range(1, LAST + 1):
        _land(at_once, day)
    at_once.run(1, until=LAST)
    assert till.delivered() == at_once.delivered() == at_once.gold()


#: `make test` takes a sample.
SAMPLE = ("silver", "quality_validation")
AFTER = [one if one in SAMPLE else pytest.param(one, marks=pytest.mark.soak) for one in STEPS[1:-1]]


@pytest.mark.parametrize("after", AFTER)
def test_what_another_run_rewrote_out_of_turn_is_not_delivered(till: Till, after: str) -> None:
    """As where somebody clears another run's tasks in the UI."""
    _land(till, 1)
    till.run(1)
    before = till.delivered()
    for day in (2, 3):
        _land(till, day)
    for name in STEPS[:-1]:
        till.step(2, name)
        if name == after:
            for layer in ("bronze", "silver", "gold") if after == "quality_validation" else ("bronze",):
                till.step(3, layer)
    with pytest.raises(DeliveryRefused, match=r"run_3 has built since\. Clear its tasks"):
        till.step(2, "load")
    assert till.delivered() == before
    till.run(2)
    assert till.delivered() == till.gold() != before
