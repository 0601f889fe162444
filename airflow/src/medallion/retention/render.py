"""A cleanup as a person or a program reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from medallion.retention.loss import Loss
from medallion.retention.policy import RetentionPlan


def retention_facts(doomed: RetentionPlan, *, deleted: bool) -> dict[str, Any]:
    """Everything that was looked at."""
    return {
        "client": doomed.plan.client.id,
        "today": doomed.today.isoformat(),
        "share": doomed.landing.share,
        "deleted": deleted,
        "objects": [loss.facts for loss in doomed.losses],
        "links": [f"{where}/{link}" for where, own in doomed.links.items() for link in own],
    }


def retention_table(doomed: RetentionPlan) -> Table:
    """What each object loses; :func:`kept_lines` sums up those that lose nothing."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("layer", "table or entity", "before"):
        table.add_column(name, overflow="fold")
    for name in ("goes", "of", "share", "files", "bytes"):
        table.add_column(name, justify="right")
    for loss in doomed.losses:
        if loss.gone:
            table.add_row(*_cells(loss), style="red" if loss.too_many else "")
    return table


def kept_lines(doomed: RetentionPlan) -> Iterator[str]:
    """The layers' objects that lose nothing, and why."""
    for layer in dict.fromkeys(loss.layer for loss in doomed.losses):
        own = [loss for loss in doomed.losses if loss.layer == layer and not loss.gone]
        counted = [loss for loss in own if loss.cutoff]
        if counted:
            yield f"{layer}: {len(counted)} with nothing from before {counted[0].cutoff}"
        if whole := len(own) - len(counted):
            follows = "the next run takes out of them what the layers before lost"
            yield f"{layer}: {whole} without _run_date: {follows}"
    for where, links in doomed.links.items():
        yield from (f"{where}: {link} is a link and stays" for link in links)


def _cells(loss: Loss) -> tuple[Text, ...]:
    files = f"{loss.files:,}" if loss.files is not None else ""
    size = f"{loss.bytes:,}" if loss.bytes is not None else ""
    cells = (
        loss.layer,
        loss.object,
        str(loss.cutoff),
        f"{loss.gone:,} {loss.unit if loss.gone > 1 else loss.unit.removesuffix('s')}",
        f"{loss.held:,}",
        f"{loss.share:.1%}",
        files,
        size,
    )
    return tuple(Text(cell) for cell in cells)
