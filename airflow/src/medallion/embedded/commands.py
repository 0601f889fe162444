"""What a person calls: the demo, ``up`` and ``down``, and one client's runs."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rich.console import Console

from medallion.clients import ENABLED, Catalog, Client, load_catalog, status_of
from medallion.embedded.at_hand import airflow_at_hand, dag_that_runs, start_with, stopped_by_signals
from medallion.embedded.environment import AirflowOptions
from medallion.embedded.fault import Way, chosen_for, way_of
from medallion.embedded.follow import ClientRun, Progress, follow
from medallion.embedded.prepare import clients_to_run, live_of, make_extracts, make_ready
from medallion.embedded.results import ledger_scores
from medallion.embedded.runner import EmbeddedAirflow
from medallion.embedded.running import refuse_second, running_airflow, stop_airflow
from medallion.embedded.screen import screen
from medallion.exceptions import ConfigError
from medallion.interval import Interval
from medallion.pipeline import calendar_of, last_complete_interval
from medallion.pipeline.days import intervals_of_day
from medallion.registry import ACTIVE, Definition
from medallion.registry.find import find_live
from medallion.sample_data import DEFAULT_ROWS, Fault
from medallion.settings import Settings
from medallion.terminal import line

#: Around today, so that pressing "Trigger" in the UI finds an extract of the last complete interval.
DAYS_AROUND = range(-2, 3)


def demo(
    settings: Settings,
    day: date,
    console: Console,
    *,
    rows_a_day: int = DEFAULT_ROWS,
    defects: float = 1.0,
    fault: Fault | None = None,
) -> tuple[list[Progress], Way | None]:
    """Run every client that is active once, for a day's first interval, on an Airflow that lives as long.

    Args:
        settings: the installation.
        day: which; the same day gives the same rows.
        console: shows what happens.
        rows_a_day: size of the sample extracts, of all of a client's sources together.
        defects: 0 plants none in them; 1 leaves scores just above the client's threshold, 2 breaches it.
        fault: what is to go wrong; then just the client runs that it happens to.

    Returns:
        What became of each run, and of a fault the way that it went.

    Raises:
        ConfigError: if no client can run.
        RunnerError: if Airflow does not start, or stops.
    """
    refuse_second(settings)
    catalog = load_catalog(settings.configs)
    wanted = _chosen(catalog, settings, console)
    broken = _make_ready(catalog, settings, console)
    never = [Progress.never_started(name, reason) for name, reason in broken.items()]
    live = _live(wanted, broken, settings, console)
    if not live:
        if not never:
            raise ConfigError("no client can run: none is active in the registry")
        return never, None
    clients = [one.client for one in live]
    if fault:
        victim, defects = chosen_for(fault, clients, catalog, defects)
        clients = [victim]
    made = [one for one in live if one.client in clients]
    _extract(made, catalog, [day], settings, console, rows_a_day=rows_a_day, defects=defects)
    firsts = [(client, intervals_of_day(calendar_of(client), day)[:1]) for client in clients]
    with airflow_at_hand(settings, clients, console) as airflow:
        ended = _run(airflow, firsts, settings, console)
        (client, (interval, *_)), *_ = firsts
        # While Airflow is there: it may be telling people yet.
        way = way_of(settings, client, ended[0].run, interval) if fault else None
    return never + ended, way


def run_client(
    settings: Settings,
    client_id: str,
    days: Sequence[date],
    console: Console,
    asked: Mapping[str, Any] | None = None,
) -> list[Progress]:
    """Run one client for every interval of some days, one after the other, until one fails.

    On the Airflow that ``up`` started if there is one, else on one that lives as long.

    Args:
        settings: the installation.
        client_id: whose runs.
        days: which; none for the last complete interval.
        console: shows what happens.
        asked: what else each run is asked to do, by the names of the trigger form.

    Raises:
        ConfigError: if there is no such client, or it cannot run here.
        RunnerError: if Airflow does not start, or stops.
    """
    client = ready_client(settings, client_id, console)
    with airflow_at_hand(settings, [client], console) as airflow:
        return _run(airflow, [(client, _intervals(client, days))], settings, console, asked or {})


def ready_client(settings: Settings, client_id: str, console: Console) -> Client:
    """Return a client as it is live, with all that its runs need in place.

    Raises:
        ConfigError: if there is no such client, or it cannot run here.
    """
    catalog = load_catalog(settings.configs)
    broken = _make_ready(catalog, settings, console)
    if client_id in broken:
        raise ConfigError(broken[client_id])
    _, live = find_live(settings, client_id)
    if live.status != ACTIVE:
        known = catalog.clients.get(client_id)
        said = status_of(known, catalog, settings) if known else ENABLED
        raise ConfigError(f"{client_id} is {live.status if said == ENABLED else said}")
    return live.definition.client


def up(settings: Settings, console: Console) -> EmbeddedAirflow:
    """Start an Airflow that stays, with the schedules of all active clients; the one that runs, if one does.

    No client is caught up on unless its config says ``catchup``: each runs its last complete interval, and
    then every interval as it ends.

    Raises:
        ConfigError: if no client can run.
        RunnerError: if it does not start.
    """
    airflow = EmbeddedAirflow(settings, AirflowOptions(schedules=True), detached=True)
    if running_airflow(settings):
        return airflow
    catalog = load_catalog(settings.configs)
    wanted = _chosen(catalog, settings, console)
    broken = _make_ready(catalog, settings, console)
    for name, reason in broken.items():
        line(console, f"{name}: {reason}", style="red")
    live = _live(wanted, broken, settings, console)
    today = datetime.now(UTC).date()
    around = [today + timedelta(days=number) for number in DAYS_AROUND]
    _extract(live, catalog, around, settings, console)
    with stopped_by_signals():
        start_with(airflow, [one.client for one in live], console)
    return airflow


def down(settings: Settings) -> bool:
    """Stop the Airflow of this installation; False if none ran."""
    return stop_airflow(settings)


# --- Before Airflow


def _chosen(catalog: Catalog, settings: Settings, console: Console) -> list[Client]:
    clients, left_out = clients_to_run(catalog, settings)
    for reason in left_out:
        line(console, reason, style="yellow")
    return clients


def _make_ready(catalog: Catalog, settings: Settings, console: Console) -> dict[str, str]:
    with console.status("taking the clients into the registry, and reading the dbt project"):
        return make_ready(catalog, settings)


def _live(
    wanted: Sequence[Client], broken: Container[str], settings: Settings, console: Console
) -> list[Definition]:
    """Those that the registry has active, as they are live; a line is printed for each other one."""
    live, left_out = live_of([client for client in wanted if client.id not in broken], settings)
    for reason in left_out:
        line(console, reason, style="yellow")
    return live


def _extract(
    live: Sequence[Definition],
    catalog: Catalog,
    days: Sequence[date],
    settings: Settings,
    console: Console,
    **how: Any,
) -> None:
    """Write sample extracts as the clients' live contracts have them."""
    with console.status("writing sample extracts"):
        for one in live:
            make_extracts([one.client], replace(catalog, sources=dict(one.sources)), days, settings, **how)


