"""A DAG's backfills as Airflow answers for them: which one is active, and which runs are its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_exponential

from medallion.airflow_api.client import AirflowClient
from medallion.exceptions import ServerFailed

#: What Airflow calls a run that a backfill created, or took over from the schedule.
BACKFILL = "backfill"


def active_backfill(client: AirflowClient, dag_id: str) -> dict[str, Any] | None:
    """Return the backfill of a DAG that has not ended; Airflow allows one."""
    return next((one for one in client.backfills(dag_id) if not one["completed_at"]), None)


def create_backfill(client: AirflowClient, request: Mapping[str, Any]) -> dict[str, Any]:
    """Create a backfill with all its runs, again where Airflow fails midway.

    Airflow stores a backfill before its runs, and all its runs at once: where SQLite is locked between the
    two, one without runs is left, which nothing would ever end and which lets no other begin.

    Args:
        client: the Airflow; it is asked for as long as its patience lasts.
        request: as :meth:`AirflowClient.create_backfill` takes it, of a DAG without an active backfill.

    Returns:
        The backfill.

    Raises:
        ServerFailed: if Airflow goes on failing.
        RunnerError: if it refuses.
    """
    again = Retrying(
        retry=retry_if_exception_type(ServerFailed),
        wait=wait_exponential(multiplier=0.1, max=5),
        stop=stop_after_delay(client.patience),
        reraise=True,
    )
    return again(_create, client, request)


def _create(client: AirflowClient, request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return client.create_backfill(request)
    except ServerFailed:
        left = active_backfill(client, request["dag_id"])
        if left and runs_of_backfill(client, left):
            return left
        if left:
            client.end_backfill(left["id"])
        raise


def runs_of_backfill(client: AirflowClient, backfill: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the runs of a backfill, the oldest date first.

    Airflow names no run's backfill. They are those of its dates that were queued since it was created: what
    an earlier backfill ran, and this one left alone, was queued before.
    """
    created = datetime.fromisoformat(backfill["created_at"])
    found = client.runs(
        backfill["dag_id"],
        run_type=BACKFILL,
        logical_date_gte=backfill["from_date"],
        logical_date_lte=backfill["to_date"],
        order_by="logical_date",
    )
    return [run for run in found if run["queued_at"] and datetime.fromisoformat(run["queued_at"]) >= created]
