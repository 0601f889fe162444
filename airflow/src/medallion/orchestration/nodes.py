"""The task of one dbt model, or of the tests behind it, as Cosmos draws it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from airflow.sdk import BaseOperator
from airflow.triggers.base import StartTriggerArgs

from medallion.execution import stop_running
from medallion.orchestration.callbacks import NO_CALLBACKS
from medallion.orchestration.layer_build import LayerBuilder
from medallion.orchestration.light_triggers import NODE_TRIGGER
from medallion.pipeline import LayerPlan


class DbtNodeTask(BaseOperator):
    """A task that the scheduler hands straight to the triggerer; the layer's build does the work.

    It has no retries and no time limit: the build has both, and this task ends when the build has.
    Cleared by hand, the first one of its layer is resumed on a worker and builds all that were cleared.

    Args:
        layer: the nodes' layer.
        nodes: unique ids of the dbt nodes that the task stands for.
        builder: builds nodes of the layer.
    """

    custom_operator_name = "dbt node"
    start_from_trigger = True
    ui_color = "#e8f0e4"

    def __init__(self, *, layer: str, nodes: Sequence[str], builder: LayerBuilder, **kwargs: Any) -> None:
        # Hanging on the layer's begin as well as on the dbt parents, it starts as soon as begin is done:
        # all of a layer's tasks enter the triggerer together, each further hop through it costs seconds.
        # What a trigger ends calls back in the DAG processor, where it may be lost: the build tells instead.
        plain = {"retries": 0, "execution_timeout": None, **NO_CALLBACKS}
        super().__init__(trigger_rule="one_success", **plain, **kwargs)
        self.builder = builder
        self.nodes = list(nodes)
        self.start_trigger_args = StartTriggerArgs(
            trigger_cls=NODE_TRIGGER,
            trigger_kwargs={"layer": layer, "nodes": list(nodes)},
            next_method="rebuild",
            next_kwargs=None,
            timeout=None,
        )

    def execute(self, context: Any) -> None:
        """Build what was cleared: reached only where no triggerer took the task over."""
        self.rebuild(context)

    def rebuild(self, context: Any, event: Any = None) -> None:  # noqa: ARG002  (Airflow hands it over)
        """Build the layer's cleared nodes, this task's own among them.

        Raises:
            TransformError: if one of the nodes ended badly.
        """
        self.builder.rebuild(context)

    def on_kill(self) -> None:
        """End what runs elsewhere for this task."""
        stop_running()


def converters(layer: LayerPlan, builder: LayerBuilder) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Cosmos's converters for a layer: model → its task, model → the task of the tests behind it."""
    names: Mapping[str, str] = {node.unique_id: node.name for node in layer.models}

    def convert(dag: Any, task_group: Any, task_id: str, nodes: Sequence[str], doc: str) -> DbtNodeTask:
        where = {"dag": dag, "task_group": task_group, "task_id": task_id, "doc_md": doc}
        return DbtNodeTask(layer=layer.name, nodes=nodes, builder=builder, **where)

    def model(*, dag: Any, task_group: Any, node: Any, task_id: str, **_: Any) -> DbtNodeTask:
        doc = f"Builds `{names[node.unique_id]}`; green once dbt has built it in this run."
        return convert(dag, task_group, task_id, [node.unique_id], doc)

    def test(*, dag: Any, task_group: Any, node: Any, task_id: str, **_: Any) -> DbtNodeTask:
        tests = layer.tests_of(node.unique_id)
        listed = "".join(f"\n- `{test.split('.')[2]}`" for test in tests)
        doc = f"The tests behind `{names[node.unique_id]}`; red if a hard one fails.\n{listed}"
        return convert(dag, task_group, task_id, tests, doc)

    return model, test
