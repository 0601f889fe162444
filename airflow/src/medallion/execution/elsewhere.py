"""A build in a container or pod: started, followed, ended and judged in the same way, whatever runs it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import tenacity

from medallion.exceptions import FailedElsewhere
from medallion.execution.job import BuildJob, handed_over
from medallion.execution.told import MARK, heard
from medallion.failures import Failure, classify
from medallion.ledger import Ledger
from medallion.masking import masked
from medallion.settings import Settings

log = logging.getLogger(__name__)

#: What is said of an end that is of a class of its own, in Docker's words and Kubernetes's.
OUT_OF_MEMORY, OUT_OF_TIME = "OOMKilled", "DeadlineExceeded"
_KINDS = {OUT_OF_MEMORY: "out of memory", OUT_OF_TIME: "timed out"}
#: Exit codes from here on are signals, the number beyond it: 137 is SIGKILL.
_SIGNALS = 128
#: Seconds between two looks at a build whose log has ended, and for which what runs it may be away.
_LOOK_SECONDS, _AWAY_SECONDS = 0.5, 60.0


@dataclass(frozen=True)
class End:
    """How a container or pod ended.

    Attributes:
        code: its exit code; None where it is gone, or never had one.
        reason: what is said of it where it runs: ``OOMKilled``, ``Evicted``.
        tail: the last lines of its log.
    """

    code: int | None
    reason: str = ""
    tail: str = ""


class Running(Protocol):
    """A container or pod that was started."""

    @property
    def name(self) -> str:
        """What it is called where it runs."""

    def lines(self) -> Iterator[str]:
        """Its log's lines as they are written, until it ends; whatever keeps one from them is raised."""

    def look(self) -> End | None:
        """How it ended; None while it runs."""

    def remove(self) -> None:
        """Kill it if it still runs, and remove it; it may be gone already."""


class Engine(Protocol):
    """What runs containers or pods."""

    def left_over(self, job: BuildJob) -> Sequence[Running]:
        """Builds of the same layer and run that are still there: their task was killed."""

    def start(self, job: BuildJob, file: str, environment: Mapping[str, str]) -> Running:
        """Start a build; ``file`` is the build below the home."""


#: What this process waits for; one, as a task's process has one task.
_running: list[Running] = []


def build_elsewhere(
    engine: Engine,
    settings: Settings,
    ledger: Ledger,
    job: BuildJob,
    environment: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    """Build in a container or pod, and wait for its end; afterwards it is gone, whatever happened.

    Args:
        engine: what runs it.
        settings: where the home is, which it shares.
        ledger: what it writes to.
        job: what to build.
        environment: variables for it.
        say: takes each line of its log.

    Raises:
        FailedElsewhere: if not all of it ended well, or it died; with the class that it was found to be of.
        TransformError: if what is to be built could not be handed over.
        Exception: what ``engine`` raises where nothing can be started.
    """
    for one in engine.left_over(job):
        say(f"{one.name} was left over by an earlier try: it is killed and removed")
        one.remove()
    with handed_over(settings, job) as file:
        running = engine.start(job, file, environment)
        _running.append(running)
        say(f"{running.name} builds {job.layer}")
        try:
            _follow(running, say)
            end = _ended(running)
        finally:
            _running.remove(running)
            _remove(running)
    _judge(job, ledger, running.name, end)


def stop_running() -> None:
    """End what this process waits for: its task is to end."""
    for one in _running:
        _remove(one)


def _remove(running: Running) -> None:
    """What keeps us from it is no reason to fail: the layer's next try removes what was left over."""
    try:
        running.remove()
    except Exception:
        log.warning("%s could not be removed; the layer's next try does", running.name, exc_info=True)


def _follow(running: Running, say: Callable[[str], None]) -> None:
    try:
        for line in running.lines():
            if not line.startswith(MARK):
                say(line)
    except Exception as error:  # what it builds is in the ledger: a log that breaks off costs lines
        say(f"the log of {running.name} breaks off: {classify(error)}")


def _ended(running: Running) -> End:
    """Wait for the end; what runs it may be away for a while, as while it is restarted."""
    patiently = tenacity.Retrying(
        stop=tenacity.stop_after_delay(_AWAY_SECONDS), wait=tenacity.wait_fixed(1), reraise=True
    )
    while (end := patiently(running.look)) is None:
        time.sleep(_LOOK_SECONDS)
    return end


def _judge(job: BuildJob, ledger: Ledger, name: str, end: End) -> None:
    """Only what ended with 0 and left a good row for every node has ended well, whatever it says."""
    told = heard(end.tail)
    if told and told.failure:
        raise FailedElsewhere(told.text, told.failure)
    if end.code != 0:
        raise _lost(name, end)
    rows = {row.node: row for row in ledger.results_after(job.run, of_build=job.request.build_id)}
    missing = [
        one.name for one in job.request.nodes if one.unique_id not in rows or not rows[one.unique_id].good
    ]
    if missing:
        said = f"{name} ended with exit code 0, and the ledger has no good row of {', '.join(missing)}"
        raise FailedElsewhere(said, Failure("unknown", said))


def _lost(name: str, end: End) -> FailedElsewhere:
    """It ended without a word: what ran it may know why."""
    how = "is gone" if end.code is None else f"ended with exit code {end.code}"
    why = f" ({end.reason})" if end.reason else ""
    said = f"{name} {how}{why} and did not say what became of the build"
    if last := end.tail.strip().splitlines()[-1:]:
        said += f"; its last line: {masked(last[0].strip())[:200]}"
    killed = end.code is None or end.code > _SIGNALS
    kind = next((_KINDS[one] for one in _KINDS if one in end.reason), "killed" if killed else "unknown")
    sign = "" if end.code is None else f"exit code {end.code}"
    return FailedElsewhere(said, Failure(kind, said, sign))
