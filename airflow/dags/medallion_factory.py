"""One factory a platform: it keeps the clients' files, the registry and Airflow in step."""

from airflow.sdk import DAG  # noqa: F401  (by it Airflow knows a file with a DAG)

from medallion.orchestration.factory import factory_dag
from medallion.settings import load_settings

for _platform in load_settings().platforms:
    _dag = factory_dag(_platform)
    globals()[_dag.dag_id] = _dag
