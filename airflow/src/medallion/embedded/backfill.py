"""A client's backfill on Airflow: start it, follow it, let it rest, go on with it, give it up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from medallion.airflow_api.backfills import active_backfill, create_backfill
from medallion.clients import Client
from medallion.embedded.at_hand import airflow_at_hand, dag_of, dag_that_runs
from medallion.embedded.backfill_screen import backfill_screen, describe
from medallion.embedded.follow_backfill import BackfillProgress, follow_backfill
from medallion.embedded.resting import lay_to_rest
from medallion.embedded.results import ledger_scores
from medallion.embedded.runner import EmbeddedAirflow
from medallion.embedded.running import client_of, running_airflow
from medallion.exceptions import ConfigError
from medallion.pipeline.backfill import Backfill
from medallion.registry.find import find_live
from medallion.settings import Settings
from medallion.terminal import line


def start_backfill(settings: Settings, order: Backfill, console: Console) -> BackfillProgress | None:
    """Say which intervals an order runs, run them and follow them to the end, or until they are stopped.

    Args:
        settings: the installation.
        order: which client, days and intervals.
        console: shows what happens.

    Returns:
        What became of the runs; None if there was nothing to run.

    Raises:
        ConfigError: if another backfill of the client is active, or no interval of it starts on those days.
        RunnerError: if Airflow does not start, stops, or refuses.
    """
    with airflow_at_hand(settings, [order.client], console) as airflow:
        request = order.request(dag_that_runs(airflow, order.client))
        active = active_backfill(airflow.client, request["dag_id"])
        if active:
            raise ConfigError(
                f"{order.client.id} has a backfill already, {_days(active, order.client)}: go on with it "
                f"(`medallion run {order.client.id} --resume`) or give it up (`--cancel`)"
            )
        wanted = airflow.client.backfill_dates(request)
        line(console, describe(order, [datetime.fromisoformat(date) for date in wanted]))
        if not wanted:
            return None
        backfill = create_backfill(airflow.client, request)
        return _followed(settings, airflow, order.client, backfill, console)


def resume_backfill(settings: Settings, client: Client, console: Console) -> BackfillProgress:
    """Go on with a client's backfill, or only follow it again if it was never stopped.

    Raises:
        ConfigError: if it has none.
        RunnerError: if Airflow does not start, or stops.
    """
    with airflow_at_hand(settings, [client], console) as airflow:
        backfill = _active(airflow, dag_that_runs(airflow, client), client.id)
        line(console, f"{client.id}: goes on with the backfill of {_days(backfill, client)}")
        airflow.client.unpause_backfill(backfill["id"])
        return _followed(settings, airflow, client, backfill, console)


def cancel_backfill(settings: Settings, client: Client, console: Console) -> str:
    """Give up a client's backfill: what has not begun fails, what has begun goes on if Airflow does.

    Returns:
        Its days.

    Raises:
        ConfigError: if it has none.
        RunnerError: if Airflow does not start.
    """
    with airflow_at_hand(settings, [client], console) as airflow:
        backfill = _active(airflow, dag_of(client), client.id)
        airflow.client.end_backfill(backfill["id"])
        return _days(backfill, client)


def stop_backfill(settings: Settings, client_id: str) -> str:
    """Let no further run of a client's backfill begin; whoever follows it stops following.

    Returns:
        Its days.

    Raises:
        ConfigError: if it has none, or no Airflow runs that could be at it.
    """
    state = running_airflow(settings)
    if state is None:
        raise ConfigError(f"no Airflow runs here, so no backfill does: `medallion run {client_id} --resume`")
    client = find_live(settings, client_id)[1].definition.client
    with closing(client_of(settings, state.url)) as airflow:
        backfill = active_backfill(airflow, dag_of(client))
        if backfill is None:
            raise ConfigError(f"{client_id} has no backfill to stop")
        airflow.pause_backfill(backfill["id"])
    return _days(backfill, client)


def _active(airflow: EmbeddedAirflow, dag_id: str, client_id: str) -> dict[str, Any]:
    found = active_backfill(airflow.client, dag_id)
    if found is None:
        raise ConfigError(f"{client_id} has no backfill to go on with or to give up")
    return found


def _followed(
    settings: Settings,
    airflow: EmbeddedAirflow,
    client: Client,
    backfill: dict[str, Any],
    console: Console,
) -> BackfillProgress:
    with _resting_if_interrupted(airflow, client, console), backfill_screen(console) as live:
        ended = follow_backfill(
            airflow.client,
            client,
            backfill,
            live,
            scores=ledger_scores(settings),
            check=airflow.check,
        )
    if ended.done:
        # Airflow itself notices half a minute later, and allows no other backfill until then.
        airflow.client.end_backfill(backfill["id"])
    return ended


@contextmanager
def _resting_if_interrupted(airflow: EmbeddedAirflow, client: Client, console: Console) -> Iterator[None]:
    """Say how to go on; an Airflow that ends with this command leaves a backfill that can be gone on with."""
    try:
        yield
    except KeyboardInterrupt:
        if airflow.is_own:
            line(console, f"{client.id}: stopped; go on with `medallion run {client.id} --resume`")
            lay_to_rest(airflow.client, dag_of(client))
        else:
            line(
                console,
                f"{client.id}: the backfill goes on in Airflow; follow it with "
                f"`medallion run {client.id} --resume`, stop it with `--stop`",
            )
        raise


def _days(backfill: dict[str, Any], client: Client) -> str:
    ends, zone = ("from_date", "to_date"), ZoneInfo(client.timezone)
    first, last = (datetime.fromisoformat(backfill[end]).astimezone(zone) for end in ends)
    return f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
