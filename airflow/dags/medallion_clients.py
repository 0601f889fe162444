"""One DAG a client of ``configs/clients``; a worker that runs a task builds just the one it needs."""

from airflow.sdk import get_parsing_context

from medallion.orchestration.clients import load_client_dags
from medallion.settings import load_settings

globals().update(load_client_dags(load_settings(), get_parsing_context().dag_id))
