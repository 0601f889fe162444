"""The client's nodes as Cosmos draws and runs them by itself, for `make bench`."""

import json
import os
from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG
from cosmos import DbtTaskGroup, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import ExecutionMode, InvocationMode, LoadMode, TestBehavior

from medallion.clients import load_catalog
from medallion.interval import Interval
from medallion.pipeline import make_plan, shape_of, snapshot_entities
from medallion.settings import load_settings
from medallion.transform import BuildRequest, slim_path
from medallion.transform.build import run_variables
from medallion.warehouses import warehouse_of

settings = load_settings()
catalog = load_catalog(settings.configs)
client = catalog.clients[os.environ["MEDALLION_BENCH_CLIENT"]]

DAY = Interval(datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC))
path = slim_path(settings, shape_of(client))
plan = make_plan(client, json.loads(path.read_text()))
snapshots = snapshot_entities(client, catalog.sources)
variables = run_variables(settings, BuildRequest(plan, (), (DAY,), snapshots))

for mode in (ExecutionMode.LOCAL, ExecutionMode.WATCHER):
    # DuckDB is one writer: tasks of Cosmos's LOCAL mode, a process each, can only take turns.
    turns = 1 if mode is ExecutionMode.LOCAL else 16
    never_by_itself = {"schedule": None, "is_paused_upon_creation": False}
    # WATCHER's tasks fail now and then when they fall back to running dbt beside the producer.
    again = {"retries": 2, "retry_delay": timedelta(seconds=2)}
    with DAG(f"cosmos_{mode.value}", max_active_tasks=turns, default_args=again, **never_by_itself) as dag:
        DbtTaskGroup(
            group_id="dbt",
            project_config=ProjectConfig(settings.dbt_project, manifest_path=path, install_dbt_deps=False),
            profile_config=ProfileConfig(
                profile_name="medallion",
                target_name=settings.target,
                profiles_yml_filepath=settings.dbt_project / "profiles.yml",
            ),
            execution_config=ExecutionConfig(execution_mode=mode, invocation_mode=InvocationMode.DBT_RUNNER),
            render_config=RenderConfig(
                load_method=LoadMode.DBT_MANIFEST, test_behavior=TestBehavior.AFTER_EACH
            ),
            operator_args={
                "vars": variables,
                "env": dict(warehouse_of(settings).environment(settings, client.id)),
                "append_env": True,
                "install_deps": False,
            },
        )
    globals()[dag.dag_id] = dag
