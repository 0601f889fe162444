"""A disk that is full: it is said, what was there stays whole, and with room again the run heals."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from faults.stand import CLIENT, Contents, Stand, again, check_survived
from medallion.ledger import Ledger

pytestmark = [pytest.mark.faults, pytest.mark.slow]
#: What a disk holds beyond what is on it already, before the test fills it.
_ROOM = 24 << 20

Disk = Callable[[Path], None]


@pytest.fixture
def disk(stand: Stand) -> Iterator[Disk]:
    """Puts a folder, with what is in it, on a small disk of its own."""
    mounted = []

    def mount(folder: Path) -> None:
        kept = folder.with_name(f"{folder.name}_kept")
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(folder, kept)
        size = _ROOM + sum(one.stat().st_size for one in kept.rglob("*") if one.is_file())
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("to fill a disk takes one of its own: needs root, and the right to mount a tmpfs")
        mounted.append(folder)
        shutil.copytree(kept, folder, dirs_exist_ok=True)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, left: int = 0) -> Path:
    """Leave so many bytes on a folder's disk; returns the file that takes the room."""
    room = os.statvfs(folder)
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize - left)
    return ballast


def _soak(*values: object) -> object:
    return pytest.param(*values, marks=pytest.mark.soak)


@pytest.mark.parametrize(
    ("task", "folder", "left"),
    [
        _soak("extract_shop", "landing", 0),
        ("bronze.build", "warehouse", 0),
        _soak("silver.build", "warehouse", 0),
        _soak("gold.build", "warehouse", 0),
        _soak("load_to_shelf", "destinations", 0),
        _soak("load_to_shelf", "destinations", 65_536),
    ],
)
def test_a_task_says_that_the_disk_is_full_and_heals_with_room(
    stand: Stand, clean: Stand, disk: Disk, task: str, folder: str, left: int
) -> None:
    """What is full before the task begins has room again before its second try."""
    disk(stand.home / folder)
    before = stand.contents()
    ballast: list[Path] = []
    seen: list[Contents] = []
    stand.ahead_of = {task: lambda: ballast.append(fill(stand.home / folder, left))}

    def make_room() -> None:
        ballast[0].unlink()
        seen.append({name: now for name, now in stand.contents().items() if name in before})

    stand.mend = make_room
    assert stand.run(2)
    ((failed, failure),) = stand.failed
    assert (failed, failure.kind) == (task, "disk full")
    assert str(stand.home / folder) in failure.reason
    (there,) = seen
    assert there.keys() == before.keys()
    # DuckDB may say so after a commit, when it tidies up: then all of the delivery is there.
    kept = [name for name in before if "shelf" in name or "landing" in name]
    whole = [{name: content[name] for name in kept} for content in (before, clean.contents())]
    assert {name: there[name] for name in kept} in whole
    check_survived(stand, clean, 2, *again(task))


@pytest.mark.soak
def test_a_report_that_has_no_room_leaves_the_one_before(stand: Stand, clean: Stand, disk: Disk) -> None:
    disk(stand.home / "reports")
    before = {path: path.read_bytes() for path in stand.settings.reports.rglob("*.html")}
    assert before
    ballast: list[Path] = []
    stand.ahead_of = {"daily_report": lambda: ballast.append(fill(stand.home / "reports"))}
    assert not stand.run(2)
    ((task, failure),) = stand.failed
    assert (task, failure.kind) == ("daily_report", "disk full")
    assert f"{stand.home / 'reports' / CLIENT}" in failure.reason
    assert {path: path.read_bytes() for path in before} == before
    assert stand.deliveries(2) == 1
    ballast[0].unlink()
    stand.mended()
    assert stand.run(2, since="daily_report")
    assert {path.name for path in stand.settings.reports.rglob("day=02/*.html")} >= {"run_report.html"}
    check_survived(stand, clean, 2, "failed: daily_report", "recovered: daily_report")


@pytest.mark.soak
def test_a_build_whose_results_find_no_room_is_none(
    stand: Stand, clean: Stand, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full by the time that dbt reports its first model: built, it does not count."""
    home = _ledger_on_its_own(stand, disk)
    ballast: list[Path] = []
    add = Ledger.add_results

    def add_when_full(*given: Any) -> None:
        if not ballast:
            ballast.append(fill(home))
        add(*given)

    monkeypatch.setattr(Ledger, "add_results", add_when_full)
    stand.mend = lambda: ballast[0].unlink()
    assert stand.run(2)
    ((failed, failure),) = stand.failed
    assert (failed, failure.kind) == ("bronze.build", "disk full")
    assert stand.contents() == clean.contents()
    assert stand.passed(2)
    assert stand.deliveries(2) == 1
    assert stand.told()[:1] == [again("bronze.build")[0]]


@pytest.mark.soak
@pytest.mark.parametrize("task", ["extract_shop", "bronze.build", "load_to_shelf"])
def test_a_ledger_without_room_stops_a_task_that_can_write_nothing_down(
    stand: Stand, clean: Stand, disk: Disk, task: str
) -> None:
    """Nobody may be told twice for it: what the ledger cannot keep, it cannot hold back either."""
    home = _ledger_on_its_own(stand, disk)
    ballast: list[Path] = []
    stand.ahead_of = {task: lambda: ballast.append(fill(home))}
    stand.mend = lambda: ballast[0].unlink()
    assert stand.run(2)
    ((failed, failure),) = stand.failed
    assert (failed, failure.kind) == (task, "disk full")
    assert f"{home / 'registry.db'} cannot be written, its disk is full" in failure.reason
    assert stand.contents() == clean.contents()
    assert stand.passed(2)
    assert stand.deliveries(2) == 1
    assert stand.told()[:1] == [again(task)[0]]
    assert len(stand.told()) <= 2


def _ledger_on_its_own(stand: Stand, disk: Disk) -> Path:
    """Move registry and ledger to a disk of their own."""
    home = stand.home / "ledger"
    home.mkdir()
    disk(home)
    for file in stand.home.glob("registry.db*"):
        shutil.move(file, home)
    stand.ledger_in = home
    return home
