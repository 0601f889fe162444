"""A copy of a DuckDB file while nobody writes it."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from medallion.backup.follow import Follower
from medallion.doctor.locks import holder_of
from medallion.exceptions import BackupError
from medallion.locks import one_at_a_time

_LOOK_SECONDS = 0.2
_CHUNK = 1 << 20
#: What a DuckDB file has behind its first checksum, whatever it is called.
_MAGIC = slice(8, 12), b"DUCK"


def is_duckdb(path: Path) -> bool:
    """Say whether a file is a DuckDB database."""
    where, magic = _MAGIC
    with path.open("rb") as file:
        return file.read(where.stop)[where] == magic


def is_its_log(path: Path) -> bool:
    """Say whether a file is the log of a DuckDB database beside it."""
    name, log, _ = path.name.partition(".wal")
    return bool(log) and path.with_name(name).is_file() and is_duckdb(path.with_name(name))


def copy_duckdb(path: Path, folder: Path, wait: float, follow: Follower) -> list[Path]:
    """Copy a DuckDB file and the log that belongs to it.

    Medallion's writers hold our lock for as long as a build lasts, also between two openings of the file;
    any other program holds DuckDB's own. Both are held here until the copy is there.

    Args:
        path: the file.
        folder: where its copies go, under their names.
        wait: seconds to wait for whoever writes it.
        follow: is told whom it waits for.

    Returns:
        The copies.

    Raises:
        BackupError: if somebody kept writing it, naming them.
        FileNotFoundError: if it is gone.
    """
    end = time.monotonic() + wait
    with alone(path, wait, follow), _unwritten(path, end, follow) as file:
        copies = [folder / path.name]
        with copies[0].open("wb") as copy:
            shutil.copyfileobj(file, copy, _CHUNK)
        for log in sorted(path.parent.glob(f"{path.name}.wal*")):
            copies.append(folder / log.name)
            shutil.copyfile(log, copies[-1])
        return copies


@contextmanager
def alone(path: Path, wait: float, follow: Follower) -> Iterator[None]:
    """Hold Medallion's own lock of something.

    Raises:
        BackupError: if another process keeps it, naming that process.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(_ours(path, 0))
        except BackupError:
            if not wait:
                raise
            note = path.with_name(f"{path.name}.holder")
            who = note.read_text(encoding="utf-8") if note.is_file() else "another process"
            follow.waiting(f"{path.name} is in use by {who}; {_up_to(wait)}")
            stack.enter_context(_ours(path, wait))
        yield


def _ours(path: Path, patience: float) -> AbstractContextManager[None]:
    return one_at_a_time(path, doing="backing up", error=BackupError, patience=patience)


@contextmanager
def _unwritten(path: Path, end: float, follow: Follower) -> Iterator[BinaryIO]:
    """Open it and hold the lock that DuckDB's readers hold: they may come, a writer may not.

    The lock is the process's and goes with whichever of its openings is closed first: the file is read
    through this one, and opened by nobody else here.
    """
    told = False
    with path.open("rb") as file:
        while not _lock(file.fileno()):
            left = end - time.monotonic()
            if left <= 0:
                raise BackupError(f"{path.name} is in use by {_user(path)}: it could not be copied")
            if not told:
                follow.waiting(f"{path.name} is in use by {_user(path)}; {_up_to(left)}")
                told = True
            time.sleep(min(_LOOK_SECONDS, left))
        yield file


def _lock(file: int) -> bool:
    try:
        fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _user(path: Path) -> str:
    pid = holder_of(path)
    return f"process {pid}" if pid and pid != os.getpid() else "another process"


def _up_to(seconds: float) -> str:
    return f"waiting up to {round(seconds, 1):g} s"
