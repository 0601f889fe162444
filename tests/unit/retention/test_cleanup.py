from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from medallion.exceptions import MedallionError, RetentionRefused
from medallion.extract.landing import PART
from medallion.interval import Interval
from medallion.retention import apply_cleanup, plan_cleanup

TODAY = date(2026, 3, 1)
Land = Callable[..., None]


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return tmp_path / "landing"


@pytest.fixture
def land(landing: Path) -> Land:
    """Put a file of 10 bytes into the partition of each day, counted back from today."""

    def run(
        *ages: int,
        entity: str = "orders",
        client: str = "acme",
        hour: int | None = None,
        source: str = "shop",
    ) -> None:
        for age in ages:
            start = datetime(2026, 3, 1, hour or 0, tzinfo=UTC) - timedelta(days=age)
            path = Interval(start, start + timedelta(hours=1)).partition_path(sub_daily=hour is not None)
            folder = landing / client / source / entity / path
            folder.mkdir(parents=True)
            (folder / PART).write_bytes(b"0123456789")

    return run


def _left(landing: Path) -> set[str]:
    return {path.parent.relative_to(landing).as_posix() for path in landing.rglob(PART)}


def _days(landing: Path) -> list[int]:
    """Ages of the partitions that are left."""
    entity = landing / "acme" / "shop" / "orders"
    named = [path.relative_to(entity) for path in entity.rglob("day=*")]
    dates = [date(*(int(part.split("=")[1]) for part in path.parts)) for path in named]
    return sorted((TODAY - one).days for one in dates)


def test_a_partition_exactly_as_old_as_the_retention_stays(land: Land, landing: Path) -> None:
    land(28, 29, 30, 31, 32, 0)
    plan = plan_cleanup(landing, "acme", days=30, today=TODAY)
    assert [partition.day for partition in plan.partitions] == [date(2026, 1, 28), date(2026, 1, 29)]
    assert plan.cutoff == date(2026, 1, 30)
    apply_cleanup(plan)
    assert _days(landing) == [0, 28, 29, 30]


def test_a_leap_day_counts(land: Land, landing: Path) -> None:
    for day in (28, 29):
        (landing / f"acme/shop/orders/year=2024/month=02/day={day}").mkdir(parents=True)
        (landing / f"acme/shop/orders/year=2024/month=02/day={day}" / PART).touch()
    land(0)
    plan = plan_cleanup(landing, "acme", days=1, today=date(2024, 3, 1))
    assert [partition.day for partition in plan.partitions] == [date(2024, 2, 28)]


@pytest.mark.parametrize(
    ("today", "cutoff"),
    [
        (date(2028, 3, 30), date(2028, 2, 29)),
        (date(2028, 3, 31), date(2028, 3, 1)),
        (date(2028, 3, 29), date(2028, 2, 28)),
        (date(2028, 2, 29), date(2028, 1, 30)),
        (date(2027, 1, 30), date(2026, 12, 31)),
        (date(2027, 1, 31), date(2027, 1, 1)),
    ],
    ids=str,
)
@pytest.mark.parametrize("hour", [None, 18])
def test_the_edge_holds_over_a_leap_day_and_a_years_end(
    landing: Path, today: date, cutoff: date, hour: int | None
) -> None:
    for age in (0, 1, 29, 30, 31, 32):
        day = today - timedelta(days=age)
        start = datetime(day.year, day.month, day.day, hour or 0, tzinfo=UTC)
        path = Interval(start, start + timedelta(hours=6)).partition_path(sub_daily=hour is not None)
        (landing / "acme/shop/orders" / path).mkdir(parents=True)
        (landing / "acme/shop/orders" / path / PART).touch()
    plan = plan_cleanup(landing, "acme", days=30, today=today)
    assert plan.cutoff == cutoff
    assert [(today - one.day).days for one in plan.partitions] == [32, 31]


