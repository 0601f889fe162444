"""Builds of a layer on a worker: whole, what a failed try left over, or what was cleared by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from airflow.sdk import BaseOperator

from medallion.execution import BuildJob, stop_running
from medallion.ledger import Ledger, NodeRow, RunKey, open_ledger
from medallion.ledger.leases import Lease
from medallion.ledger.releases import in_force
from medallion.ledger.requests import nodes_to_rebuild
from medallion.orchestration.connections import airflow_settings
from medallion.orchestration.context import asked_of, run_key
from medallion.orchestration.execution import run_build
from medallion.orchestration.lineage import lineage_of
from medallion.orchestration.links import RunReportLink
from medallion.orchestration.retries import backoff_of, first_try, judge
from medallion.pipeline import Node, Plan
from medallion.settings import Settings, load_settings
from medallion.stream.behind import streamed_of
from medallion.transform import BuildRequest


@dataclass(frozen=True)
class LayerBuilder:
    """Builds nodes of one layer of a client, and writes what became of them to the ledger."""

    plan: Plan
    layer: str
    snapshot_entities: tuple[str, ...]

    def build(self, context: Any) -> None:
        """Build the layer: all of it, or in a retry just what failed or was not reached.

        Raises:
            TransformError: if not all of it ended well; the task's retry policy says what follows.
            DamagedError: if a file in landing that bronze reads is not as it was written.
        """
        series = first_try(context["ti"])
        settings, key = airflow_settings(), run_key(context)
        ledger = open_ledger(settings.database_url)
        self._run(settings, ledger, context, self._left_over(ledger, key, series), series)

    def rebuild(self, context: Any) -> None:
        """Build the layer's nodes that were cleared by hand.

        Raises:
            TransformError: if one of them ended badly.
        """
        settings, key, owner = airflow_settings(), run_key(context), str(context["ti"].id)
        ledger = open_ledger(settings.database_url)
        with Lease(ledger, key, self.layer, owner).kept():
            asked = set(nodes_to_rebuild(ledger, key, self.layer))
            nodes = [node for node in self.plan.layer(self.layer).nodes if node.unique_id in asked]
            self._run(settings, ledger, context, nodes, series=0)

    def _left_over(self, ledger: Ledger, key: RunKey, series: int) -> list[Node]:
        good = {row.node for row in ledger.results_after(key, good_of_series=series)}
        return [node for node in self.plan.layer(self.layer).nodes if node.unique_id not in good]

    def _run(
        self, settings: Settings, ledger: Ledger, context: Any, nodes: Sequence[Node], series: int
    ) -> None:
        key = run_key(context)
        asked = asked_of(context, self.plan.client)
        releases = in_force(ledger, self.plan.client.id)
        build_id = ledger.start_build(key, self.layer, series)
        request = BuildRequest(
            self.plan,
            nodes,
            asked.intervals,
            self.snapshot_entities,
            releases,
            full_refresh=self.layer in asked.rebuild,
            run_id=key.run_id,
            build_id=build_id,
            streamed=streamed_of(settings, ledger, self.plan.client.id),
        )
        job = BuildJob(key, self.layer, context["ti"].try_number, request)
        try:
            run_build(settings, ledger, job)
        except BaseException as error:
            _, decision = judge(error, context["ti"], backoff_of(self.plan.client))
            seen = {row.node for row in ledger.results_after(key, of_build=build_id)}
            ledger.add_results(key, build_id, not_built(nodes, seen, error))
            ledger.end_build(build_id, "retry" if series and decision.again else "failed", str(error))
            raise
        ledger.end_build(build_id, "success")


def not_built(nodes: Iterable[Node], seen: set[str], error: BaseException) -> list[NodeRow]:
    """A row for every node that has none yet, so that nobody waits for it."""
    message = f"not built: {error}"
    return [
        NodeRow(node.unique_id, node.layer, "skipped", message)
        for node in nodes
        if node.unique_id not in seen
    ]


class LayerBuildTask(BaseOperator):
    """Runs ``dbt build`` for a layer and reports every node to the ledger the moment dbt does.

    Args:
        builder: what it builds.
    """

    custom_operator_name = "dbt build"
    operator_extra_links = (RunReportLink(),)
    ui_color = "#f5e6c8"

    def __init__(self, *, builder: LayerBuilder, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.builder = builder
        self.plan = builder.plan

    def execute(self, context: Any) -> None:
        """Build the layer."""
        self.builder.build(context)

    def on_kill(self) -> None:
        """End what runs elsewhere for this task."""
        stop_running()

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:  # noqa: ARG002  (as it is called)
        """The tables that were read and built, for OpenLineage."""
        return lineage_of(self.plan, self.builder.layer, load_settings())
