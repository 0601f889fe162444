"""``medallion doctor``; ``medallion.cli`` takes it in."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from medallion.settings import load_settings
from medallion.terminal import AsJson, Commands, line, out, print_json

app = typer.Typer(cls=Commands)

_SIGNS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "bad": ("✗", "red")}


@app.command()
def doctor(
    step: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="STEP",
            help="What it lacks for a next step instead: stack, kubernetes or sqlserver.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look whether this installation can work, and say what to do where it cannot."""
    from medallion.doctor import BAD, Finding, Step, examine, examine_before

    if step is not None and step not in list(Step):
        raise typer.BadParameter(f"must be one of {', '.join(Step)}, is {step}", param_hint="--for")
    settings = load_settings()
    findings = examine(settings) if step is None else examine_before(settings, Step(step))

    levels: Counter[str] = Counter()
    found: list[Finding] = []
    for one in findings:
        levels[one.level] += 1
        found.append(one)
        if not as_json:  # some checks take their time: what is known is said at once
            line(out(), _line(one.check, one.level, one.said))
            if one.todo:
                line(out(), Text(f"{'':14}→ {one.todo}"))
    if as_json:
        print_json({"bad": levels[BAD], "findings": [asdict(one) for one in found]})
    else:
        said = f"{levels['ok']} ok, {levels['warn']} to look at, {levels['bad']} bad"
        line(out(), said, style="red" if levels[BAD] else "green")
    raise typer.Exit(1 if levels[BAD] else 0)


def _line(check: str, level: str, said: str) -> Text:
    sign, style = _SIGNS[level]
    return Text.assemble(
        (f"{sign} ", style), (f"{check:<12}", "bold"), (said, "" if level == "ok" else style)
    )
