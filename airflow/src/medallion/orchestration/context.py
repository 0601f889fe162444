"""Airflow's task context → our words."""

from __future__ import annotations

from typing import Any

from medallion.clients import Client
from medallion.interval import Interval
from medallion.ledger import RunKey
from medallion.pipeline import Asked, calendar_of, last_complete_interval, read_asked


def run_key(context: Any) -> RunKey:
    """The run that a task belongs to."""
    run = context["dag_run"]
    return RunKey(run.dag_id, run.run_id)


def asked_of(context: Any, client: Client) -> Asked:
    """What the run was asked to do; one that nobody started by hand has its data interval and nothing else.

    Raises:
        ConfigError: if the values of its trigger form do not fit together.
    """
    run = context["dag_run"]
    return read_asked(
        context.get("params") or {},
        calendar_of(client),
        _own_interval(context, client),
        run.run_after,
        by=getattr(run, "triggering_user_name", None),
    )


def interval_of(context: Any, client: Client) -> Interval:
    """The run's own interval, by which its rows, its report and its delivery are dated.

    Raises:
        ConfigError: if the values of its trigger form do not fit together.
    """
    return asked_of(context, client).interval


def _own_interval(context: Any, client: Client) -> Interval:
    """The run's data interval; of a run triggered without a date, the last one complete at that time."""
    if context.get("data_interval_start"):
        return Interval(context["data_interval_start"], context["data_interval_end"], client.timezone)
    return last_complete_interval(calendar_of(client), context["dag_run"].run_after)
