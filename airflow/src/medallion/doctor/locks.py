"""DuckDB files that a process holds: nobody else can write them, and while it writes nobody can read."""

from __future__ import annotations

import fcntl
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from medallion.doctor.finding import OK, WARN, Finding
from medallion.settings import Settings

#: Linux's struct flock: type, whence, start, length, process.
_FLOCK = "hhqqi"


def locks(settings: Settings) -> Iterator[Finding]:
    """Say of each DuckDB file that is held who holds it."""
    files = sorted([*settings.home.glob("warehouse/*.duckdb"), *settings.destinations.glob("*.duckdb")])
    held = [finding for path in files if (finding := _held(path))]
    yield from held
    if not held:
        yield Finding("locks", OK, f"none of {len(files)} DuckDB files is in use")


def _held(path: Path) -> Finding | None:
    pid = holder_of(path)
    if pid is None:
        return None
    note = path.with_name(f"{path.name}.holder")
    told = note.read_text(encoding="utf-8") if note.is_file() else ""
    if told.startswith(f"process {pid} "):
        return Finding("locks", OK, f"{path.name} is in use by {told}")
    said = f"{path.name} is in use by {_named(pid)}"
    return Finding("locks", WARN, said, f"runs cannot build meanwhile: close it there, or end process {pid}")


def holder_of(path: Path) -> int | None:
    """The process that keeps others from writing a file; 0 if it is not one of this machine's.

    The kernel is asked and nothing is opened with DuckDB, which would hold the file itself for a moment.
    """
    if sys.platform != "linux":
        return None
    wish = struct.pack(_FLOCK, fcntl.F_WRLCK, 0, 0, 0, 0)
    try:
        with path.open("rb") as file:
            kind, _, _, _, pid = struct.unpack(_FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, wish))
    except OSError:
        return None
    return None if kind == fcntl.F_UNLCK else max(0, pid)


def _named(pid: int) -> str:
    try:
        command = " ".join(psutil.Process(pid).cmdline())[:80] if pid else "of another container"
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        command = "of another user"
    return f"process {pid} ({command})" if pid else f"a process {command}"
