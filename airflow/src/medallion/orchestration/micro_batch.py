"""A micro-batch: what events brought since the last one, from the inbox to the destination, in one task.

One task, and no task a model: a batch's run has time for a process a task, a micro-batch of ten seconds has
not. What it builds, measures and judges stands in the ledger as a run's does.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import BaseSensorOperator
from airflow.sdk.exceptions import AirflowSkipException

from medallion.clients import Catalog
from medallion.ledger import Ledger, NodeRow, RunKey, open_ledger, tables
from medallion.ledger import streams as known
from medallion.ledger.judged import VALIDATION, judged_builds, last_batch
from medallion.ledger.releases import in_force
from medallion.ledger.turns import BUILD, take_turn
from medallion.orchestration.connections import airflow_connection, airflow_settings
from medallion.orchestration.context import run_key
from medallion.orchestration.gates import NotPassed, record_verdicts
from medallion.orchestration.layer_build import not_built
from medallion.orchestration.start import STREAM, is_running
from medallion.orchestration.stream_told import tell_if_late
from medallion.pipeline import LAYERS, Plan, minute_of, realtime_plan, streamed_entities
from medallion.publish import RunFacts, publish
from medallion.quality import judge_layer, waivers_that_count
from medallion.quality.waivers import gate_of
from medallion.settings import Settings
from medallion.stream import Stream
from medallion.stream.behind import streamed_of
from medallion.stream.freshness import Freshness, freshness_of
from medallion.stream.queues import queues_of
from medallion.transform import BuildRequest, build_nodes, let_go

#: How often a micro-batch that waits for a batch's run looks again, and lands what came meanwhile.
_LOOK_SECONDS = 5.0
#: Under what a micro-batch's build stands in the ledger, where a run's has its layer.
_BUILD = "realtime"


class MicroBatchTask(BaseSensorOperator):
    """Lands what waits, and while no other run of the client builds, brings it to gold and delivers it.

    Args:
        plan: the client's whole plan.
        catalog: its sources and its destination.
    """

    ui_color = "#d9e8f5"
    #: A failure is told once for all runs, until one goes well: the next comes in seconds.
    told_once = True

    def __init__(self, *, plan: Plan, catalog: Catalog, **kwargs: Any) -> None:
        super().__init__(
            mode="reschedule",
            poke_interval=_LOOK_SECONDS,
            timeout=plan.client.run_timeout.total_seconds(),
            **kwargs,
        )
        self.plan = plan
        self.catalog = catalog

    def poke(self, context: Any) -> bool:
        """Land, then build, judge and publish once it is the stream's turn.

        Raises:
            AirflowSkipException: if gold waits for a batch: there was none, or the last has not delivered.
            TransformError: if a model could not be built.
            GateFailed: if a rule is below its threshold; nothing is published.
            PublishError: if gold could not be delivered.
        """
        settings, key = airflow_settings(), run_key(context)
        ledger = open_ledger(settings.database_url)
        self._land(settings, ledger, key)
        waits = known.waiting(ledger, self.plan.client.id)
        if not waits:
            raise AirflowSkipException("nothing came since the last micro-batch")
        before = self._before(ledger, key, context)
        if before:
            self.log.info("%s events wait for %s to end", f"{waits.events:,}", before)
            tell_if_late(self, context, waits.since)
            return False
        batch = last_batch(ledger, self.plan.dag_id)
        if batch is None or not batch.delivered:
            why = f"{batch.run_id} has not delivered" if batch else "no batch of the client has run yet"
            tell_if_late(self, context, waits.since)
            raise AirflowSkipException(f"{waits.events:,} events have landed, gold waits: {why}")
        self._to_gold(settings, ledger, key, context)
        return True

    def _land(self, settings: Settings, ledger: Ledger, key: RunKey) -> None:
        stream = Stream(settings, ledger, self.plan.client, key, self.plan.sub_daily)
        for streamed in streamed_entities(self.plan, self.catalog):
            queues = queues_of(settings, self.plan.client, streamed, airflow_connection)
            for taken in stream.take(streamed, self.catalog.sources[streamed.source], queues):
                self.log.info(
                    "%s: %s events from the %s landed, %s had landed before%s",
                    taken.name,
                    f"{taken.events:,}",
                    taken.channel,
                    f"{taken.duplicates:,}",
                    "; more waits" if taken.more else "",
                )

    def _before(self, ledger: Ledger, key: RunKey, context: Any) -> str | None:
        """The run that builds now, or is to build before this one; None if it is this one's turn."""
        mine = RunKey(self.plan.dag_id, f"{STREAM}{key.run_id}")
        return take_turn(ledger, mine, 1, lambda run_id: is_running(context, self.plan, run_id), BUILD)

    def _to_gold(self, settings: Settings, ledger: Ledger, key: RunKey, context: Any) -> None:
        client = self.plan.client
        waits = known.waiting(ledger, client.id)
        self._build(settings, ledger, key, context["ti"].try_number)
        self._judge(ledger, key)
        self._publish(settings, ledger, key)
        fresh = freshness_of(known.mark_gold(ledger, client.id, key.run_id, waits))
        self.log.info("%s", fresh)
        self._tell(context, fresh)

    def _tell(self, context: Any, fresh: Freshness) -> None:
        if fresh.longest is not None and fresh.longest > self.plan.client.realtime.max_delay:
            tell_if_late(self, context, datetime.now(UTC).replace(tzinfo=None) - fresh.longest)

    def _build(self, settings: Settings, ledger: Ledger, key: RunKey, series: int) -> None:
        client, part = self.plan.client, realtime_plan(self.plan)
        nodes = [node for layer in part.layers for node in layer.nodes]
        entities = [(one.source, one.entity) for one in streamed_entities(self.plan, self.catalog)]
        build_id = ledger.start_build(key, _BUILD, series)
        request = BuildRequest(
            part,
            nodes,
            (),
            (),
            in_force(ledger, client.id),
            run_id=key.run_id,
            build_id=build_id,
            streamed=streamed_of(settings, ledger, client.id, entities),
        )
        rows: list[NodeRow] = []
        try:
            build_nodes(settings, request, rows.append)
        except BaseException as error:
            ledger.add_results(key, build_id, rows)
            ledger.add_results(key, build_id, not_built(nodes, {row.node for row in rows}, error))
            ledger.end_build(build_id, "failed", str(error))
            raise
        finally:
            let_go()
        ledger.add_results(key, build_id, rows)
        ledger.end_build(build_id, "success")

    def _judge(self, ledger: Ledger, key: RunKey) -> None:
        part, results = realtime_plan(self.plan), ledger.latest_results(key)
        client = self.plan.client.id
        verdicts = [
            judge_layer(
                part, layer, results, waivers_that_count(ledger, key, client, layer, gate=gate_of(layer))
            )
            for layer in LAYERS
        ]
        record_verdicts(ledger, key, VALIDATION, verdicts)
        if not all(verdict.passed for verdict in verdicts):
            raise NotPassed(verdicts)

    def _publish(self, settings: Settings, ledger: Ledger, key: RunKey) -> None:
        client = self.plan.client
        minute = minute_of(datetime.now(UTC), client.timezone)
        delivery = publish(
            settings.name_of(client.id),
            self.catalog.destinations[client.destination],
            warehouse=settings.warehouse(client.id),
            schema=settings.schema_of(client.id, "gold"),
            tables=self.plan.marts,
            root=settings.destinations,
            run=RunFacts(
                run_id=key.run_id, interval_start=minute.start, config_version=self.plan.config_version
            ),
            judged=judged_builds(ledger, key),
            lookup=airflow_connection,
        )
        row = {"destination": delivery.destination, "path": delivery.place, "tables": dict(delivery.tables)}
        ledger.record(tables.delivery, key, [row])
        self.log.info("delivered to %s: %s", delivery.place, dict(delivery.copied))
