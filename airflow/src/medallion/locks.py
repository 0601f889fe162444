"""One at a time: a lock between processes that names who holds it and dies with its holder."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from medallion.exceptions import MedallionError

#: Seconds to wait for another process: longer than a usual hold, shorter than a task's patience.
LOCK_SECONDS = float(os.environ.get("MEDALLION_LOCK_SECONDS", "900"))


@contextmanager
def one_at_a_time(
    beside: Path, *, doing: str, error: type[MedallionError], patience: float = LOCK_SECONDS
) -> Iterator[None]:
    """Hold ``<beside>.lock`` while the block runs.

    Args:
        beside: what is guarded; its folder is made if it is missing.
        doing: what the holder does, told to those who wait in vain.
        error: what to raise to them.
        patience: seconds to wait.

    Raises:
        MedallionError: of the kind asked for, naming the holder, if the wait was in vain.
    """
    beside.parent.mkdir(parents=True, exist_ok=True)
    holder = beside.with_name(f"{beside.name}.holder")
    lock = FileLock(beside.with_name(f"{beside.name}.lock"))
    try:
        lock.acquire(timeout=patience)
    except Timeout:
        named = holder.read_text(encoding="utf-8") if holder.exists() else "another process"
        raise error(f"{beside.name} is in use by {named}; waited {patience:.0f} s for it") from None
    try:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        me = f"process {os.getpid()} on {socket.gethostname()} ({doing}, since {since})"
        with suppress(OSError):  # a full disk: what frees it must not fail for a note
            holder.write_text(me, encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
