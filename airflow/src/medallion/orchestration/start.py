"""Where runs of a client wait for each other: at their start, and before they build."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseSensorOperator

from medallion.ledger import Ledger, open_ledger
from medallion.ledger.turns import BUILD, RUN, take_turn
from medallion.orchestration.context import asked_of, run_key
from medallion.orchestration.links import RunReportLink
from medallion.pipeline import Asked, Plan, realtime_dag_id_of
from medallion.settings import load_settings
from medallion.warehouses import warehouse_of

#: Looking again costs a worker's start.
_LOOK_SECONDS = 10.0


class TurnTask(BaseSensorOperator):
    """Waits for one of the client's turns, without holding a worker; the run keeps it until it ends."""

    operator_extra_links = (RunReportLink(),)
    ui_color = "#e8f7e4"  # no sensor's, but an operator's
    kind = RUN

    def __init__(self, *, plan: Plan, **kwargs: Any) -> None:
        super().__init__(
            mode="reschedule",
            poke_interval=_LOOK_SECONDS,
            timeout=plan.client.run_timeout.total_seconds(),
            **kwargs,
        )
        self.plan = plan

    def turns(self) -> int:
        """How many runs may have one at once."""
        return 1

    def poke(self, context: Any) -> bool:
        """Take a turn, or say for whom the run waits."""
        ledger, key = open_ledger(load_settings().database_url), run_key(context)
        before = take_turn(
            ledger, key, self.turns(), lambda run_id: is_running(context, self.plan, run_id), self.kind
        )
        if before:
            self.log.info("waits for %s to end", before)
        return before is None


class StartTask(TurnTask):
    """Waits for the run's turn, then writes the run, its client's config version and its interval down.

    Airflow counts the runs of a backfill apart from the others: without turns a scheduled run would rewrite
    what a backfilled one is about to publish.
    """

    def turns(self) -> int:
        """As many as the client lists, where its target has several writers."""
        return self.plan.client.max_active_runs if warehouse_of(load_settings()).concurrent_writers else 1

    def poke(self, context: Any) -> bool:
        """Write the run down before anything else happens, once it may be at work.

        Raises:
            ConfigError: if it was asked for something that cannot be done.
        """
        asked = asked_of(context, self.plan.client)
        if not super().poke(context):
            return False
        self._write_down(context, open_ledger(load_settings().database_url), asked)
        return True

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


class BuildTurnTask(TurnTask):
    """Waits until no other run of the client builds; drawn where several may be at work.

    A model follows whatever has changed in what it reads, whichever run changed it, and a gate judges whole
    tables: only while no other run builds, what a run delivers is what it built and judged.
    """

    kind = BUILD


#: Begins the ids of micro-batches' runs among those that wait for a client's turn to build.
STREAM = "stream "


def is_running(context: Any, plan: Plan, run_id: str) -> bool:
    """Ask Airflow; a run it does not know, because its database was made anew, is none."""
    client = plan.client
    streams = run_id.startswith(STREAM)
    dag_id = realtime_dag_id_of(client.id, client.platform) if streams else plan.dag_id
    found = context["ti"].get_dr_count(
        dag_id=dag_id, run_ids=[run_id.removeprefix(STREAM)], states=["running"]
    )
    return bool(found)
