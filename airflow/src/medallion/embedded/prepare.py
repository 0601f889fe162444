"""What has to be there before clients run: their manifests, and the extracts of a demo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from medallion.clients import DISABLED, ENABLED, Catalog, Client, status_of
from medallion.exceptions import ConfigError
from medallion.pipeline import make_plan, shape_of
from medallion.pipeline.days import intervals_of_day
from medallion.sample_data import DEFAULT_ROWS, generate_client
from medallion.settings import Settings


def clients_to_run(catalog: Catalog, settings: Settings) -> tuple[list[Client], list[str]]:
    """Choose the clients that run here.

    Returns:
        Them, and a line for each that is not disabled by its own file and yet does not run, saying why.

    Raises:
        ConfigError: if none can run; the text says why.
    """
    states = {client.id: status_of(client, catalog, settings) for client in catalog.clients.values()}
    chosen = [client for client in catalog.clients.values() if states[client.id] == ENABLED]
    lines = [str(problem) for problem in catalog.problems]
    lines += [f"{name} is {state}" for name, state in states.items() if state not in (ENABLED, DISABLED)]
    if not chosen:
        raise ConfigError("no client can run" + "".join(f"\n{one}" for one in lines))
    return chosen, lines


def make_ready(clients: Sequence[Client], settings: Settings) -> dict[str, str]:
    """Make the manifests of some clients that are missing or out of date, and try their plans.

    Returns:
        Why a client cannot run, by its id; nothing for those that can.

    Raises:
        TransformError: if the dbt project does not parse.
    """
    from medallion.transform import load_slim, prepare

    prepare(settings, list(dict.fromkeys(shape_of(client) for client in clients)))
    problems = {}
    for client in clients:
        try:
            make_plan(client, load_slim(settings, shape_of(client)))
        except ConfigError as error:
            problems[client.id] = str(error)
    return problems


def make_extracts(
    clients: Iterable[Client],
    catalog: Catalog,
    days: Iterable[date],
    settings: Settings,
    *,
    rows_a_day: int = DEFAULT_ROWS,
    defects: float = 1.0,
) -> None:
    """Write the sample extracts of some clients for some days, where they have not been written yet."""
    for client in clients:
        intervals = [one for day in days for one in intervals_of_day(client.schedule_interval, day)]
        generate_client(
            client,
            catalog.sources,
            intervals,
            settings.samples,
            rows_a_day=rows_a_day,
            defects=defects,
            only_missing=True,
        )
