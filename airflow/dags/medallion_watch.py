"""One watch a platform: it finds runs that should exist and do not."""

from airflow.sdk import DAG  # noqa: F401  (by it Airflow knows a file with a DAG)

from medallion.orchestration.watch_dag import watch_dag
from medallion.settings import load_settings

for _platform in load_settings().platforms:
    _dag = watch_dag(_platform)
    globals()[_dag.dag_id] = _dag
