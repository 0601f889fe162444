"""Airflow's task context → our words."""

from __future__ import annotations

from typing import Any

from medallion.clients import Client
from medallion.interval import Interval
from medallion.ledger import RunKey
from medallion.pipeline import last_complete_interval


def run_key(context: Any) -> RunKey:
    """The run that a task belongs to."""
    run = context["dag_run"]
    return RunKey(run.dag_id, run.run_id)


def interval_of(context: Any, client: Client) -> Interval:
    """The run's data interval; of a run triggered without a date, the last one complete at that time."""
    if context.get("data_interval_start"):
        return Interval(context["data_interval_start"], context["data_interval_end"])
    return last_complete_interval(client.schedule_interval, context["dag_run"].run_after)
