"""The same seed, client, source and interval give the same bytes, however they are made."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from medallion.clients import SourceContract
from medallion.interval import Interval
from medallion.sample_data import Recipe, generate

pytestmark = pytest.mark.slow

MORNING = Interval.parse("2026-01-15T06:00:00+00:00/2026-01-15T12:00:00+00:00")
NOON = Interval.parse("2026-01-15T12:00:00+00:00/2026-01-15T18:00:00+00:00")

GENERATE_ALL = """
import sys
from pathlib import Path
from medallion.clients import load_catalog
from medallion.interval import Interval
from medallion.sample_data import Recipe, generate
from medallion.settings import load_settings
sources = load_catalog(load_settings().configs).sources
for name in ("crm", "sales", "inventory"):
    generate(sources[name], "acme", Interval.parse(sys.argv[2]), Path(sys.argv[1]), Recipe(rows_a_day=4000))
"""


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_processes_with_other_hash_seeds_and_zones_write_the_same_bytes(tmp_path: Path) -> None:
    for name, seed, zone in (("one", "1", "UTC"), ("two", "2", "Asia/Tokyo")):
        subprocess.run(
            [sys.executable, "-c", GENERATE_ALL, str(tmp_path / name), str(MORNING)],
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": zone},
            check=True,
        )
    written = digests(tmp_path / "one")
    assert len(written) == 11  # eight entities and what was planted in three sources
    assert written == digests(tmp_path / "two")


def test_the_order_of_generation_does_not_matter(
    tmp_path: Path, contracts: dict[str, SourceContract]
) -> None:
    for name, intervals in (("forwards", (MORNING, NOON)), ("backwards", (NOON, MORNING))):
        for interval in intervals:
            generate(contracts["sales"], "acme", interval, tmp_path / name, Recipe(rows_a_day=4000))
    assert digests(tmp_path / "forwards") == digests(tmp_path / "backwards")


@pytest.mark.parametrize("source", ["crm", "sales", "inventory"])
def test_another_seed_gives_other_rows(
    source: str, tmp_path: Path, contracts: dict[str, SourceContract]
) -> None:
    for seed in (1, 2):
        generate(contracts[source], "acme", MORNING, tmp_path / str(seed), Recipe(seed=seed, rows_a_day=4000))
    assert digests(tmp_path / "1") != digests(tmp_path / "2")


def test_another_client_gets_other_rows(tmp_path: Path, contracts: dict[str, SourceContract]) -> None:
    for client in ("acme", "other"):
        generate(contracts["sales"], client, MORNING, tmp_path, Recipe(rows_a_day=4000))
    ours, theirs = digests(tmp_path / "acme"), digests(tmp_path / "other")
    assert ours.keys() == theirs.keys()
    assert not set(ours.values()) & set(theirs.values())


def test_an_interval_told_in_another_zone_is_the_same_interval(
    tmp_path: Path, contracts: dict[str, SourceContract]
) -> None:
    tokyo = Interval.parse("2026-01-15T15:00:00+09:00/2026-01-15T21:00:00+09:00")
    for name, interval in (("utc", MORNING), ("tokyo", tokyo)):
        generate(contracts["sales"], "acme", interval, tmp_path / name, Recipe(rows_a_day=4000))
    assert digests(tmp_path / "utc") == digests(tmp_path / "tokyo")
