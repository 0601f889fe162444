"""What has to be there before clients run: their manifests, and the extracts of a demo."""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from medallion.clients import DISABLED, ENABLED, Catalog, Client, status_of
from medallion.exceptions import ConfigError
from medallion.pipeline import calendar_of
from medallion.pipeline.days import intervals_of_day
from medallion.registry import ACTIVE, Definition
from medallion.registry.find import registry_of
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


def make_ready(catalog: Catalog, settings: Settings) -> dict[str, str]:
    """Take what the files say into the registry, and make the DAG files that are behind.

    Returns:
        What is wrong, by a client's id or a file's name; nothing if all is well.

    Raises:
        TransformError: if the dbt project does not parse.
        RegistryError: if the registry cannot be reached.
    """
    from medallion.factory import bring_up_to_date

    troubled: dict[str, str] = {}
    for platform in settings.platforms:
        of_platform = replace(settings, platforms=(platform,))
        report = bring_up_to_date(of_platform, catalog, actor=getpass.getuser())
        troubled |= {line.subject: line.detail for line in report.trouble}
    return troubled


def live_of(clients: Iterable[Client], settings: Settings) -> tuple[list[Definition], list[str]]:
    """Look up what the registry makes of clients whose files want them to run; it has the last word.

    Returns:
        Those that are active there, as they are live, and a line for each other one, saying why.
    """
    live, lines = [], []
    for client in clients:
        if client.platform not in settings.platforms:
            lines.append(f"{client.id} is of the platform {client.platform}, which MEDALLION_PLATFORMS lacks")
            continue
        known = registry_of(settings, client.platform).configuration(client.id)
        if known and known.status == ACTIVE:
            live.append(known.definition)
        elif known:
            hint = f"`medallion enable {client.id}` brings it back"
            lines.append(f"{client.id} is {known.status} in the registry; {hint}")
        else:
            lines.append(f"{client.id} is not in the registry; `medallion plan` says why")
    return live, lines


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
        intervals = [one for day in days for one in intervals_of_day(calendar_of(client), day)]
        generate_client(
            client,
            catalog.sources,
            intervals,
            settings.samples,
            rows_a_day=rows_a_day,
            defects=defects,
            only_missing=True,
        )
