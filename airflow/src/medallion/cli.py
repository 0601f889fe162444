"""The ``medallion`` command: one function a command; what it prints is drawn in the room it is about."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from medallion.backup.cli import app as backup
from medallion.clients import load_catalog, render
from medallion.clients.schema import SCHEMA_FILE, schema_text
from medallion.clients.scope import load_paths
from medallion.clients.template import new_client
from medallion.creator.cli import app as dags
from medallion.deployment.cli import app as deployment
from medallion.development.cli import app as development
from medallion.doctor.cli import app as doctor
from medallion.embedded.cli import app as embedded
from medallion.exceptions import ConfigError
from medallion.metrics.cli import app as metrics
from medallion.quality.cli import app as quality
from medallion.registry.cli import app as registry
from medallion.reports.cli import app as reports
from medallion.retention.cli import retention
from medallion.review.cli import app as review
from medallion.sample_data.cli import sample_data
from medallion.settings import load_settings
from medallion.terminal import AsJson, Commands, line, out, print_json

app = typer.Typer(
    cls=Commands,
    help="One dbt project and one small YAML file a client: gated medallion pipelines on Airflow.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

ClientId = Annotated[str, typer.Argument(metavar="ID", help="The client's id: its file's name.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("medallion"))
        raise typer.Exit


@app.callback()
def medallion(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version, and exit."
        ),
    ] = False,
) -> None:
    """What stands before a command."""


# --- Clients -----------------------------------------------------------------------------------------------


@app.command()
def validate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH…]", exists=True, help="Files or folders; everything if none."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every config file: each problem with its file, line and key, and what is allowed."""
    settings = load_settings()
    catalogs = load_paths(paths or [], settings.configs)
    problems = [problem for catalog in catalogs for problem in catalog.problems]
    if as_json:
        print_json(render.validation_facts(catalogs, settings))
    else:
        for text in render.validation_lines(catalogs, settings):
            line(out(), text)
    raise typer.Exit(1 if problems else 0)


@app.command()
def new(client_id: ClientId, as_json: AsJson = False) -> None:
    """Write a commented client file to start from; never over one that is there."""
    settings = load_settings()
    path = new_client(client_id, settings.configs / "clients", load_catalog(settings.configs))
    file = path.relative_to(settings.project).as_posix()
    if as_json:
        print_json({"id": client_id, "file": file})
    else:
        line(out(), f"{file} is written and valid; edit it, then set `enabled: true`", style="green")


@app.command()
def schema(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if the file is behind.")
    ] = False,
) -> None:
    """Write the JSON Schema of client files, which editors complete and check by."""
    path = load_settings().configs / SCHEMA_FILE
    current = path.read_text(encoding="utf-8") if path.is_file() else ""
    if check and current != schema_text():
        raise ConfigError(f"{path.name} is behind the model; run `medallion schema`")
    if not check:
        path.write_text(schema_text(), encoding="utf-8")
    line(out(), f"{path.name} is {'up to date' if check else 'written'}", style="green")


# --- What is live: plan, apply, clients, show, history, rollback, disable, enable, remove, audit -----------

app.add_typer(registry)

# --- Runs: demo, run, up, down -----------------------------------------------------------------------------

app.add_typer(embedded)
app.command("sample-data")(sample_data)
app.command()(retention)

# --- What became of runs, and whether all is well: report, doctor, metrics ---------------------------------

app.add_typer(reports)
app.add_typer(doctor)
app.add_typer(metrics)

# --- DAGs that applications had made -----------------------------------------------------------------------

app.add_typer(dags)

# --- By hand: quarantine, waive ----------------------------------------------------------------------------

app.add_typer(quality)

# --- Keeping: backup, restore ------------------------------------------------------------------------------

app.add_typer(backup)

# --- A stack of containers: setup --------------------------------------------------------------------------

app.add_typer(deployment)

# --- Writing models: dbt, docs, review ---------------------------------------------------------------------

app.add_typer(development)
app.add_typer(review)