def test_looking_deletes_nothing_and_counts_everything(land: Land, landing: Path) -> None:
    land(0, 1, 2, 50, 51)
    before = _left(landing)
    plan = plan_cleanup(landing, "acme", days=30, today=TODAY)
    assert (len(plan.partitions), plan.files, plan.bytes) == (2, 2, 20)
    assert _left(landing) == before
    assert str(plan).splitlines() == [
        "acme: 2 partitions before 2026-01-30, 2 files, 20 bytes",
        "  acme/shop/orders/year=2026/month=01/day=09",
        "  acme/shop/orders/year=2026/month=01/day=10",
    ]


def test_the_newest_partition_stays_however_old(land: Land, landing: Path) -> None:
    land(400, 401)
    apply_cleanup(plan_cleanup(landing, "acme", days=30, today=TODAY))
    assert _days(landing) == [400]


def test_half_of_an_entity_may_go_and_more_may_not(land: Land, landing: Path) -> None:
    land(0, 1, 50, 51)
    land(0, 50, 51, entity="customers")
    before = _left(landing)
    plan = plan_cleanup(landing, "acme", days=30, today=TODAY)
    said = r"acme: .* more than 50% of shop\.customers \(2 of 3 partitions\), all before 2026-01-30; nothing"
    with pytest.raises(RetentionRefused, match=said):
        apply_cleanup(plan)
    assert _left(landing) == before


def test_more_than_the_share_goes_when_told(land: Land, landing: Path) -> None:
    land(0, 50, 51)
    apply_cleanup(plan_cleanup(landing, "acme", days=30, today=TODAY), force=True)
    assert _days(landing) == [0]


def test_the_share_is_the_callers(land: Land, landing: Path) -> None:
    land(0, 50, 51)
    apply_cleanup(plan_cleanup(landing, "acme", days=30, today=TODAY, share=0.7))
    assert _days(landing) == [0]


def test_hours_of_an_old_day_go_and_empty_folders_with_them(land: Land, landing: Path) -> None:
    land(0, 1, hour=0)
    land(0, 1, 60, hour=6)
    apply_cleanup(plan_cleanup(landing, "acme", days=30, today=TODAY))
    assert not (landing / "acme/shop/orders/year=2025").exists()
    assert len(_left(landing)) == 4


def test_a_day_beside_its_hours_is_a_partition_of_its_own(land: Land, landing: Path) -> None:
    land(0, 1, 60)
    land(60, hour=6)
    plan = plan_cleanup(landing, "acme", days=30, today=TODAY)
    apply_cleanup(replace(plan, partitions=plan.partitions[:1]))
    assert "acme/shop/orders/year=2025/month=12/day=31/hour=0600" in _left(landing)
    assert "acme/shop/orders/year=2025/month=12/day=31" not in _left(landing)


def test_other_clients_and_other_folders_stay(land: Land, landing: Path) -> None:
    land(0, 1, 60)
    land(0, 1, 60, client="globex")
    other = landing / "acme" / "shop" / "orders" / "notes" / "year=2020"
    other.mkdir(parents=True)
    (other / "read.me").touch()
    apply_cleanup(plan_cleanup(landing, "acme", days=30, today=TODAY))
    assert (other / "read.me").exists()
    assert len(list((landing / "globex").rglob(PART))) == 3


@pytest.mark.parametrize("made", [None, "acme", "acme/shop", "acme/shop/orders/year=2020/month=01/day=01"])
def test_nothing_there_is_nothing_to_do(landing: Path, made: str | None) -> None:
    if made:
        (landing / made).mkdir(parents=True)
    plan = plan_cleanup(landing, "acme", days=1, today=TODAY)
    assert (plan.partitions, plan.files, plan.bytes) == ((), 0, 0)
    apply_cleanup(plan)


def test_what_is_gone_already_is_no_error(land: Land, landing: Path) -> None:
    land(0, 1, 60)
    plan = plan_cleanup(landing, "acme", days=30, today=TODAY)
    apply_cleanup(plan)
    apply_cleanup(plan)
    assert _days(landing) == [0, 1]


