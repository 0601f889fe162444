"""``medallion dbt`` and ``medallion docs``; ``medallion.cli`` takes them in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from medallion.clients import load_catalog
from medallion.embedded.cli import DEMO_DAY
from medallion.settings import load_settings
from medallion.terminal import Commands, line, out

app = typer.Typer(cls=Commands)


@app.command("dbt", context_settings={"ignore_unknown_options": True})
def run_dbt(
    client_id: Annotated[str, typer.Argument(metavar="ID", help="The client's id: its file's name.")],
    arguments: Annotated[list[str], typer.Argument(metavar="DBT…", help="dbt's command and options.")],
    day: Annotated[
        datetime, typer.Option("--date", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Whose rows.")
    ] = DEMO_DAY,
) -> None:
    """Run dbt as a client's runs would, without Airflow: ``medallion dbt ID build -s +gold``."""
    from medallion.development import run_dbt
    from medallion.registry.find import find_client

    settings = load_settings()
    found = find_client(settings, client_id)
    succeeded = run_dbt(settings, found.catalog, found.client, day.date(), arguments)
    raise typer.Exit(0 if succeeded else 1)


@app.command()
def docs() -> None:
    """Write dbt's documentation of all models, with lineage, as one HTML file."""
    from medallion.development import write_docs

    settings = load_settings()
    line(out(), f"open {write_docs(settings, load_catalog(settings.configs).sources)}", style="green")
