"""Clients, problems and notes as a person sees them in a terminal, and as ``--json`` gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from medallion.clients.catalog import BROKEN, ENABLED, Catalog, Origin, status_of
from medallion.clients.inherited import Inherited
from medallion.clients.model import BusinessRules, Client, QualityThreshold, Retention, SourceRef
from medallion.clients.problem import Problem
from medallion.clients.schedule import duration_text
from medallion.clients.sla import Sla
from medallion.clients.weekdays import DAILY, Weekday
from medallion.settings import Settings

_STYLES = {ENABLED: "green", "active": "green", BROKEN: "red"}
_ORIGIN_STYLES = {"client": "cyan", "defaults": "blue", "built in": "dim"}


def problem_text(problem: Problem) -> Text:
    """Write ``file:line: key: message`` with its place in front of it made easy to see."""
    text = Text(f"{problem.file}:{problem.line}: ", "bold")
    if problem.key:
        text.append(f"{problem.key}: ", "yellow")
    return text.append(problem.message, "default")


def validation_lines(catalogs: Sequence[Catalog], settings: Settings) -> list[Text]:
    """Write every problem, every note and a closing line."""
    problems = [problem for catalog in catalogs for problem in catalog.problems]
    notes = _notes(catalogs, settings)
    lines = [problem_text(problem) for problem in problems]
    lines += [Text("note: ", "cyan").append_text(problem_text(note)) for note in notes]
    if problems:
        files = len({problem.file for problem in problems})
        return [*lines, Text(f"✗ {_plural(len(problems), 'problem')} in {_plural(files, 'file')}", "red")]
    good = [f"{name} ({status})" for name, status in _good(catalogs, settings).items()]
    return [*lines, Text(f"✓ no problems{': ' * bool(good)}{', '.join(good)}", "green")]


def validation_facts(catalogs: Sequence[Catalog], settings: Settings) -> dict[str, Any]:
    """Return what :func:`validation_lines` writes, as plain values."""
    return {
        "problems": [problem.facts() for catalog in catalogs for problem in catalog.problems],
        "notes": [note.facts() for note in _notes(catalogs, settings)],
        "clients": _good(catalogs, settings),
    }


def _notes(catalogs: Sequence[Catalog], settings: Settings) -> list[Problem]:
    """The notes of the files, and one for each client that no factory of this installation keeps."""
    notes = [note for catalog in catalogs for note in catalog.notes]
    known = ", ".join(settings.platforms)
    for catalog in catalogs:
        for name, client in catalog.clients.items():
            if client.platform not in settings.platforms:
                at = catalog.origins[name]["platform"].at or f"{catalog.file(name)}:1"
                file, _, number = at.rpartition(":")
                text = f"{client.platform} is none of this installation's platforms ({known}): not run here"
                notes.append(Problem(Path(file), int(number), "platform", text))
    return list(dict.fromkeys(notes))


def _good(catalogs: Sequence[Catalog], settings: Settings) -> dict[str, str]:
    return {
        name: status_of(client, catalog, settings)
        for catalog in catalogs
        for name, client in sorted(catalog.clients.items())
    }


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def client_panel(client: Client, status: str, heading: Text, origins: Mapping[str, Origin]) -> Panel:
    """Draw one client: its own keys, then those it shares with others.

    Args:
        client: which.
        status: colours the frame.
        heading: what stands above its values.
        origins: where each value is set; without any that is left out.
    """
    keys = type(client).model_fields
    own = [key for key in keys if key not in Inherited.model_fields and key not in ("id", "business_rules")]
    rules = [f"business_rules.{key}" for key in BusinessRules.model_fields]
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", expand=True)
    table.add_column("key", no_wrap=True)
    table.add_column("value", overflow="fold", ratio=1)
    if origins:
        table.add_column("set in", no_wrap=True)
    for group in (own, rules, list(Inherited.model_fields)):
        for key in group:
            if key != "values" or client.values:
                table.add_row(*_value_row(client, key, origins.get(key)))
        table.add_section()
    parts: list[RenderableType] = [heading, table]
    return Panel(Group(*parts), title=Text(client.id, "bold"), border_style=_STYLES.get(status, "yellow"))


def _value_row(client: Client, key: str, origin: Origin | None) -> list[Text]:
    """Write key, value and origin; the client's own file is named once, above the table."""
    section, _, name = key.rpartition(".")
    value = getattr(client.business_rules if section else client, name)
    row = [Text(name, "bold"), Text(value_text(value))]
    if origin:
        at = f"line {origin.at.rpartition(':')[2]}" if origin.layer == "client" else origin.at or origin.layer
        row.append(Text(at, _ORIGIN_STYLES[origin.layer]))
    return row


def value_text(value: object) -> str:
    """Write a value the way one would in the client's file."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, SourceRef):
        return f"{value.name} ({value.location})" if value.location else value.name
    if isinstance(value, Retention):
        return _retention_text(value)
    if isinstance(value, QualityThreshold):
        return ", ".join([f"{value.default}", *(f"{rule}: {score}" for rule, score in value.rules.items())])
    if isinstance(value, Sla):
        spans = {"run": value.run, **dict(value.layers)}
        return value_text({name: span for name, span in spans.items() if span})
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {value_text(item)}" for key, item in value.items()) or "(none)"
    if isinstance(value, Sequence) and [*value] == [*Weekday]:
        return DAILY
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(value_text(item) for item in value) or "(none)"
    return str(value)


def _retention_text(retention: Retention) -> str:
    days = dict(retention)
    if len(set(days.values())) == 1:
        return f"{retention.gold} (every layer)"
    return ", ".join(f"{layer}: {number}" for layer, number in days.items())
