"""``medallion sample-data``: write the demo's extracts and say what was planted."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from medallion.clients import Client
from medallion.exceptions import ConfigError
from medallion.interval import Interval
from medallion.pipeline import calendar_of, last_complete_interval
from medallion.registry.find import find_client
from medallion.sample_data.generate import DEFECTS, MOST_ROWS, can_generate, generate_client
from medallion.sample_data.intervals import intervals_of
from medallion.sample_data.planted import DEFAULT_ROWS, Planted
from medallion.settings import load_settings
from medallion.terminal import AsJson, out, print_json

_MOST_DEFECTS = 20


def _rate(said: str | float) -> float:
    """Read what --defects says: a name or a number.

    Raises:
        typer.BadParameter: if it is neither.
    """
    try:
        rate = DEFECTS[said] if isinstance(said, str) and said in DEFECTS else float(said)
    except ValueError:
        rate = math.nan
    if not 0 <= rate <= _MOST_DEFECTS:
        raise typer.BadParameter(
            f"must be {', '.join(DEFECTS)} or a number up to {_MOST_DEFECTS}, is {said!r}"
        )
    return rate


#: ``--defects`` of every command that makes sample extracts.
Defects = Annotated[
    float,
    typer.Option(
        parser=_rate,
        metavar="RATE",
        help="none, low, usual (scores just above the client's threshold), high (below it) or a factor.",
    ),
]

#: ``--rows`` of every command that makes sample extracts.
Rows = Annotated[
    int,
    typer.Option(
        min=1,
        max=MOST_ROWS,
        help="About so many rows of new business a client and day; what comes whole each interval is on top.",
    ),
]


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
    rows: Rows = DEFAULT_ROWS,
    defects: Defects = 1.0,
    as_json: AsJson = False,
) -> None:
    """Write a client's sample extracts: the same bytes for the same seed and dates."""
    settings = load_settings()
    found = find_client(settings, client_id)
    client, catalog = found.client, found.catalog
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
        rows_a_day=rows,
        defects=defects,
    )
    _show(planted, as_json)


def _wanted(client: Client, first: datetime | None, last: datetime | None) -> list[Interval]:
    """The intervals that start on the days asked for; without any, the last complete one.

    Raises:
        ConfigError: if none does.
    """
    if not first:
        return [last_complete_interval(calendar_of(client), datetime.now(UTC))]
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
    table = Table("source", "entity", "rows", "planted")
    totals: dict[tuple[str, str], Counter[str]] = {}
    for one in planted:
        for entity, counts in one.counts.items():
            totals.setdefault((one.source, entity), Counter()).update(counts)
    for (source, entity), total in totals.items():
        defects = [f"{count:,} {what}" for what, count in total.items() if what not in ("rows", "keys")]
        table.add_row(source, entity, f"{total['rows']:,}", "\n".join(defects), end_section=True)
    out().print(f"{len({one.interval for one in planted})} intervals")
    out().print(table)
