"""A client's plan → its DAG."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, chain

from medallion.clients import Catalog, Client, client_from_dict
from medallion.clients.access import Access
from medallion.clients.weekdays import weekdays_text
from medallion.interval import midnight
from medallion.orchestration.callbacks import NO_CALLBACKS, callbacks
from medallion.orchestration.deadline import deadline_of
from medallion.orchestration.documents import client_document
from medallion.orchestration.ends import CleanupTask, ExtractTask, LoadTask, ReportTask
from medallion.orchestration.form import trigger_form
from medallion.orchestration.gates import GateTask
from medallion.orchestration.layer_build import LayerBuildTask
from medallion.orchestration.layers import draw_layer
from medallion.orchestration.nodes import DbtNodeTask
from medallion.orchestration.reconcile import ReconcileTask
from medallion.orchestration.retries import RetryByClass, backoff_of
from medallion.orchestration.start import BuildTurnTask, StartTask
from medallion.orchestration.timetables import timetable_of
from medallion.pipeline import (
    LAYERS,
    Plan,
    calendar_of,
    load_task,
    make_plan,
    snapshot_entities,
    streamed_entities,
)
from medallion.settings import load_settings

#: Where the target lets one writer in, as DuckDB does, these run where its file is.
_OPENS_WAREHOUSE = (LayerBuildTask, DbtNodeTask, LoadTask, CleanupTask, ReportTask)


@dataclass(frozen=True)
class Manifest:
    """The slim manifest of a client's shape: its content, and the file that Cosmos reads it from."""

    content: Mapping[str, Any]
    path: Path


def create_client_dag(
    client_id: str, config: Client | Mapping[str, Any], *, catalog: Catalog, manifest: Manifest
) -> DAG:
    """Build a client's DAG; the same client and manifest give the same DAG in every process.

    Args:
        client_id: the client's id, as in ``client_<id>_pipeline``.
        config: the client, or a plain dict of the same shape as its YAML (with a ``timedelta`` for
            ``schedule_interval``); what it leaves out has Medallion's defaults.
        catalog: the sources and destinations that the client may name.
        manifest: the slim manifest of the client's shape.

    Raises:
        ConfigError: if the config is not valid; every problem is named.
    """
    client = config if isinstance(config, Client) else client_from_dict(client_id, config)
    plan = make_plan(client, manifest.content)
    with _empty_dag(plan) as dag:
        _draw(plan, catalog, manifest.path)
    # Only now: each task would have a copy, and Airflow checks the form three times a copy when it serializes
    # them: 0.9 of 1.0 s of processor time for 82 tasks (3.3.0). A run's tasks have it from the DAG.
    dag.params = trigger_form()
    dag.access_control = access_control(client.access)
    for task in dag.tasks:
        if isinstance(task, _OPENS_WAREHOUSE):
            task.queue = load_settings().warehouse_queue
    # Cosmos draws nodes in the order of a set: another one in every process.
    dag.task_dict = dict(sorted(dag.task_dict.items()))
    return dag


def _empty_dag(plan: Plan) -> DAG:
    client = plan.client
    return DAG(
        plan.dag_id,
        description=client.description,
        doc_md=client_document(plan),
        schedule=timetable_of(calendar_of(client)),
        start_date=midnight(client.start_date, client.timezone),
        catchup=client.catchup,
        max_active_runs=client.max_active_runs,
        dagrun_timeout=client.run_timeout,
        deadline=deadline_of(client),
        tags=["medallion", f"client:{client.id}", *client.tags],
        default_args={
            "owner": client.owner,
            "retries": client.retries,
            "retry_delay": client.retry_delay,
            # Airflow's own wait, for what the policy is not asked about: a try that was killed.
            "retry_exponential_backoff": client.retry_factor,
            "max_retry_delay": client.max_retry_delay,
            "retry_policy": RetryByClass(backoff_of(client)),
            "execution_timeout": client.task_timeout,
            **callbacks(client),
        },
        is_paused_upon_creation=False,
    )


