"""How every command talks: tables and colours for people, one JSON document for programs."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup

from medallion.exceptions import MedallionError

#: Put on every command that prints facts.
AsJson = Annotated[bool, typer.Option("--json", help="Print facts as JSON, for programs.")]


class Commands(TyperGroup):
    """Commands whose expected errors end as a sentence on stderr and exit code 1, not as a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except MedallionError as error:
            line(Console(stderr=True), str(error), style="red")
            raise typer.Exit(1) from error


def out() -> Console:
    """Return the console of this moment's stdout."""
    return Console(highlight=False)


def line(console: Console, text: str | Text, style: str = "") -> None:
    """Print text as it is: no markup is read from it, and no line is broken to fit the window."""
    console.print(Text(text, style) if isinstance(text, str) else text, soft_wrap=True)


def print_json(facts: object) -> None:
    """Print facts as one JSON document."""
    typer.echo(json.dumps(facts, indent=2, ensure_ascii=False))
