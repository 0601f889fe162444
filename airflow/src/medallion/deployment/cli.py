"""The command that makes a deployment ready; ``medallion.cli`` takes it in."""

from __future__ import annotations

import typer

from medallion.settings import load_settings
from medallion.terminal import Commands, line, out

app = typer.Typer(cls=Commands)


@app.command()
def setup() -> None:
    """Make a stack ready: databases at their version, first users, clients taken in. Safe to repeat.

    docker-compose.yml runs it before everything else, at each start.
    """
    from medallion.deployment.setup import set_up

    for said in set_up(load_settings()):
        line(out(), said)
