"""A DuckDB file that another process has open is waited for; then the process is named, and a try heals."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from faults.stand import Stand, again, check_survived
from medallion import locks
from medallion.publish import publish
from medallion.warehouses import duckdb as warehouse

pytestmark = [pytest.mark.faults, pytest.mark.slow]
_HOLD = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "reads")
print("held", flush=True)
sys.stdin.read()
"""
_WORK = """
import pathlib, sys
from medallion.exceptions import MedallionError
from medallion.locks import one_at_a_time
with one_at_a_time(pathlib.Path(sys.argv[1]), doing="building", error=MedallionError):
    print("held", flush=True)
    sys.stdin.read()
"""

Hold = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def hold() -> Iterator[Hold]:
    """Starts a process that has a file open until it is told to end."""
    holders = []

    def start(path: Path, what: str = "writes", program: str = _HOLD) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", program, str(path), what]
        holders.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        assert holders[-1].stdout
        assert holders[-1].stdout.readline() == "held\n"
        return holders[-1]

    yield start
    for one in holders:
        let_go(one)


def let_go(holder: subprocess.Popen[str]) -> None:
    with suppress(BrokenPipeError):
        holder.communicate(timeout=30)


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second, where a task waits for a quarter of an hour."""
    monkeypatch.setitem(publish.__kwdefaults__, "patience", 1.0)
    monkeypatch.setitem(locks.one_at_a_time.__wrapped__.__kwdefaults__, "patience", 1.0)  # type: ignore[attr-defined]
    monkeypatch.setattr(warehouse._one_writer.__wrapped__, "__defaults__", (1.0,))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("task", "of", "what", "program"),
    [
        ("bronze.build", "warehouse", "writes", _HOLD),
        pytest.param("silver.build", "warehouse", "reads", _HOLD, marks=pytest.mark.soak),
        pytest.param("gold.build", "warehouse", "works", _WORK, marks=pytest.mark.soak),
        pytest.param("load_to_shelf", "shelf", "writes", _HOLD, marks=pytest.mark.soak),
        pytest.param("load_to_shelf", "shelf", "reads", _HOLD, marks=pytest.mark.soak),
        pytest.param("load_to_shelf", "warehouse", "writes", _HOLD, marks=pytest.mark.soak),
        pytest.param("load_to_shelf", "shelf", "works", _WORK, marks=pytest.mark.soak),
    ],
)
def test_who_holds_a_file_is_named_and_the_next_try_heals(
    stand: Stand, clean: Stand, hold: Hold, patience: None, task: str, of: str, what: str, program: str
) -> None:
    path = getattr(stand, of)
    holders: list[subprocess.Popen[str]] = []
    stand.ahead_of = {task: lambda: holders.append(hold(path, what, program))}
    stand.mend = lambda: let_go(holders[0])
    before = stand.delivered()
    stand.at_failure = lambda: None if of == "shelf" else _same(stand.delivered(), before)
    assert stand.run(2)
    ((failed, failure),) = stand.failed
    assert (failed, failure.kind) == (task, "locked")
    assert path.name in failure.reason
    assert str(holders[0].pid) in failure.reason
    assert task.startswith("load") or "waited 1 s for it" in failure.reason
    check_survived(stand, clean, 2, *again(task))


def _same(one: object, other: object) -> None:
    assert one == other


@pytest.mark.soak
def test_a_file_that_is_let_go_in_time_is_waited_for(
    stand: Stand, clean: Stand, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The holder ends while the task waits: no try is lost, and nobody is told."""
    from medallion.warehouses import held

    holders = [hold(stand.warehouse)]
    waits = []

    def wait(error: BaseException) -> bool:
        if held_before(error):
            waits.append(str(error))
            let_go(holders[0])
            return True
        return False

    held_before = held.is_held
    monkeypatch.setattr(held, "is_held", wait)
    assert stand.run(2)
    assert waits
    assert stand.failed == []
    check_survived(stand, clean, 2)
