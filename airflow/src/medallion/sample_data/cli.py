"""``medallion sample-data``: write the demo's extracts and say what was planted."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from medallion.clients import Client, load_catalog
from medallion.exceptions import ConfigError
from medallion.interval import Interval
from medallion.pipeline import last_complete_interval
from medallion.sample_data.generate import DEFAULT_ORDERS, can_generate, generate_client
from medallion.sample_data.intervals import intervals_of
from medallion.sample_data.planted import Planted
from medallion.settings import load_settings
from medallion.terminal import AsJson, out, print_json


def sample_data(
    client_id: Annotated[str, typer.Argument(metavar="ID", help="The client's id: its file's name.")],
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="First day; the last complete interval if none."),
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day; the first if none.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed, other rows.")] = 7,
    orders: Annotated[int, typer.Option(min=1, help="Orders a day.")] = DEFAULT_ORDERS,
    defects: Annotated[float, typer.Option(min=0, help="0 plants none, 2 twice as many as usual.")] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Write a client's sample extracts: the same bytes for the same seed and dates."""
    settings = load_settings()
    catalog = load_catalog(settings.configs)
    client = catalog.client(client_id)
    if not any(can_generate(catalog.sources[source.name]) for source in client.data_sources):
        raise ConfigError(f"{client_id}: none of its sources is generated; it reads real extracts")
    if last and not first:
        raise ConfigError("--to needs --from: the first day")
    planted = generate_client(
        client,
        catalog.sources,
        _wanted(client, first, last),
        settings.samples,
        seed=seed,
        orders_a_day=orders,
        defects=defects,
    )
    _show(planted, as_json)


def _wanted(client: Client, first: datetime | None, last: datetime | None) -> list[Interval]:
    """The intervals that start on the days asked for; without any, the last complete one.

    Raises:
        ConfigError: if none does.
    """
    if not first:
        return [last_complete_interval(client.schedule_interval, datetime.now(UTC))]
    found = intervals_of(client, first.date(), (last or first).date())
    if not found:
        raise ConfigError(
            f"{client.id}: no interval starts from {first:%Y-%m-%d} to {last or first:%Y-%m-%d}"
        )
    return found


def _show(planted: list[Planted], as_json: bool) -> None:
    if as_json:
        print_json([asdict(one) for one in planted])
        return
    table = Table("interval", "source", "entity", "rows", "planted")
    for one in planted:
        for entity, counts in one.counts.items():
            defects = {what: count for what, count in counts.items() if what not in ("rows", "keys")}
            told = ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in defects.items() if count)
            table.add_row(one.interval, one.source, entity, str(counts["rows"]), told)
    out().print(table)
