"""A client's second DAG: what comes between its batches."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Asset, AssetWatcher

from medallion.clients import Catalog
from medallion.failures import Backoff
from medallion.interval import midnight
from medallion.orchestration.callbacks import callbacks
from medallion.orchestration.dag import access_control
from medallion.orchestration.documents import stream_document
from medallion.orchestration.micro_batch import MicroBatchTask
from medallion.orchestration.retries import RetryByClass
from medallion.orchestration.stream_triggers import InboxTrigger
from medallion.pipeline import Plan, realtime_dag_id_of, streamed_entities
from medallion.settings import load_settings

#: What fails is soon done by the next micro-batch: few tries, short waits.
_RETRIES = 2
_BACKOFF = Backoff(timedelta(seconds=5), 2.0, timedelta(seconds=20))


def create_realtime_dag(plan: Plan, catalog: Catalog) -> DAG | None:
    """Build the DAG of a client's stream; the same plan gives the same DAG in every process.

    Args:
        plan: the client's.
        catalog: its sources and its destination.

    Returns:
        None where the client has no real time, or nothing that may come as events.

    Raises:
        ConfigError: if a contract does not say what tells its events apart.
    """
    client = plan.client
    if not client.business_rules.enable_real_time:
        return None
    streamed = streamed_entities(plan, catalog)
    if not streamed:
        return None
    dag_id = realtime_dag_id_of(client.id, client.platform)
    with DAG(
        dag_id,
        description=f"{client.description}: events between batches",
        doc_md=stream_document(plan, streamed),
        schedule=[_asset(plan, dag_id, [one.name for one in streamed])],
        start_date=midnight(client.start_date, client.timezone),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=client.run_timeout,
        tags=["medallion", "realtime", f"client:{client.id}", *client.tags],
        default_args={
            "owner": client.owner,
            "retries": _RETRIES,
            "retry_delay": _BACKOFF.first,
            "retry_policy": RetryByClass(_BACKOFF),
            "execution_timeout": client.task_timeout,
            **callbacks(client),
        },
        is_paused_upon_creation=False,
    ) as dag:
        MicroBatchTask(
            task_id="micro_batch",
            plan=plan,
            catalog=catalog,
            queue=load_settings().warehouse_queue,
            doc_md="Lands what waits; then builds, measures, judges and publishes it, while no batch does.",
        )
    dag.access_control = access_control(client.access)
    return dag


def _asset(plan: Plan, dag_id: str, entities: list[str]) -> Asset:
    """What the stream waits for; its events say no more than that there is something."""
    said = plan.client.realtime
    batch, again = said.batch.total_seconds(), said.max_delay.total_seconds()
    inbox = AssetWatcher(name=f"{dag_id}_inbox", trigger=InboxTrigger(plan.client.id, entities, batch, again))
    watchers = [inbox]
    if said.queues:
        # Its import looks through all of Airflow's providers: not for clients without queues.
        from medallion.orchestration.queues import queue_trigger

        watchers += [
            AssetWatcher(
                name=f"{dag_id}_{queue.name.replace('.', '_')}",
                trigger=queue_trigger(plan.client, queue, batch, again),
            )
            for queue in said.queues
        ]
    return Asset(name=dag_id, uri=f"medallion://{dag_id}", watchers=watchers)
