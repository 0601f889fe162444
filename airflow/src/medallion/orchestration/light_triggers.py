"""Has the triggerer hand over nodes' triggers without their DAG, and not too many at once.

Airflow 3.3 sends the process that runs triggers the whole DAG with each trigger that starts its task: for a
hundred nodes of a large client 65 MB in one message, to be deserialized a hundred times. Nodes' triggers do
not ask for it. And it sends without looking: once that process waits for its logs to be read, while the
triggerer waits for its message to be read, both wait for ever, and no node's task ends any more (``send_msg``
in ``airflow.sdk.execution_time.supervisor``). A message that fits into the socket is never waited for.

It sweeps as well: each request to its task API leaves reference cycles (FastAPI analyses overridden
dependencies anew), which Python would collect so seldom that the process grew with every run.
"""

from __future__ import annotations

import gc
import sys
import time
from typing import Any

from airflow.listeners import hookimpl

_MODULE = "airflow.jobs.triggerer_job_runner"
_CLASS = "TriggerRunnerSupervisor"
#: The class of the nodes' triggers, as Airflow names it.
NODE_TRIGGER = "medallion.orchestration.triggers.NodeTrigger"
#: How many triggers go with one message, of which there is one a second. Each takes about a kilobyte, and a
#: socket holds 208 of them on Linux (``net.core.wmem_default``), some of that for its own books.
AT_ONCE = 100
#: Seconds between two sweeps; one takes some hundredths of a second.
_SWEEP_EVERY = 20.0


@hookimpl
def on_starting(component: Any) -> None:
    """Put a supervisor of triggers in the place of Airflow's before a triggerer makes one.

    Args:
        component: the job of a part of Airflow that starts; of a task, something else.
    """
    triggerer: Any = sys.modules.get(_MODULE)
    if hasattr(component, "job_type") and triggerer:
        setattr(triggerer, _CLASS, light(getattr(triggerer, _CLASS)))


def light(airflows: Any) -> Any:
    """A supervisor of triggers like Airflow's, but for what it sends."""
    if hasattr(airflows, "is_light"):
        return airflows

    class LightSupervisor(airflows):
        is_light = True
        swept_at = 0.0

        def run_once(self) -> None:
            """One round of Airflow's, and now and then a sweep."""
            super().run_once()
            if time.monotonic() - self.swept_at > _SWEEP_EVERY:
                gc.collect()
                self.swept_at = time.monotonic()

        def build_trigger_workloads(self, new_trigger_ids: set[int]) -> list[Any]:
            """The next triggers to be sent; Airflow asks for the others again."""
            room = max(AT_ONCE - len(self.creating_triggers), 0)
            first = set(sorted(new_trigger_ids)[:room])
            return [_without_dag(one) for one in super().build_trigger_workloads(first)] if first else []

    return LightSupervisor


def _without_dag(workload: Any) -> Any:
    if workload.classpath != NODE_TRIGGER:
        return workload
    return workload.model_copy(update={"dag_data": None, "dag_run_data": None})
