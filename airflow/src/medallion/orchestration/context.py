"""Airflow's task context → our words."""

from __future__ import annotations

from typing import Any

from medallion.interval import Interval
from medallion.ledger import RunKey


def run_key(context: Any) -> RunKey:
    """The run that a task belongs to."""
    run = context["dag_run"]
    return RunKey(run.dag_id, run.run_id)


def interval_of(context: Any) -> Interval:
    """The run's data interval, in UTC."""
    return Interval(context["data_interval_start"], context["data_interval_end"])
