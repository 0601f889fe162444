"""Where a batch meets the stream: it takes what is left of it, and holds what it brought against it."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator

from medallion.clients import Catalog
from medallion.ledger import open_ledger
from medallion.orchestration.connections import airflow_connection, airflow_settings
from medallion.orchestration.context import asked_of, run_key
from medallion.orchestration.links import RunReportLink
from medallion.orchestration.markdown import code, plain
from medallion.orchestration.notes import Note, note_on_task
from medallion.pipeline import Plan, streamed_entities
from medallion.stream import Stream, reconcile
from medallion.stream.queues import queues_of
from medallion.stream.reconcile import Difference


class ReconcileTask(BaseOperator):
    """Lands what the stream has left, and puts the batch's rows in the place of the stream's.

    It comes once the run has its turn to build: until bronze is built, no micro-batch may miss what it takes
    out.

    Args:
        plan: the client's plan.
        catalog: its sources.
    """

    operator_extra_links = (RunReportLink(),)
    ui_color = "#d9e8f5"

    def __init__(self, *, plan: Plan, catalog: Catalog, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan = plan
        self.catalog = catalog

    def execute(self, context: Any) -> None:
        """Compare each interval of the run, and write to the ledger and the task what was found."""
        settings, key = airflow_settings(), run_key(context)
        ledger, client = open_ledger(settings.database_url), self.plan.client
        stream = Stream(settings, ledger, client, key, self.plan.sub_daily)
        found: list[Difference] = []
        for streamed in streamed_entities(self.plan, self.catalog):
            queues = queues_of(settings, client, streamed, airflow_connection)
            for taken in stream.take(streamed, self.catalog.sources[streamed.source], queues):
                self.log.info("%s: %s events were left in the %s", taken.name, taken.events, taken.channel)
            for interval in asked_of(context, client).intervals:
                one = reconcile(
                    settings, ledger, key, client, streamed, interval, sub_daily=self.plan.sub_daily
                )
                found += [one] if one else []
        for one in found:
            self.log.log(30 if one.differs else 20, "%s", one)
        if differing := [one for one in found if one.differs]:
            note_on_task(context, _note(differing), self.log)


def _note(found: list[Difference]) -> Note:
    rows = [(code(one.name), plain(one.interval.said), plain(str(one).partition(": ")[2])) for one in found]
    said = "The stream and this batch do not have the same events; the batch's rows count, and what only the "
    return Note((f"{said}stream has stays.",), ("entity", "interval", "what differs"), tuple(rows))
