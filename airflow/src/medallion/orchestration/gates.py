"""The gates: a layer's own, and ``quality_validation`` before anything is published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator

from medallion.exceptions import GateFailed
from medallion.ledger import Ledger, RunKey, open_ledger, tables
from medallion.orchestration.context import run_key
from medallion.orchestration.links import RunReportLink
from medallion.orchestration.notes import note_on_task
from medallion.orchestration.summaries import verdict_note
from medallion.pipeline import Plan
from medallion.quality import LayerVerdict, judge_layer, waivers_that_count
from medallion.settings import load_settings


class NotPassed(GateFailed):
    """A gate does not pass.

    Attributes:
        verdicts: of the layers that it answers for.
    """

    def __init__(self, verdicts: Sequence[LayerVerdict]) -> None:
        super().__init__("\n".join(str(verdict) for verdict in verdicts))
        self.verdicts = tuple(verdicts)


class GateTask(BaseOperator):
    """Raises unless this run's results of some layers are complete, good and above their thresholds.

    It runs whatever became of the tasks before it, so that nothing skipped can pass it by. One that did not
    pass is not tried again (see :class:`RetryByClass`): the same rows have the same score. One that could not
    judge, for it was killed or the ledger was away, is.

    Args:
        plan: the client's plan.
        layers: the layers it answers for.
    """

    custom_operator_name = "gate"
    operator_extra_links = (RunReportLink(),)
    ui_color = "#f3d6d6"

    def __init__(self, *, plan: Plan, layers: Sequence[str], **kwargs: Any) -> None:
        super().__init__(trigger_rule="all_done", **kwargs)
        self.plan = plan
        self.layers = list(layers)

    def execute(self, context: Any) -> None:
        """Judge the layers, write the verdict to the ledger and say it on the task.

        Raises:
            GateFailed: naming what is missing, what failed and which rules are breached.
        """
        key = run_key(context)
        ledger = open_ledger(load_settings().database_url)
        results = ledger.latest_results(key)
        client = self.plan.client.id
        verdicts = [
            judge_layer(
                self.plan, layer, results, waivers_that_count(ledger, key, client, layer, gate=self.task_id)
            )
            for layer in self.layers
        ]
        record_verdicts(ledger, key, self.task_id, verdicts)
        note_on_task(context, verdict_note(verdicts), self.log)
        if not all(verdict.passed for verdict in verdicts):
            raise NotPassed(verdicts)
        self.log.info("%s", "\n".join(str(verdict) for verdict in verdicts))


def record_verdicts(ledger: Ledger, key: RunKey, gate: str, verdicts: Sequence[LayerVerdict]) -> None:
    """Write a gate's verdict, a row a layer, to the ledger."""
    rows = [
        {
            "gate": gate,
            "layer": verdict.layer,
            "passed": int(verdict.passed),
            "score": verdict.score,
            "threshold": verdict.threshold,
            "detail": verdict.detail(),
        }
        for verdict in verdicts
    ]
    ledger.record(tables.verdict, key, rows)