def access_control(access: Access) -> dict[str, dict[str, list[str]]]:
    """What each role may do with the DAG and its runs; without any role nobody may what is not listed.

    None would leave at the auth manager what an earlier version of the client allowed.
    """
    may = {role: {"DAGs": ["can_read"], "DAG Runs": ["can_read"]} for role in sorted(access.see)}
    more = {"DAGs": ["can_edit", "can_read"], "DAG Runs": ["can_create", "can_read"]}
    return may | {
        role: {name: [*actions] for name, actions in more.items()} for role in sorted(access.trigger)
    }


def _draw(plan: Plan, catalog: Catalog, manifest: Path) -> None:
    client = plan.client
    start = StartTask(
        task_id="start",
        plan=plan,
        # Its downstream are the extracts and, for this, the load.
        depends_on_past=client.depends_on_past,
        wait_for_downstream=client.depends_on_past,
        doc_md="Waits for the client's other run to end, then writes the run, its config version and its "
        "interval down.",
    )
    extracts = [
        ExtractTask(
            task_id=f"extract_{extract.source}",
            plan=plan,
            extract=extract,
            contract=catalog.sources[extract.source],
            doc_md=f"Lands the interval of `{extract.source}`: {catalog.sources[extract.source].description}",
        )
        for extract in plan.extracts
    ]
    snapshots = snapshot_entities(client, catalog.sources)
    layers = [draw_layer(plan, layer, manifest, snapshots) for layer in LAYERS]
    validation = GateTask(
        task_id="quality_validation",
        plan=plan,
        layers=LAYERS,
        doc_md="Judges all three layers once more, from this run's rows alone, before anything is published.",
    )
    load = LoadTask(
        task_id=load_task(client),
        plan=plan,
        destination=catalog.destinations[client.destination],
        doc_md=f"Publishes gold to `{client.destination}`: all tables or none.",
    )
    cleanup = CleanupTask(
        task_id="cleanup_old_data",
        plan=plan,
        doc_md=f"Deletes what is too old, counted from the run's date: {_kept(plan)}. "
        f"Skipped in runs of other days than: {weekdays_text(client.cleanup_on)}.",
    )
    # Also where the cleanup is skipped, as in a backfilled run or by cleanup_on; not where the load is, as in
    # a dry run.
    end = EmptyOperator(
        task_id="end",
        trigger_rule="none_failed_min_one_success",
        doc_md="The run has delivered.",
        **NO_CALLBACKS,
    )
    report = ReportTask(
        task_id="daily_report",
        plan=plan,
        doc_md="Writes the reports of the run and of its day, whatever became of it.",
    )
    chain(start, extracts, *_turn_to_build(plan), *_reconcile(plan, catalog), layers[0].begin)
    for before, after in pairwise(layers):
        before.gate >> after.begin
    for layer in layers:
        layer.gate >> validation
    chain(validation, load, cleanup, [end, report])
    load >> end
    if client.depends_on_past:
        start >> load


def _turn_to_build(plan: Plan) -> list[BuildTurnTask]:
    """Where runs of the client may meet, what keeps their builds apart."""
    if plan.client.max_active_runs == 1 and not plan.client.business_rules.enable_real_time:
        return []
    told = "Waits until no other run of the client builds, judges or delivers; extracts have not waited."
    return [BuildTurnTask(task_id="turn_to_build", plan=plan, doc_md=told)]


def _reconcile(plan: Plan, catalog: Catalog) -> list[ReconcileTask]:
    """Where a client has a stream, what holds the batch against it."""
    if not plan.client.business_rules.enable_real_time or not streamed_entities(plan, catalog):
        return []
    told = "Holds what landed against what the stream had brought; the batch's rows take its place."
    return [ReconcileTask(task_id="reconcile_stream", plan=plan, catalog=catalog, doc_md=told)]


def _kept(plan: Plan) -> str:
    """How long each layer is kept; landing as long as the longest, which may be made anew from it."""
    days = plan.client.business_rules.data_retention_days
    layers = [f"{layer} after {getattr(days, layer)}" for layer in LAYERS]
    landing, reports = f"landing after {plan.landing_days} days", f"reports after {days.reports}"
    return ", ".join([landing, *layers, reports])
