"""What becomes of a client's runs when their Airflow ends in the middle of them."""

from __future__ import annotations

from medallion.airflow_api import AirflowClient
from medallion.airflow_api.backfills import BACKFILL, active_backfill


def lay_to_rest(client: AirflowClient, dag_id: str) -> None:
    """Give up the runs in flight of a DAG, but pause its backfill: resumed, it does them anew.

    Airflow would go on with a run in the middle, after its retries' waits, before anything else.
    """
    backfill = active_backfill(client, dag_id)
    if backfill:
        client.pause_backfill(backfill["id"])
    for run in client.runs(dag_id, state=["queued", "running"]):
        kept = backfill and run["run_type"] == BACKFILL
        if kept and run["state"] == "queued":
            continue
        client.end_run(dag_id, run["dag_run_id"])
        if kept:
            client.clear(dag_id, run["dag_run_id"])
