"""``medallion report``; ``medallion.cli`` takes it in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from pydantic import BaseModel
from rich.console import RenderableType
from rich.text import Text

from medallion.exceptions import ConfigError
from medallion.settings import Settings, load_settings
from medallion.storage import Root, below, folders_in
from medallion.terminal import AsJson, Commands, line, out, print_json

app = typer.Typer(cls=Commands)

#: Of --date, with and without the interval's start.
_DAY, _TIME = "%Y-%m-%d", "%Y-%m-%dT%H:%M"


@app.command()
def report(
    client_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="The client's id; all clients if none.")
    ] = None,
    day: Annotated[
        str | None,
        typer.Option(
            "--date",
            metavar="DAY",
            help="A day with all of its runs, or the run of the interval that starts at a time; by the "
            "client's clocks.",
        ),
    ] = None,
    of_run: Annotated[bool, typer.Option("--run", help="With a day: its last run instead.")] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of a run's report.")
    ] = False,
    daily_schema: Annotated[
        bool, typer.Option("--daily-schema", help="Print the JSON Schema of a day's report.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print what became of a client's last run or of a day, or of the last runs of all clients."""
    from medallion.reports.contract import report_schema, schema_text
    from medallion.reports.daily_contract import daily_schema as schema_of_days

    if schema or daily_schema:
        typer.echo(schema_text(report_schema() if schema else schema_of_days()), nl=False)
    elif client_id is None:
        if day:
            raise ConfigError("--date needs a client: medallion report ID --date DAY")
        _print_fleet(load_settings(), as_json)
    elif day and not of_run and not _moment(day)[1]:
        _print_day(load_settings(), client_id, day, as_json)
    else:
        _print_report(load_settings(), client_id, day, as_json)


def _print_fleet(settings: Settings, as_json: bool) -> None:
    from medallion.ledger import open_ledger
    from medallion.missing import missing_of_fleet
    from medallion.reports.index import read_fleet
    from medallion.reports.terminal import fleet_parts

    ledger = open_ledger(settings.database_url)
    facts = read_fleet(ledger, settings.reports, look=partial(missing_of_fleet, settings, ledger))
    if as_json:
        print_json(facts)
        return
    _print(fleet_parts(facts))


def _print(parts: Iterable[RenderableType]) -> None:
    """Print tables as wide as the window, and lines unbroken, for they hold what is copied."""
    for part in parts:
        if isinstance(part, Text):
            line(out(), part)
        else:
            out().print(part)


def _print_report(settings: Settings, client_id: str, day: str | None, as_json: bool) -> None:
    from medallion.reports.contract import Report
    from medallion.reports.history import HTML_FILE
    from medallion.reports.terminal import report_parts

    path = _path(settings, client_id, day)
    figures = _figures(path, Report)
    if as_json:
        print_json(figures)
        return
    _print(report_parts(figures, str(path.with_name(HTML_FILE))))


def _print_day(settings: Settings, client_id: str, day: str, as_json: bool) -> None:
    from medallion.reports.daily_contract import DailyReport
    from medallion.reports.daily_terminal import daily_parts
    from medallion.reports.history import DAILY_HTML, DAILY_JSON, day_folder

    path = day_folder(_path(settings, client_id, day)) / DAILY_JSON
    if not path.is_file():
        raise ConfigError(
            f"{client_id} has no report of all of {day}: its runs ended before there were such reports; "
            f"`medallion report {client_id} --date {day} --run` prints its last run's"
        )
    figures = _figures(path, DailyReport)
    if as_json:
        print_json(figures)
        return
    _print(daily_parts(figures, path.with_name(DAILY_HTML)))


def _path(settings: Settings, client_id: str, day: str | None) -> Root:
    """The report of the run that was asked for; of several of a day the last.

    Raises:
        ConfigError: if there is none; the text says which there are.
    """
    from medallion.reports.history import newest_report, reports_of_day

    # Compared with what lies there, a name never becomes a path.
    known = [one.name for one in folders_in(settings.reports)]
    if client_id not in known:
        raise ConfigError(_no_client(settings, client_id, known))
    folder = settings.reports / client_id
    newest = newest_report(folder)
    if newest is None:
        raise ConfigError(f"{client_id} has no report yet; `medallion run {client_id}` makes one")
    if day is None:
        return newest
    when, timed = _moment(day)
    found = reports_of_day(folder, f"{when:{_DAY}}")
    if timed:
        found = [one for one in found if _starts_at(one, when)]
    if not found:
        last = below(newest.parent, folder)
        raise ConfigError(f"{client_id} has no report of {day}; its last one is of {last}")
    return found[0]


def _starts_at(path: Root, when: datetime) -> bool:
    """Is a report that of the interval that starts then? One of a whole day says only inside when that is."""
    from medallion.reports.history import read_report, zone_of

    if path.parent.name.startswith("hour="):
        return path.parent.name in (f"hour={when:%H%M}", f"hour={when:%Hb%M}")
    figures = read_report(path)
    if figures is None:
        return False
    start = datetime.fromisoformat(figures["run"]["interval_start"]).astimezone(ZoneInfo(zone_of(figures)))
    return start.replace(tzinfo=None) == when


def _no_client(settings: Settings, client_id: str, known: list[str]) -> str:
    """Tell a client that never ran from one that is none."""
    from medallion.registry.find import find_client

    find_client(settings, client_id)
    there = f"; there are reports of {', '.join(known[:8])}" if known else ""
    return f"{client_id} has no report yet; `medallion run {client_id}` makes one{there}"


def _moment(day: str) -> tuple[datetime, bool]:
    for form in (_DAY, _TIME):
        try:
            return datetime.strptime(day, form), form == _TIME
        except ValueError:
            continue
    raise ConfigError(
        f"--date must be a day such as 2026-01-15 or a time such as 2026-01-15T06:00, is {day!r}"
    )


def _figures(path: Root, contract: type[BaseModel]) -> dict[str, Any]:
    """What a report holds.

    Raises:
        ConfigError: if it was written by another version, or is broken.
    """
    try:
        figures: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        contract.model_validate(figures)
    except (OSError, ValueError) as error:  # pydantic's is a ValueError
        first = " ".join(str(error).strip().splitlines()[:3])
        said = f"{path} is no report of this version ({first}); its page lies beside it"
        raise ConfigError(said) from error
    return figures
