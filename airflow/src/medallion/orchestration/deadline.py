"""A client's deadline, as its DAG has it. A DAG's file imports this: the work is in another module."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from medallion.clients import Client


def deadline_of(client: Client) -> DeadlineAlert | None:
    """The deadline of a client's runs, counted from when each is queued; None if it may take any time."""
    if client.sla.run is None:
        return None
    said = {"client": client.model_dump(mode="json", exclude_defaults=True)}
    return DeadlineAlert(
        name="sla.run",
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=client.sla.run,
        callback=AsyncCallback(tell_late_run, said),
    )


async def tell_late_run(client: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    """Tell that a run is late, unless there is nothing to tell; Airflow has the triggerer call this.

    Args:
        client: the client, as plain data: the triggerer reads no DAG's file.
        context: the run, as it was when its deadline had passed, by Airflow's REST names.

    Returns:
        What was done, which Airflow keeps.
    """
    return await asyncio.to_thread(_tell, dict(client), context["dag_run"])


def _tell(client: Mapping[str, Any], run: Mapping[str, Any]) -> str:
    from medallion.orchestration.late import tell_if_late

    return tell_if_late(Client.model_validate(client), run)
