"""The first task of a run: it waits until the run may be at work, and writes it down."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseSensorOperator

from medallion.ledger import Ledger, open_ledger
from medallion.ledger.turns import take_turn
from medallion.orchestration.context import asked_of, run_key
from medallion.orchestration.links import RunReportLink
from medallion.pipeline import Asked, Plan
from medallion.settings import Settings, load_settings
from medallion.warehouses import warehouse_of

#: Looking again costs a worker's start.
_LOOK_SECONDS = 10.0


class StartTask(BaseSensorOperator):
    """Waits for the run's turn, then writes the run, its client's config version and its interval down.

    Airflow counts the runs of a backfill apart from the others: without turns a scheduled run would rewrite
    what a backfilled one is about to publish. A run that waits holds no worker.
    """

    operator_extra_links = (RunReportLink(),)
    ui_color = "#e8f7e4"  # no sensor's, but an operator's

    def __init__(self, *, plan: Plan, **kwargs: Any) -> None:
        super().__init__(
            mode="reschedule",
            poke_interval=_LOOK_SECONDS,
            timeout=plan.client.run_timeout.total_seconds(),
            **kwargs,
        )
        self.plan = plan

    def poke(self, context: Any) -> bool:
        """Write the run down before anything else happens, once it may be at work.

        Raises:
            ConfigError: if it was asked for something that cannot be done.
        """
        asked = asked_of(context, self.plan.client)
        settings = load_settings()
        ledger = open_ledger(settings.database_url)
        if before := self._in_the_way(context, settings, ledger):
            self.log.info("waits for %s to end", before)
            return False
        self._write_down(context, ledger, asked)
        return True

    def _in_the_way(self, context: Any, settings: Settings, ledger: Ledger) -> str | None:
        client = self.plan.client
        turns = client.max_active_runs if warehouse_of(settings).concurrent_writers else 1
        key = run_key(context)
        return take_turn(ledger, key, turns, lambda run_id: _is_running(context, key.dag_id, run_id))

    def _write_down(self, context: Any, ledger: Ledger, asked: Asked) -> None:
        ledger.start_run(
            run_key(context),
            client_id=self.plan.client.id,
            config_version=self.plan.config_version,
            interval_start=asked.span.start.replace(tzinfo=None),
            interval_end=asked.span.end.replace(tzinfo=None),
            asked_by=asked.by,
            reason=asked.reason,
            dry_run=int(asked.dry_run),
            rebuild=list(asked.rebuild),
        )
        self.log.info("processes %s", ", ".join(map(str, asked.intervals)))


def _is_running(context: Any, dag_id: str, run_id: str) -> bool:
    """Ask Airflow; a run it does not know, because its database was made anew, is none."""
    return bool(context["ti"].get_dr_count(dag_id=dag_id, run_ids=[run_id], states=["running"]))
