"""What a process imports before it forks others that need it.

Every task, and every parsing of a client's DAG, first imports Airflow's task runner, Cosmos and dbt: seconds
each time. A process that has them when it forks hands them on for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

#: In the order of need.
MODULES = (
    "airflow.__main__",
    "airflow.cli.commands.db_command",
    "airflow.cli.commands.dag_processor_command",
    "airflow.cli.commands.triggerer_command",
    "airflow.cli.commands.scheduler_command",
    "airflow.sdk.execution_time.task_runner",
    "airflow.providers.standard.operators.empty",
    "cosmos.operators.local",
    "cosmos.plugin.airflow3",
    "dbt.cli.main",
    "dbt.adapters.duckdb.impl",
    "medallion.extract.quiet_dlt",
    "medallion.orchestration.client_file",
    "medallion.orchestration.triggers",
)


def preload(go_on: Callable[[], bool] = lambda: True) -> None:
    """Import what tasks and parsing need.

    Args:
        go_on: asked before each module; False leaves the rest out.
    """
    for module in MODULES:
        if go_on():
            import_module(module)
