"""Processes: who they are, which are ours, and how they are stopped."""

from __future__ import annotations

import ctypes
import io
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import psutil

#: In the environment of every process of one supervisor; a process that lost its parent keeps it.
MARK = "MEDALLION_RUNNER"

_PR_SET_PDEATHSIG = 1
_GONE = (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess)


@dataclass(frozen=True)
class Identity:
    """A process for as long as it lives: a number alone is given to another one later.

    Attributes:
        pid: its number.
        started: when it started, in ticks since the machine did: a clock that is set moves all other times.
    """

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> Identity:
        """Identify a living process.

        Raises:
            psutil.NoSuchProcess: if there is none of that number.
        """
        return cls(pid, _stat(pid)[1])

    def is_alive(self) -> bool:
        """Say whether that very process still runs."""
        try:
            state, started = _stat(self.pid)
            return started == self.started and state not in ("Z", "X")
        except psutil.NoSuchProcess:
            return False


def _stat(pid: int) -> tuple[str, int]:
    """A process's state and its start, as the kernel says them (proc(5), ``/proc/pid/stat``)."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        raise psutil.NoSuchProcess(pid) from None
    fields = text.rpartition(")")[2].split()  # its name may hold anything, a parenthesis too
    return fields[0], int(fields[19])


def fork(action: Callable[[], object], log: Path) -> int:
    """Start a process that does one thing, in a session of its own, and ends when its parent does.

    Args:
        action: what it does; it may replace the process by a program.
        log: file that takes what it prints.

    Returns:
        Its process id; the caller reaps it.
    """
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _become_child(action, log, parent)
    return pid


def _become_child(action: Callable[[], object], log: Path, parent: int) -> NoReturn:
    code = 1
    try:
        os.setsid()
        _default_signals()
        # Only now: a signal for the parent's death would have met the parent's own handler, and been lost.
        _end_with_parent(parent)
        _print_to(log)
        action()
        code = 0
    except SystemExit as error:
        code = _exit_code(error)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        # Whatever the parent had open or planned for its own end is the parent's.
        os._exit(code)


def _exit_code(error: SystemExit) -> int:
    if isinstance(error.code, int) or error.code is None:
        return error.code or 0
    sys.stderr.write(f"{error.code}\n")
    return 1


def _end_with_parent(parent: int) -> None:
    """Have the kernel send SIGTERM here when the parent dies, however it dies."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the kernel was told
        os._exit(1)


def _default_signals() -> None:
    signal.set_wakeup_fd(-1)
    for one in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _print_to(log: Path) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for source, target in ((nothing, 0), (file, 1), (file, 2)):
        os.dup2(source, target)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)


def marked(mark: str, session: int | None = None) -> list[psutil.Process]:
    """Find the living processes that carry a mark, wherever they were moved to.

    Args:
        mark: the value of :data:`MARK` in their environment.
        session: only those of this session; None for all.

    Returns:
        The processes, without the caller and its ancestors.
    """
    own = {os.getpid(), *(one.pid for one in psutil.Process().parents())}
    return [
        one
        for one in psutil.process_iter()
        if one.pid not in own and _carries(one, mark) and session in (None, _session_of(one.pid))
    ]


def _carries(process: psutil.Process, mark: str) -> bool:
    try:
        return process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE
    except (*_GONE, OSError):
        return False


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def stop(processes: Iterable[psutil.Process], *waits: float) -> None:
    """Ask processes to end, and end those that have not; return when none is left.

    Args:
        processes: which.
        waits: seconds to wait after each time of asking; without any they are ended at once. Airflow's parts
            stop waiting for what they run when they are asked a second time.
    """
    left = list(processes)
    for seconds in waits:
        _send(left, signal.SIGTERM)
        left = _left_after(left, seconds)
    _send(left, signal.SIGKILL)
    _left_after(left, 5.0)


def _left_after(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until processes have ended, or so long; a zombie has, whoever is to ask for its end."""
    deadline = time.monotonic() + seconds
    while (processes := [one for one in processes if _runs(one)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return processes


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except _GONE:
        return False


def _send(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(*_GONE):
            process.send_signal(number)
