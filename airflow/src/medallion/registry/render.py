"""Plans, histories and the audit log as a person sees them in a terminal, and as ``--json`` gives them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from medallion.clients import Retention
from medallion.registry.changes import Change, Changes, changes_between
from medallion.registry.outlook import Differing, Effect, Outlook
from medallion.registry.records import ACTIVE, DISABLED, DRAINING, Event, Revision
from medallion.registry.sync import Step

_BY_LAYER = "business_rules.data_retention_days"
#: Columns whose cells are never broken into lines.
_WHOLE = ("client", "platform", "status", "file", "action")
#: How many names a line lists before it counts them.
_LISTED = 8
_SIGNS = {
    "created": ("+", "green"),
    "updated": ("~", "yellow"),
    "draining": ("-", "red"),
    "removed": ("-", "red"),
}
#: Said of a client that stops: its file is the factory's to close, which asks Airflow what there is to close.
CLOSED_SOON = "the factory closes its DAG within five minutes"
STYLES = {ACTIVE: "green", DISABLED: "yellow", DRAINING: "yellow"}


def outlook_lines(outlook: Outlook, *, done: bool = False) -> Iterator[Text]:
    """Write what a sync is going to do, or did, client by client, and a closing line.

    Args:
        outlook: the sync and what follows from it.
        done: whether it has been done.
    """
    sync = outlook.sync
    for step in sync.steps:
        yield from _step_lines(step, outlook.effects.get(step.client_id), done)
    for key, differing in outlook.differing.items():
        yield from differing_lines(key, differing)
    for problems in sync.invalid.values():
        yield from (Text(f"✗ {problem}", "red") for problem in problems)
    for key, reason in {**sync.conflicts, **sync.failed}.items():
        yield Text(f"✗ {key}: {reason}", "red")
    if sync.refusal:
        yield Text(f"✗ {sync.refusal}", "red")
    counts = (
        ", ".join(f"{count} {word}" for word, count in sync.totals.items() if count) or "nothing was done"
    )
    yield Text(f"{sync.platform}: {counts}", "bold")


def _step_lines(step: Step, effect: Effect | None, done: bool) -> Iterator[Text]:
    sign, style = _SIGNS[step.word]
    head = Text(f"{sign} {step.client_id}", f"bold {style}")
    words = {"created": "new", "updated": "changed", "draining": "to be removed once its runs have ended"}
    said = [step.word if done else words.get(step.word, "to be removed")]
    said += [step.stands] if step.status == DISABLED else []
    soon = bool(done and effect and effect.dag and (effect.dag_change == "closed" or step.status == DRAINING))
    to_be = "to be " if soon else ""
    said += [f"DAG {effect.dag} {to_be}{effect.dag_change}"] if effect and effect.dag else []
    said += [CLOSED_SOON] if soon else []
    yield head.append(f"  {'; '.join(said)}", "default")
    yield from change_lines(step.changes)
    if effect:
        yield from _effect_lines(effect)


def change_lines(changes: Changes, names: tuple[str, str] = ("", "")) -> Iterator[Text]:
    """Write each key with its two values, which ``names`` says what they are."""
    for key, change in _together(changes).items():
        old, new = (f"{name}{value_text(value)}" for name, value in zip(names, change, strict=True))
        yield Text.assemble("    ", (key, "cyan"), f": {old} → {new}")


def _together(changes: Changes) -> Changes:
    """Say what is the same for every layer once."""
    layers = {key: change for key, change in changes.items() if key.startswith(f"{_BY_LAYER}.")}
    if len(layers) < len(Retention.model_fields) or len({str(change) for change in layers.values()}) > 1:
        return changes
    first = next(iter(layers))
    named = {_BY_LAYER if key == first else key: change for key, change in changes.items()}
    return {key: change for key, change in named.items() if key not in layers}


def _effect_lines(effect: Effect) -> Iterator[Text]:
    parts = {
        "tasks come": effect.tasks_added,
        "tasks go": effect.tasks_removed,
        "schemas come": effect.schemas_added,
        "schemas no longer built": effect.schemas_removed,
    }
    for word, names in parts.items():
        if names:
            yield Text.assemble("    ", (word, "dim"), f" {_names(names)}")
    for loss in effect.losses:
        count = f"{loss['gone']:,} of {loss['held']:,} {loss['unit']}"
        what = f"{loss['layer']} {loss['object']}: {count} from before {loss['cutoff']}"
        yield Text(f"    retention would delete {what}", "red")
    if effect.unknown:
        yield Text(f"    unknown: {effect.unknown}", "yellow")


def differing_lines(client_id: str, differing: Differing) -> Iterator[Text]:
    """Write how a client is live otherwise than its file has it, and who made it so."""
    reason = f": {differing.why}" if differing.why else ""
    by = f"revision {differing.revision}, {differing.origin}, {differing.actor}{reason}"
    head = Text(f"≠ {client_id}", "bold magenta")
    yield head.append(
        f"  is live otherwise than its file has it ({by}); it stays so until the file changes", ""
    )
    yield from change_lines(differing.changes, ("file ", "live "))


def _names(names: Sequence[str]) -> str:
    if len(names) <= _LISTED:
        return ", ".join(names)
    return f"{', '.join(names[:_LISTED])}, … ({len(names)} in all)"


def value_text(value: Any) -> str:
    """Write one of a change's values; what is no single value as JSON."""
    if value is None:
        return "(none)"
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value) or "(none)"
    return json.dumps(value, ensure_ascii=False)


