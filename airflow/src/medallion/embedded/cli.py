"""The commands that run clients on an embedded Airflow; ``medallion.cli`` takes them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from medallion.exceptions import ConfigError
from medallion.pipeline import LAYERS
from medallion.pipeline.backfill import Again, read_backfill
from medallion.sample_data import DEFAULT_ROWS, Fault
from medallion.sample_data.cli import Defects, Rows
from medallion.settings import Settings, load_settings
from medallion.terminal import AsJson, Commands, HarmlessConsole, line, out, print_json

# The other commands of `medallion` need none of what these do, and should not wait for its import.
if TYPE_CHECKING:
    from medallion.embedded.fault import Way
    from medallion.embedded.follow import Progress
    from medallion.embedded.follow_backfill import BackfillProgress

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
    fault: Annotated[
        Fault | None,
        typer.Option(help="Let one client breach its gate, and show the way from there to mail and report."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run every enabled client once, on generated extracts, on an Airflow that lives as long.

    Ends with 1 if a client failed; with --fault one always does.
    """
    from medallion.embedded import commands

    settings, console = load_settings(), _console(as_json)
    how: dict[str, Any] = {"rows_a_day": rows, "defects": defects, "fault": fault}
    progresses, way = commands.demo(settings, day.date(), console, **how)
    _end(settings, progresses, as_json, way)


@app.command()
def run(
    client_id: Annotated[str, typer.Argument(metavar="ID", help="The client's id: its file's name.")],
    day: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="All intervals of a day."),
    ] = None,
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="A backfill's first day."),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Its last day, run as well."),
    ] = None,
    again: Annotated[
        Again | None,
        typer.Option(help="Backfill what never ran (the default), that and what failed, or all."),
    ] = None,
    backwards: Annotated[bool, typer.Option("--backwards", help="Backfill the newest first.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Begin no further run of its backfill.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with its backfill.")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Give its backfill up.")] = False,
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
    """Run one client and follow it to its end: its last complete interval, a day, or with --from and --to a
    backfill."""
    from medallion.embedded import commands

    settings, console = load_settings(), _console(as_json)
    asked = {"reason": reason or None, "dry_run": dry_run, "rebuild": [one.value for one in rebuild or []]}
    days = _days(day, first, last)
    wish = _wish(stop=stop, resume=resume, cancel=cancel)
    if wish and (days or again or backwards or any(asked.values())):
        raise ConfigError(
            f"--{wish} is about the backfill there is: give no days, and nothing that its runs are to do"
        )
    if wish:
        _change_backfill(settings, client_id, wish, as_json)
    elif first and last:
        _backfill(settings, client_id, (first.date(), last.date()), (again, backwards), asked, as_json)
    elif again or backwards:
        raise ConfigError("--again and --backwards are for a backfill: give --from and --to")
    else:
        _end(settings, commands.run_client(settings, client_id, days, console, asked), as_json)


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
    return HarmlessConsole(stderr=True, highlight=False) if as_json else out()


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
    return all_days(start.date(), end.date())


def all_days(first: date, last: date) -> list[date]:
    """The days from one to another, both among them."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _wish(**flags: bool) -> str:
    """Return the one flag that was given, if any."""
    given = [name for name, said in flags.items() if said]
    if len(given) > 1:
        raise ConfigError(f"give one of {', '.join(f'--{name}' for name in flags)}")
    return given[0] if given else ""


def _backfill(
    settings: Settings,
    client_id: str,
    days: tuple[date, date],
    how: tuple[Again | None, bool],
    asked: Mapping[str, Any],
    as_json: bool,
) -> None:
    from medallion.embedded import backfill, commands

    console = _console(as_json)
    client = commands.ready_client(settings, client_id, console)
    again, backwards = how
    if client.schedule_interval is None:  # Airflow backfills what a schedule would have run
        if again or backwards:
            raise ConfigError(f"{client_id} has no schedule: its days are run one by one, and always again")
        _end(settings, commands.run_client(settings, client_id, all_days(*days), console, asked), as_json)
    now = datetime.now(UTC)
    order = read_backfill(client, *days, now, again=again, backwards=backwards, conf=asked)
    _end_backfill(settings, backfill.start_backfill(settings, order, console), as_json)


def _change_backfill(settings: Settings, client_id: str, wish: str, as_json: bool) -> None:
    from medallion.embedded import backfill, commands

    if wish == "stop":
        days = backfill.stop_backfill(settings, client_id)
        _told_of_backfill(client_id, days, "stopped", "begins no further run; go on with --resume", as_json)
        return
    console = _console(as_json)
    client = commands.ready_client(settings, client_id, console)
    if wish == "cancel":
        days = backfill.cancel_backfill(settings, client, console)
        _told_of_backfill(client_id, days, "cancelled", "is given up", as_json)
        return
    _end_backfill(settings, backfill.resume_backfill(settings, client, console), as_json)


def _told_of_backfill(client_id: str, days: str, state: str, said: str, as_json: bool) -> None:
    if as_json:
        print_json({"client": client_id, "days": days, "state": state})
    else:
        line(out(), f"{client_id}: the backfill of {days} {said}")


def _end_backfill(settings: Settings, progress: BackfillProgress | None, as_json: bool) -> None:
    """Print what became of a backfill; exit 1 if a run failed or still has to run."""
    from medallion.embedded.backfill_screen import result_lines
    from medallion.embedded.results import backfill_facts, places

    if as_json:
        print_json(backfill_facts(settings, progress) if progress else {"runs": []})
    elif progress:
        for text, style in result_lines(progress):
            line(out(), text, style)
        for what, path in places(settings).items():
            line(out(), f"{what}: {path}")
    raise typer.Exit(0 if progress is None or progress.succeeded else 1)


def _end(settings: Settings, progresses: Sequence[Progress], as_json: bool, way: Way | None = None) -> None:
    """Print results, where things are and the way of a fault; exit 1 if a client failed."""
    from medallion.embedded.fault import way_facts, way_lines
    from medallion.embedded.results import deliveries, facts, places
    from medallion.embedded.screen import results_table

    if as_json:
        print_json(facts(settings, progresses) | ({"fault": way_facts(way)} if way else {}))
    else:
        out().print(results_table(progresses))
        for client_id, path in deliveries(settings, progresses).items():
            line(out(), f"{client_id} delivered to {path}")
        for what, path in places(settings).items():
            line(out(), f"{what}: {path}")
        for text in way_lines(way) if way else ():
            line(out(), text)
    raise typer.Exit(0 if all(one.succeeded for one in progresses) else 1)
