"""Keeps named processes alive until it is told to stop, or until whoever started it is gone.

It sleeps unless a process ends, a signal comes or its parent's pipe closes. A process that ends is started
again, after a pause that doubles; one that keeps ending stops everything, with the reason in the state file.
"""

from __future__ import annotations

import os
import selectors
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from medallion.embedded.processes import fork, marked, stop
from medallion.embedded.state import FAILED, RUNNING, STOPPING, RunnerState, write_state


@dataclass(frozen=True)
class Patience:
    """How long a supervisor puts up with its processes.

    Args:
        restarts: a process that ends more often than this ``within`` these seconds is not started again.
        within: seconds.
        pause: seconds before a process is started again, the first time; it doubles.
        grace: seconds that processes have to end by themselves, each time they are asked.
    """

    restarts: int = 5
    within: float = 120.0
    pause: float = 0.2
    grace: tuple[float, ...] = (2.0, 4.0)


@dataclass
class Component:
    """One process to keep alive.

    Args:
        name: also its log's name.
        action: what the process does (see :func:`medallion.embedded.processes.fork`).
        once: True for one that comes to an end by itself and is not started again.
    """

    name: str
    action: Callable[[], object]
    once: bool = False
    pid: int = 0
    ends: list[float] = field(default_factory=list)
    due: float = 0.0


class Supervisor:
    """Starts components, keeps them alive and stops them, all in the caller's thread.

    Args:
        home: the Airflow home; the state file and ``logs/`` are in it.
        state: the first state, with this process as its supervisor.
        parent: a descriptor that reads as ended when the parent is gone; None to outlive it.
        patience: with components that end when they should not, or do not when they should.
    """

    def __init__(
        self,
        home: Path,
        state: RunnerState,
        *,
        parent: int | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.home = home
        self.state = state
        self.stopping = False
        self._patience = patience or Patience()
        self._components: list[Component] = []
        self._selector = selectors.DefaultSelector()
        self._listen_to_signals()
        if parent is not None:
            self._selector.register(parent, selectors.EVENT_READ, "parent")
        (home / "logs").mkdir(parents=True, exist_ok=True)
        self._write(phase=state.phase)

    def log_of(self, name: str) -> Path:
        """Return the file that takes what a component prints."""
        return self.home / "logs" / f"{name}.log"

    def run_once(self, name: str, action: Callable[[], object]) -> bool:
        """Run something to its end in a process of its own; False if it failed or a stop was asked for."""
        component = Component(name, action, once=True)
        self.start(component)
        while component.pid and not self.stopping:
            self._wait(None)
        return not component.ends and not self.stopping

    def start(self, component: Component) -> None:
        """Start a component and, unless it is to run once, keep it alive from now on."""
        self._fork(component)
        self._write_pids()

    def check(self) -> bool:
        """Look for signals and ended processes without waiting; False if a stop was asked for."""
        self._wait(0.0)
        return not self.stopping

    def keep(self) -> None:
        """Keep the components alive until a stop is asked for."""
        if not self.stopping:
            self._write(phase=RUNNING)
        while not self.stopping:
            self._start_due()
            self._wait(self._pause())

    def fail(self, reason: str) -> None:
        """Stop, because of this."""
        self.stopping = True
        self._write(phase=FAILED, error=reason)

    def stop_all(self) -> None:
        """Stop everything this supervisor started, also what lost its parent."""
        self.stopping = True
        if self.state.phase != FAILED:
            self._write(phase=STOPPING)
        first = [
            psutil.Process(one.pid) for one in self._components if one.pid and psutil.pid_exists(one.pid)
        ]
        stop(first, *self._patience.grace)
        stop(marked(self.state.mark), 2.0)
        self._reap()
        self._write(pids={})

    # --- processes

    def _reap(self) -> None:
        for component in [one for one in self._components if one.pid]:
            with suppress(ChildProcessError):
                pid, status = os.waitpid(component.pid, os.WNOHANG)
                if pid:
                    self._ended(component, os.waitstatus_to_exitcode(status))

    def _ended(self, component: Component, code: int) -> None:
        session, component.pid = component.pid, 0
        self._write_pids()
        if self.stopping or (component.once and code == 0):
            return
        # What the process had started itself would go on beside that of its successor.
        stop(marked(self.state.mark, session))
        now = time.monotonic()
        recent = (end for end in component.ends if now - end < self._patience.within)
        component.ends = [*recent, now]
        if component.once or len(component.ends) > self._patience.restarts:
            self.fail(_gave_up(component, code, self.log_of(component.name)))
        else:
            component.due = now + self._patience.pause * 2 ** (len(component.ends) - 1)
            print(f"{component.name} ended with {code}; it is started again", flush=True)

    def _start_due(self) -> None:
        now = time.monotonic()
        for component in [one for one in self._components if one.due and one.due <= now]:
            counts = self.state.restarts
            self._fork(component)
            # At once: who sees the new process id also sees that it is not the first.
            self._write_pids(restarts={**counts, component.name: counts.get(component.name, 0) + 1})

    def _fork(self, component: Component) -> None:
        component.due = 0.0
        component.pid = fork(component.action, self.log_of(component.name))
        if component not in self._components:
            self._components.append(component)

    def _pause(self) -> float | None:
        dues = [one.due for one in self._components if one.due]
        return max(0.0, min(dues) - time.monotonic()) if dues else None

    # --- what wakes it

    def _listen_to_signals(self) -> None:
        reader, writer = os.pipe()
        for end in (reader, writer):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        self._selector.register(reader, selectors.EVENT_READ, "signal")
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_stop)

    def _on_stop(self, *_: object) -> None:
        self.stopping = True

    def _wait(self, seconds: float | None) -> None:
        for key, _ in self._selector.select(seconds):
            if not os.read(key.fd, 4096) and key.data == "parent":
                self._selector.unregister(key.fd)
                self.stopping = True
        self._reap()

    def _write_pids(self, **changes: object) -> None:
        self._write(pids={one.name: one.pid for one in self._components if one.pid}, **changes)

    def _write(self, **changes: object) -> None:
        self.state = self.state.with_(**changes)
        write_state(self.home, self.state)


def _gave_up(component: Component, code: int, log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    last = next((line.strip() for line in reversed(lines) if line.strip()), "nothing")
    times = (
        ""
        if component.once
        else f" {len(component.ends)} times in {component.ends[-1] - component.ends[0]:.0f} s"
    )
    return f"{component.name} ended{times} with {code}; its log is {log} and ends with: {last}"


def supervise(supervisor: Supervisor, start: Callable[[], None]) -> int:
    """Start components, keep them alive, and stop them whatever happens; return an exit code."""
    try:
        start()
        supervisor.keep()
    except Exception as error:
        supervisor.fail(f"the supervisor failed: {error}")
        sys.excepthook(*sys.exc_info())
    finally:
        supervisor.stop_all()
    return 1 if supervisor.state.error else 0