@pytest.mark.parametrize("place", ["acme", "acme/shop", "acme/shop/orders", "acme/shop/orders/year=2020"])
def test_links_are_never_followed(land: Land, landing: Path, tmp_path: Path, place: str) -> None:
    land(0, 1, source="other")
    outside = tmp_path / "outside" / place
    precious = tmp_path / "outside" / "acme/shop/orders/year=2020/month=01"
    for day in ("day=01", "day=02", "day=03"):
        (precious / day).mkdir(parents=True)
        (precious / day / PART).touch()
    link = landing / place
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_dir():
        link.rename(tmp_path / "moved")
    link.symlink_to(outside)
    plan = plan_cleanup(landing, "acme", days=30, today=TODAY)
    apply_cleanup(plan, force=True)
    assert plan.links == (link,)
    assert f"{place} is a link and stays" in str(plan)
    assert len(list(precious.rglob(PART))) == 3


def test_a_link_in_the_place_of_a_planned_folder_is_refused(
    land: Land, landing: Path, tmp_path: Path
) -> None:
    land(0, 1, 60)
    plan = plan_cleanup(landing, "acme", days=30, today=TODAY)
    month = landing / "acme/shop/orders/year=2025/month=12"
    month.rename(tmp_path / "elsewhere")
    month.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RetentionRefused, match="reached through a link; nothing was deleted"):
        apply_cleanup(plan)
    assert len(list((tmp_path / "elsewhere").rglob(PART))) == 1


@pytest.mark.parametrize(
    "path", ["precious", "landing/globex/shop/orders/year=2020/month=01/day=01", "landing/acme"]
)
def test_a_plan_for_another_place_is_refused(land: Land, landing: Path, tmp_path: Path, path: str) -> None:
    land(0, 1, 60)
    plan = plan_cleanup(landing, "acme", days=30, today=TODAY)
    elsewhere = tmp_path / path
    elsewhere.mkdir(parents=True, exist_ok=True)
    (elsewhere / "file").touch()
    moved = replace(plan.partitions[0], path=elsewhere)
    with pytest.raises(RetentionRefused, match="is no partition of"):
        apply_cleanup(replace(plan, partitions=(*plan.partitions, moved)), force=True)
    assert (elsewhere / "file").exists()
    assert _days(landing) == [0, 1, 60]


def test_a_link_among_a_partitions_files_goes_and_its_target_stays(
    land: Land, landing: Path, tmp_path: Path
) -> None:
    land(0, 1, 60)
    (tmp_path / "target").touch()
    (landing / "acme/shop/orders/year=2025/month=12/day=31/link").symlink_to(tmp_path / "target")
    apply_cleanup(plan_cleanup(landing, "acme", days=30, today=TODAY))
    assert _days(landing) == [0, 1]
    assert (tmp_path / "target").exists()


@pytest.mark.parametrize(
    ("client", "days", "said"),
    [("../acme", 30, "lower-case"), (".staging", 30, "lower-case"), ("acme", 0, "at least 1 day")],
)
def test_a_plan_that_makes_no_sense_is_refused(landing: Path, client: str, days: int, said: str) -> None:
    with pytest.raises(RetentionRefused, match=said):
        plan_cleanup(landing, client, days=days, today=TODAY)


def test_a_cleanup_waits_for_an_extract_of_the_source(land: Land, landing: Path) -> None:
    land(0, 1, 60)
    plan = plan_cleanup(landing, "acme", days=30, today=TODAY)
    (landing / ".staging" / "acme").mkdir(parents=True)
    with FileLock(landing / ".staging" / "acme" / "shop.lock"), pytest.raises(MedallionError, match="in use"):
        apply_cleanup(plan, patience=0.1)
    assert _days(landing) == [0, 1, 60]
