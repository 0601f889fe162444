"""Tells people of a round that needs one of them, once for each cause."""

from __future__ import annotations

from datetime import datetime

from medallion.factory.report import Report
from medallion.notifications import Event, Outbox, notify
from medallion.registry import Registry
from medallion.settings import Settings

TOLD = "told"


def tell(
    settings: Settings, registry: Registry, report: Report, *, dag_id: str, run_id: str, at: datetime
) -> bool:
    """Tell of a round's trouble, unless the last round that was told of had the same.

    Args:
        settings: where the outbox is.
        registry: its audit log remembers what was told.
        report: the round's.
        dag_id: the factory.
        run_id: its run.
        at: now, with its zone.

    Returns:
        False where everybody knows already.
    """
    trouble = [str(line) for line in report.trouble]
    told = registry.events(report.platform, last=1, action=TOLD)
    if told and told[-1].detail.get("trouble") == trouble:
        return False
    event = Event(
        client_id=report.platform,
        dag_id=dag_id,
        run_id=run_id,
        task_id="go_round",
        try_number=1,
        subject=f"[medallion] {report.platform}: {len(trouble)} of its clients need a look",
        text="\n".join([*trouble, "", "What was live before still is.\n"]),
        recipient=None,
        at=at,
    )
    notify(event, [Outbox(settings.outbox)])
    registry.audit(report.platform, TOLD, "medallion_factory", {"trouble": trouble})
    return True
