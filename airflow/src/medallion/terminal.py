"""How every command talks: tables and colours for people, one JSON document for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text
from typer.core import TyperGroup

from medallion.exceptions import MedallionError
from medallion.masking import masked

#: Put on every command that prints facts.
AsJson = Annotated[bool, typer.Option("--json", help="Print facts as JSON, for programs.")]


#: What a terminal takes for a command, or that turns the direction in which a line is read.
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def harmless(text: object) -> str:
    """The text, with a mark in the place of each character that steers a terminal."""
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", str(text))


class HarmlessConsole(Console):
    """A console that shows what steers a terminal as a mark, wherever it comes from: names, cells, errors.

    No markup is read from any text.
    """

    def __init__(self, *, stderr: bool = False, highlight: bool = True) -> None:
        super().__init__(stderr=stderr, highlight=highlight, markup=False, emoji=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render, without any character that is meant for the terminal but Rich's own."""
        for one in super().render(renderable, options):
            yield one if one.control else Segment(harmless(one.text), one.style)


class Commands(TyperGroup):
    """Commands whose expected errors end as a sentence on stderr and exit code 1, not as a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except MedallionError as error:
            line(HarmlessConsole(stderr=True), masked(str(error)), style="red")
            raise typer.Exit(1) from error


def out() -> Console:
    """Return the console of this moment's stdout."""
    return HarmlessConsole(highlight=False)


def line(console: Console, text: str | Text, style: str = "") -> None:
    """Print text as it is: no markup is read from it, and no line is broken to fit the window."""
    console.print(Text(text, style) if isinstance(text, str) else text, soft_wrap=True)


def print_json(facts: object) -> None:
    """Print facts as one JSON document."""
    text = json.dumps(facts, indent=2, ensure_ascii=False)
    # Line breaks are JSON's own; what else steers a terminal is written as JSON writes it for ASCII.
    typer.echo(_STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text))
