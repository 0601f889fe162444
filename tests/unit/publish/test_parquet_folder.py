from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from medallion.exceptions import PublishError

Build = Callable[..., Path]
Publish = Callable[..., Any]
Read = Callable[..., list[Any]]


def _versions(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "lake" / "acme" / "versions").iterdir())


def test_a_version_says_what_it_is(build: Build, deliver: Publish) -> None:
    build(daily="select unnest([1, 2]) as n")
    delivery = deliver("daily", kind="parquet")
    facts = json.loads((Path(delivery.place) / "_delivery.json").read_text())
    assert facts.pop("delivered_at")
    assert facts == {
        "client": "acme",
        "run_id": "run_1",
        "interval_start": "2026-01-15T00:00:00",
        "config_version": "abc123",
        "tables": {"daily": 2},
    }


def test_a_path_with_a_quote_is_only_a_path(
    build: Build, deliver: Publish, root: Path, tmp_path: Path
) -> None:
    from medallion.clients import Destination

    build(daily="select 1 as n")
    odd = Destination.model_construct(name="odd", type="parquet", path="o'brien's lake")
    assert (Path(deliver("daily", destination=odd).place) / "daily.parquet").is_file()


def test_the_version_before_stays_for_readers_and_older_ones_go(
    build: Build, deliver: Publish, root: Path
) -> None:
    build(daily="select 1 as n")
    seen = []
    for _ in range(4):
        deliver("daily", kind="parquet")
        seen.append((root / "lake" / "acme" / "current").readlink().name)
    assert _versions(root) == seen[-2:]


def test_what_a_failed_delivery_wrote_is_cleared_by_the_next(
    build: Build, deliver: Publish, root: Path
) -> None:
    build(daily="select 1 as n")
    with pytest.raises(PublishError):
        deliver("daily", "weekly", kind="parquet")
    assert not (root / "lake" / "acme" / "current").exists()
    delivery = deliver("daily", kind="parquet")
    assert {path.name for path in Path(delivery.place).iterdir()} == {"daily.parquet", "_delivery.json"}
    assert {path.name for path in (root / "lake" / "acme").iterdir()} == {"current", "versions"}


def test_a_version_that_never_became_current_is_cleared(build: Build, deliver: Publish, root: Path) -> None:
    build(daily="select 1 as n")
    deliver("daily", kind="parquet")
    left = root / "lake" / "acme" / "versions" / "20200101T000000000000Z"
    left.mkdir()
    (root / "lake" / "acme" / ".current").symlink_to("versions/20200101T000000000000Z")
    deliver("daily", kind="parquet")
    assert not left.exists()


def test_a_reader_never_sees_two_deliveries_mixed(build: Build, deliver: Publish, root: Path) -> None:
    build(daily="select 0 as n", weekly="select 0 as n")
    deliver("daily", "weekly", kind="parquet")
    done, seen = threading.Event(), set()

    def read() -> None:
        with duckdb.connect() as consumer:
            while not done.is_set():
                version = (root / "lake" / "acme" / "current").resolve()
                found = consumer.execute(
                    "select n from read_parquet([?, ?])",
                    [f"{version}/daily.parquet", f"{version}/weekly.parquet"],
                ).fetchall()
                assert len(found) == 2
                assert found[0] == found[1]
                seen.add(found[0])

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(1, 5):
        build(daily=f"select {number} as n", weekly=f"select {number} as n")
        deliver("daily", "weekly", kind="parquet")
    done.set()
    reader.join()
    assert len(seen) > 1


def test_a_folder_that_cannot_be_written_is_named(build: Build, deliver: Publish, root: Path) -> None:
    build(daily="select 1 as n")
    (root / "lake").mkdir(parents=True)
    (root / "lake" / "acme").write_text("a file where a folder belongs")
    with pytest.raises(PublishError, match=r"acme: shared: .*/lake/acme cannot be written"):
        deliver("daily", kind="parquet")


@pytest.mark.parametrize("linked", ["acme", "acme/versions"])
def test_a_delivery_goes_behind_no_link(
    build: Build, deliver: Publish, root: Path, tmp_path: Path, linked: str
) -> None:
    build(daily="select 1 as n")
    other = tmp_path / "another_clients"
    other.mkdir()
    (root / "lake" / linked).parent.mkdir(parents=True)
    (root / "lake" / linked).symlink_to(other)
    with pytest.raises(PublishError, match="must be a folder of its own, no link"):
        deliver("daily", kind="parquet")
    assert not list(other.iterdir())
