"""``medallion retention``; ``medallion.cli`` takes it in."""

from __future__ import annotations

import getpass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from medallion.clients import Client
from medallion.exceptions import ConfigError
from medallion.settings import load_settings
from medallion.terminal import AsJson, line, out, print_json

# The other commands of `medallion` need none of what this one does, and should not wait for its import.
if TYPE_CHECKING:
    from medallion.retention import RetentionPlan


def retention(
    client_id: Annotated[str, typer.Argument(metavar="ID", help="The client's id: its file's name.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Delete nothing, just say what would go.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Delete even more than half of a table or an entity.")
    ] = False,
    day: Annotated[
        datetime | None,
        typer.Option(
            "--date",
            formats=["%Y-%m-%d"],
            metavar="YYYY-MM-DD",
            help="The day to count from; that of the last complete interval if none.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Delete what is past a client's retention: landing, layers, reports; not while a run of it goes on."""
    from medallion.ledger import open_ledger
    from medallion.pipeline import make_plan, shape_of
    from medallion.registry.find import find_client
    from medallion.retention import apply_retention, by_hand, plan_retention
    from medallion.retention.render import kept_lines, retention_facts, retention_table
    from medallion.transform import load_slim, prepare

    settings = load_settings()
    ledger = open_ledger(settings.database_url)
    client = find_client(settings, client_id).client
    with Console(stderr=True).status("Counting …"):
        prepare(settings, [shape_of(client)])
        plan = make_plan(client, load_slim(settings, shape_of(client)))
        doomed = plan_retention(settings, ledger, plan, _today(client, day))
    if not as_json:
        line(out(), f"{client_id}, counted from {doomed.today}:", "bold")
        if any(loss.gone for loss in doomed.losses):
            out().print(retention_table(doomed))
        for text in kept_lines(doomed):
            line(out(), text)
    if not dry_run:
        with Console(stderr=True).status("Deleting …"):
            apply_retention(settings, ledger, by_hand(client), doomed, actor=getpass.getuser(), force=force)
    if as_json:
        print_json(retention_facts(doomed, deleted=not dry_run))
    else:
        _end(doomed, dry_run)


def _today(client: Client, day: datetime | None) -> date:
    """The day to count from: that of a run that started now, or an earlier one."""
    from medallion.pipeline import calendar_of, last_complete_interval

    if day and day.date() > datetime.now(ZoneInfo(client.timezone)).date():
        raise ConfigError(f"--date {day:%Y-%m-%d} is in the future: everything would be too old")
    if day:
        return day.date()
    return last_complete_interval(calendar_of(client), datetime.now(UTC)).run_date


def _end(doomed: RetentionPlan, dry_run: bool) -> None:
    if dry_run and doomed.refusal:
        line(out(), f"more than {doomed.landing.share:.0%} would go (red): refused without --force", "red")
    lost = any(loss.gone for loss in doomed.losses)
    done = "deleted, and in the ledger" if lost else "there was nothing to delete"
    line(out(), "a dry run: nothing was deleted" if dry_run else done, "green")
