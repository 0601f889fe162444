"""A DAG's backfills as Airflow answers for them: which one is active, and which runs are its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from medallion.airflow_api.client import AirflowClient

#: What Airflow calls a run that a backfill created, or took over from the schedule.
BACKFILL = "backfill"


def active_backfill(client: AirflowClient, dag_id: str) -> dict[str, Any] | None:
    """Return the backfill of a DAG that has not ended; Airflow allows one."""
    return next((one for one in client.backfills(dag_id) if not one["completed_at"]), None)


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
