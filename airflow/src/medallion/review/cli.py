"""``medallion review``; ``medallion.cli`` takes it in."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import Annotated

import typer
from rich.console import Console

from medallion.settings import load_settings
from medallion.terminal import AsJson, Commands, line, out, print_json

app = typer.Typer(cls=Commands)


@app.command()
def review(
    base: Annotated[
        str,
        typer.Option("--base", metavar="REF", help="The branch or commit to compare the working tree with."),
    ] = "origin/main",
    as_json: AsJson = False,
) -> None:
    """Say what a change does before it is merged, and build what it changes on sample data."""
    from medallion.review import comment_of, review

    settings = load_settings()
    # dbt writes what it cannot parse to stdout, which is ours.
    with Console(stderr=True).status("Reviewing …") as status, redirect_stdout(sys.stderr):
        told = review(settings, base, lambda what: status.update(f"Reviewing: {what} …"))
    comment = settings.home / "review" / "comment.md"
    comment.write_text(comment_of(told), encoding="utf-8")
    if as_json:
        print_json(told.facts())
    else:
        line(out(), comment.read_text(encoding="utf-8").rstrip())
        line(out(), f"{comment} holds this", style="red" if told.problems else "green")
    raise typer.Exit(1 if told.problems else 0)
