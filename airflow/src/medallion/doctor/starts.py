"""Airflow's parts, and runs that should exist and do not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

from medallion.airflow_api import AirflowClient
from medallion.airflow_api.named import named_airflow
from medallion.doctor.finding import BAD, OK, WARN, Finding
from medallion.embedded.running import client_of, running_airflow
from medallion.factory.starts import Starts
from medallion.ledger import Ledger
from medallion.settings import Settings
from medallion.unstarted import Reason

#: What nobody sees a failure of while such a part is away.
_PARTS = {
    "scheduler": "no run starts, no task follows another, and the watch does not look",
    "triggerer": "models' tasks do not end, and nobody is told of late runs",
    "dag_processor": "changes of clients do not reach Airflow",
}
_AGAIN = "see its log in {logs}, and start it again: medallion down, then medallion up"
_AGAIN_IN_STACK = "see its log, and start it again: docker compose logs, docker compose up -d"


def starts(settings: Settings, ledger: Ledger | None, now: datetime | None = None) -> Iterator[Finding]:
    """Look at the Airflow that runs here, and for runs that it should have made.

    Args:
        settings: the installation.
        ledger: knows which intervals were run; None where nothing ever was.
        now: the moment until which intervals count; a test gives another.
    """
    found = _airflow(settings)
    if found is None:
        yield Finding("runs", OK, "no Airflow runs here: schedules make no runs; medallion up starts it")
        return
    with closing(found) as airflow:
        airflow.patience = 0.0  # the API server answers, or that is what is wrong
        yield from _parts(settings, airflow)
        if ledger is not None:
            yield from _runs(settings, ledger, airflow, now or datetime.now(UTC))


def _airflow(settings: Settings) -> AirflowClient | None:
    """The embedded Airflow if it runs, else the one that the environment names, as in a stack."""
    if state := running_airflow(settings):
        return client_of(settings, state.url)
    named = named_airflow()
    return AirflowClient(named.url, named.username, named.password) if named else None


def _parts(settings: Settings, airflow: AirflowClient) -> Iterator[Finding]:
    health = airflow.health()
    logs = settings.home / "airflow" / "logs"
    todo = _AGAIN.format(logs=logs) if running_airflow(settings) else _AGAIN_IN_STACK
    for part, follows in _PARTS.items():
        said = health.get(part) or {}
        if said.get("status") != "healthy":
            beat = said.get(f"latest_{part}_heartbeat") or "never"
            text = f"the {part.replace('_', ' ')} is away, its last heartbeat was {beat}: {follows}"
            yield Finding("runs", BAD, text, todo)


def _runs(settings: Settings, ledger: Ledger, airflow: AirflowClient, now: datetime) -> Iterator[Finding]:
    found = [
        one
        for platform in settings.platforms
        for one in Starts(replace(settings, platforms=(platform,)), ledger, airflow, now).unstarted()
    ]
    for one in found:
        detail = f" ({one.detail})" if one.detail else ""
        text = f"{one.client_id}: {one.said}: {one.reason.said}{detail}"
        yield Finding("runs", WARN if one.reason is Reason.NOT_MADE else BAD, text, one.todo)
    if not found:
        yield Finding("runs", OK, "every run that should exist does")
