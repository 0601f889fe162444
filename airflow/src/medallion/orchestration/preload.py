"""What a process imports, and works out, before it forks others that need it.

Every task, and every parsing of a client's DAG, first imports Airflow's task runner, Cosmos and dbt: seconds
each time. A process that has them when it forks hands them on for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from medallion.database import import_driver
from medallion.reports.page import templates
from medallion.settings import load_settings
from medallion.transform.warm import warm_dbt

#: In the order of need.
MODULES = (
    "airflow.__main__",
    "airflow.cli.commands.db_command",
    "airflow.cli.commands.dag_processor_command",
    "airflow.cli.commands.triggerer_command",
    "airflow.cli.commands.scheduler_command",
    "airflow.api_fastapi.execution_api.app",
    "airflow.sdk.execution_time.task_runner",
    "airflow.sdk.execution_time.timeout",
    "airflow.sdk.lineage",
    "airflow.providers.common.io.assets.file",
    "airflow.providers.standard.operators.empty",
    "cosmos.operators.local",
    "cosmos.plugin.airflow3",
    "dbt.cli.main",
    "dbt.adapters.duckdb.impl",
    "dbt.task.run_operation",
    "medallion.extract.quiet_dlt",
    "medallion.orchestration.bundle",
    "medallion.orchestration.client_file",
    "medallion.orchestration.told",
    "medallion.orchestration.triggers",
    "medallion.warehouses.duckdb_plugin",
    "pyarrow.compute",
    "dlt.common.configuration.plugins",
)
#: Arrow looks for it when it first makes a column.
_WHERE_INSTALLED = ("pandas",)


def preload(go_on: Callable[[], bool] = lambda: True) -> None:
    """Import what tasks and parsing need.

    Args:
        go_on: asked before each module; False leaves the rest out.
    """
    for module in (*MODULES, *filter(find_spec, _WHERE_INSTALLED)):
        if go_on():
            import_module(module)


def share_task_api() -> None:
    """Make Airflow's task API once, for all forks of this process: API server, DAG processor and triggerer.

    Each of them makes its own, and works out its routes for every version of the API at the first request:
    8 s of a core each time (3.3.0), while the first task, or who is to be told of a killed one, waits.
    """
    from airflow.api_fastapi.execution_api import app as task_api

    made = task_api.create_task_execution_api_app()
    # What Cadwyn, which serves the versions, otherwise does at the first request.
    made._cadwyn_initialize()

    def shared(lifespan: Any = task_api.lifespan) -> Any:
        made.router.lifespan_context = lifespan
        return made

    task_api.create_task_execution_api_app = shared


def warm_up() -> None:
    """Have dbt, the tasks' client, the ledger's driver and the reports' templates worked out what they work
    out once a process.

    Raises:
        TransformError: if dbt cannot build a small project in memory.
    """
    from airflow.sdk.api.client import Client

    warm_dbt()
    Client(base_url="http://localhost", token="").close()  # which reads the certificates
    import_driver(load_settings().database_url)
    pages = templates()
    for name in pages.list_templates(extensions=["j2"]):
        pages.get_template(name)
