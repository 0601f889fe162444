"""The trigger of a node's task: it waits in the triggerer for the ledger, no worker needed."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from airflow.triggers.base import BaseTrigger, TaskFailedEvent, TaskSuccessEvent, TriggerEvent

from medallion.ledger import RunKey
from medallion.ledger.leases import Lease
from medallion.ledger.requests import ask_for_rebuild
from medallion.orchestration.outcome import Outcome, Step, decide
from medallion.orchestration.watch import RunWatch
from medallion.pipeline import LAYERS

#: How long the first of several cleared nodes waits for the others, so that one build does them all.
GATHER_SECONDS = 3.0


class NodeTrigger(BaseTrigger):
    """Ends the task of a dbt model, or of the tests behind one, by what the ledger says of its nodes.

    Args:
        layer: the nodes' layer.
        nodes: unique ids of the dbt nodes; the task is green once all of them ended well.
    """

    def __init__(self, layer: str, nodes: Sequence[str]) -> None:
        super().__init__()
        self.layer = layer
        self.nodes = list(nodes)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class and the arguments, as plain JSON."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {
            "layer": self.layer,
            "nodes": self.nodes,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, then end the task green or red, or resume it on a worker to rebuild what was cleared."""
        task = self._task
        key = RunKey(task.dag_id, task.run_id)
        since = cleared_at(task.id, task.try_number)
        async with RunWatch.of(key, build_task_states) as watch:
            if since:
                since = await asyncio.to_thread(self._ask_for_rebuild, watch, since)
            outcome = await self._wait(watch, since)
            self._show(watch)
        if outcome.step is Step.REBUILD:
            yield TriggerEvent({"rebuild": self.layer})
        elif outcome.step is Step.SUCCEED:
            yield TaskSuccessEvent()
        else:
            self.log.error("%s", outcome.reason)
            yield TaskFailedEvent()

    @property
    def _task(self) -> Any:
        return self.task_instance

    async def _wait(self, watch: RunWatch, since: datetime | None) -> Outcome:
        gathered, lease = False, Lease(watch.ledger, watch.key, self.layer, str(self._task.id))
        while True:
            await watch.next_look()
            outcome = decide(
                self.nodes,
                watch.rows,
                [build for build in watch.builds if build.layer == self.layer],
                since=since,
                build_task=watch.tasks.get(build_task_id(self.layer)),
            )
            if outcome.step is Step.REBUILD and not gathered:
                await asyncio.sleep(GATHER_SECONDS)
                gathered = True
            elif outcome.step is Step.REBUILD:
                if await asyncio.to_thread(lease.take):
                    return outcome
            elif outcome.step is not Step.WAIT:
                return outcome

    def _ask_for_rebuild(self, watch: RunWatch, since: datetime) -> datetime:
        asked = {"task_id": self._task.task_id, "try_number": self._task.try_number}
        return ask_for_rebuild(watch.ledger, watch.key, self.layer, nodes=self.nodes, since=since, **asked)

    def _show(self, watch: RunWatch) -> None:
        """Write dbt's lines for the nodes to the task's own log."""
        for node in self.nodes:
            if row := watch.rows.get(node):
                for line in (row.log or row.message).splitlines():
                    self.log.info("%s", line)


def cleared_at(task_instance_id: uuid.UUID | str, try_number: int) -> datetime | None:
    """When a task was cleared by hand, UTC without zone; None for its first try.

    Airflow gives a cleared task a new id of UUID version 7, whose first 48 bits are the milliseconds since
    1970 (RFC 9562, section 5.7): it says when, and still does after the triggerer was restarted.
    """
    if try_number <= 1:
        return None
    milliseconds = uuid.UUID(str(task_instance_id)).int >> 80
    return datetime.fromtimestamp(milliseconds / 1000, UTC).replace(tzinfo=None)


def build_task_id(layer: str) -> str:
    """The id of the task that builds a layer."""
    return f"{layer}.build"


def build_task_states(key: RunKey) -> Mapping[str, str | None]:
    """Airflow's states of the run's build tasks; a task that has not started has none."""
    ids = [build_task_id(layer) for layer in LAYERS]
    found = RuntimeTaskInstance.get_task_states(dag_id=key.dag_id, task_ids=ids, run_ids=[key.run_id])
    states: Mapping[str, str | None] = found.get(key.run_id, {})
    return states