# --- History and audit


def told_history(revisions: Sequence[Revision]) -> Iterator[tuple[Revision, dict[str, Change]]]:
    """Each revision with what it changed, the oldest first; beside one not understood that is not known."""
    before: Revision | None = None
    for one in revisions:
        known = before and before.definition and one.definition
        changes = changes_between(before.definition, one.definition) if before and known else {}
        if before and before.status != one.status:
            changes = {"status": Change(before.status, one.status), **changes}
        yield one, changes
        before = one


def history_facts(revisions: Sequence[Revision]) -> list[dict[str, Any]]:
    """Return what :func:`history_lines` writes, and each revision's definition."""
    return [
        {
            "revision": one.revision,
            "at": _time(one.created_at),
            "origin": one.origin,
            "actor": one.actor,
            "why": one.why,
            "status": one.status,
            "checksum": one.checksum,
            "changes": {key: {"old": said.old, "new": said.new} for key, said in changes.items()},
            "definition": one.definition.facts() if one.definition else dict(one.facts),
            "problem": one.problem or None,
        }
        for one, changes in told_history(revisions)
    ]


def history_lines(revisions: Sequence[Revision]) -> Iterator[Text]:
    """Write a client's revisions, the newest first."""
    for one, changes in reversed(list(told_history(revisions))):
        yield Text.assemble(
            (f"{one.revision:>3}  ", "bold"),
            (f"{one.status:9}", STYLES.get(one.status, "red")),
            f"{_time(one.created_at)} UTC  {one.actor} ({one.origin})",
            (f"  {one.why}", "italic"),
        )
        if one.problem:
            yield Text(f"     this Medallion does not understand it: {one.problem}", "yellow")
        yield from change_lines(changes)


def event_facts(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Return audit events as plain values."""
    return [
        {
            "at": _time(one.happened_at),
            "subject": one.subject,
            "action": one.action,
            "actor": one.actor,
            "detail": dict(one.detail),
        }
        for one in events
    ]


def events_table(events: Iterable[Event]) -> Table:
    """Draw audit events, the oldest first."""
    table = _table("when (UTC)", "what about", "action", "who", "detail")
    for one in events:
        detail = ", ".join(f"{key} {value_text(value)}" for key, value in one.detail.items() if value != "")
        cells = (_time(one.happened_at), one.subject, one.action, one.actor, detail)
        table.add_row(*map(Text, cells))
    return table


# --- Lists of clients


def clients_table(rows: Sequence[Mapping[str, Any]], *, platforms: bool) -> Table:
    """Draw the clients of registry and files.

    Args:
        rows: as ``medallion clients --json`` gives them.
        platforms: whether there are several, so that each is to be named.
    """
    table = _table(
        "client", *["platform"] * platforms, "status", "schedule", "sources", "destination", "file"
    )
    for row in rows:
        config = row["config"] or {}
        names = "\n".join(ref["name"] for ref in config.get("data_sources", ()))
        table.add_row(
            Text(row["id"], "bold"),
            *[Text(row["platform"] or "")] * platforms,
            Text(_status(row), STYLES.get(row["status"], "red" if row["problems"] else "yellow")),
            Text(row["schedule"]),
            Text(names),
            Text(config.get("destination", "")),
            Text(_agrees(row), "" if row["agrees"] == "as live" else "magenta"),
        )
    return table


def _status(row: Mapping[str, Any]) -> str:
    return f"{row['status']}, rev. {row['revision']}" if row["revision"] else str(row["status"])


def _agrees(row: Mapping[str, Any]) -> str:
    return f"none ({row['origin']})" if row["agrees"] == "none" else str(row["agrees"])


def _table(*headings: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, collapse_padding=True)
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading in _WHOLE)
    return table


def _time(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