def _intervals(client: Client, days: Sequence[date]) -> list[Interval]:
    if not days:
        return [last_complete_interval(calendar_of(client), datetime.now(UTC))]
    return [one for day in days for one in intervals_of_day(calendar_of(client), day)]


# --- Runs


def _run(
    airflow: EmbeddedAirflow,
    intervals: Sequence[tuple[Client, list[Interval]]],
    settings: Settings,
    console: Console,
    asked: Mapping[str, Any] | None = None,
) -> list[Progress]:
    """Run clients beside each other, each its intervals one after the other until one fails."""
    ended: list[Progress] = []
    waiting = {client.id: (client, list(wanted)) for client, wanted in intervals}
    while any(wanted for _, wanted in waiting.values()):
        turns = [(client, wanted.pop(0)) for client, wanted in waiting.values() if wanted]
        runs = [_trigger(airflow, client, interval, asked or {}) for client, interval in turns]
        with screen(console) as live:
            turn = follow(airflow.client, runs, live, scores=ledger_scores(settings), check=airflow.check)
        ended += turn
        for one in turn:
            if not one.succeeded:
                waiting[one.run.client_id][1].clear()
    return ended


def _trigger(
    airflow: EmbeddedAirflow, client: Client, interval: Interval, conf: Mapping[str, Any]
) -> ClientRun:
    dag_id = dag_that_runs(airflow, client)
    run_id = f"by_hand__{interval.stamp}__{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"
    return ClientRun(client.id, airflow.client.trigger(dag_id, interval, run_id, conf), dag_id)
