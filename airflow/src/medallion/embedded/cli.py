"""The commands that run clients on an embedded Airflow; ``medallion.cli`` takes them in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from medallion.exceptions import ConfigError
from medallion.pipeline import LAYERS
from medallion.sample_data import DEFAULT_ROWS
from medallion.sample_data.cli import Defects, Rows
from medallion.settings import Settings, load_settings
from medallion.terminal import AsJson, Commands, line, out, print_json

# The other commands of `medallion` need none of what these do, and should not wait for its import.
if TYPE_CHECKING:
    from medallion.embedded.follow import Progress

app = typer.Typer(cls=Commands)
LayerName = StrEnum("LayerName", list(LAYERS))  # type: ignore[misc]  # mypy wants them spelled out

DEMO_DAY = datetime(2026, 1, 15)


@app.command()
def demo(
    day: Annotated[
        datetime, typer.Option("--date", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Whose extracts.")
    ] = DEMO_DAY,
    rows: Rows = DEFAULT_ROWS,
    defects: Defects = 1.0,
    as_json: AsJson = False,
) -> None:
    """Run every enabled client once, on generated extracts, on an Airflow that lives as long."""
    from medallion.embedded import commands

    settings = load_settings()
    console = _console(as_json)
    _end(settings, commands.demo(settings, day.date(), console, rows_a_day=rows, defects=defects), as_json)


@app.command()
def run(
    client_id: Annotated[str, typer.Argument(metavar="ID", help="The client's id: its file's name.")],
    day: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="All intervals of a day."),
    ] = None,
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The first of several days."),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The last of several days."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; it stands in the report and in the ledger.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Build and judge, but publish nothing and delete nothing.")
    ] = False,
    rebuild: Annotated[
        list[LayerName] | None,
        typer.Option(help="A layer whose incremental models are made anew; may be given again."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run one client and follow it to its end; without a day, for its last complete interval."""
    from medallion.embedded import commands

    settings, days = load_settings(), _days(day, first, last)
    asked = {"reason": reason or None, "dry_run": dry_run, "rebuild": [one.value for one in rebuild or []]}
    _end(settings, commands.run_client(settings, client_id, days, _console(as_json), asked), as_json)


@app.command()
def up(as_json: AsJson = False) -> None:
    """Start an Airflow that stays, with every client's schedule; print its address and login."""
    from medallion.embedded import commands
    from medallion.embedded.environment import airflow_home
    from medallion.embedded.secrets import USERNAME, load_secrets, passwords_file

    settings = load_settings()
    airflow = commands.up(settings, _console(as_json))
    home = airflow_home(settings)
    told = {
        "url": airflow.url,
        "username": USERNAME,
        "password": load_secrets(home).password,
        "logs": str(home / "logs"),
    }
    if as_json:
        print_json(told)
    else:
        line(out(), f"Airflow is up at {told['url']}", style="green")
        line(out(), f"log in as {USERNAME} with {told['password']} (kept in {passwords_file(home)})")
        line(out(), "stop it with `make down`")


@app.command()
def down() -> None:
    """Stop the Airflow that `up` started."""
    from medallion.embedded import commands

    stopped = commands.down(load_settings())
    line(out(), "Airflow is stopped" if stopped else "no Airflow ran here")


def _console(as_json: bool) -> Console:
    """What is shown while waiting; programs read standard output."""
    return Console(stderr=True, highlight=False) if as_json else out()


def _days(day: datetime | None, first: datetime | None, last: datetime | None) -> list[date]:
    if day and (first or last):
        raise ConfigError("give --date, or --from and --to, not both")
    if bool(first) != bool(last):
        raise ConfigError("--from and --to belong together: the first day and the last")
    start, end = first or day, last or day
    if start is None or end is None:
        return []
    if end < start:
        raise ConfigError(f"--to {end:%Y-%m-%d} is before --from {start:%Y-%m-%d}")
    return [start.date() + timedelta(days=number) for number in range((end - start).days + 1)]


def _end(settings: Settings, progresses: Sequence[Progress], as_json: bool) -> None:
    """Print results and where things are; exit 1 if a client failed."""
    from medallion.embedded.results import deliveries, facts, places
    from medallion.embedded.screen import results_table

    if as_json:
        print_json(facts(settings, progresses))
    else:
        out().print(results_table(progresses))
        for client_id, path in deliveries(settings, progresses).items():
            line(out(), f"{client_id} delivered to {path}")
        for what, path in places(settings).items():
            line(out(), f"{what}: {path}")
    raise typer.Exit(0 if all(one.succeeded for one in progresses) else 1)
