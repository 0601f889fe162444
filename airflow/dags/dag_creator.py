"""A ``dag_creator`` for each platform: it makes a DAG from a template."""

from airflow.sdk import DAG  # noqa: F401  (by it Airflow knows a file with a DAG)

from medallion.orchestration.creator import creator_dag
from medallion.settings import load_settings

for _platform in load_settings().platforms:
    _dag = creator_dag(_platform)
    globals()[_dag.dag_id] = _dag
