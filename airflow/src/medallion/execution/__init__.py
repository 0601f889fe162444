"""Where a layer's build runs: in its task's own process, in a container, or in a pod.

A :class:`BuildJob` is all that a build is. :func:`build_here` runs one, wherever that is; the task's process
calls it itself, or has it called in a container or pod by :func:`build_elsewhere`, whose process writes the
same rows to the same ledger and says at its end what became of it (``told``).
"""

from medallion.execution.elsewhere import End, Engine, Running, build_elsewhere, stop_running
from medallion.execution.here import build_here
from medallion.execution.job import BuildJob

__all__ = [
    "BuildJob",
    "End",
    "Engine",
    "Running",
    "build_elsewhere",
    "build_here",
    "stop_running",
]
