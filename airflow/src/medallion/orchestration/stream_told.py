"""Telling people that a stream is behind what its client was promised."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from medallion.clients import duration_text
from medallion.database import utcnow
from medallion.settings import load_settings
from medallion.severity import Severity

log = logging.getLogger(__name__)

#: The cause of being late, by which it is told once.
LATE = "stream late"
_ADVICE = (
    "See in the log of the task what it waits for: a batch's run, a breached rule, a lock. Nothing is lost: "
    "what has landed reaches gold with the next micro-batch that may, or with the next batch."
)


def tell_if_late(task: Any, context: Any, since: datetime | None) -> None:
    """Tell once that events take longer to gold than ``max_delay``, until a micro-batch is in time again.

    Args:
        task: the micro-batch's; what it tells is remembered on it, for its end recovers from nothing then.
        context: Airflow's.
        since: when the oldest event came, or happened, that is not or was not in gold in time.
    """
    client = task.plan.client
    if since is None or utcnow() - since <= client.realtime.max_delay:
        return
    # What tells people is not for every process that reads a client's file.
    from medallion.notifications import StreamLate
    from medallion.orchestration.messages import facts_of
    from medallion.orchestration.routes import teller_of

    task.is_late = True
    behind = utcnow() - since
    allowed = duration_text(client.realtime.max_delay)
    message = StreamLate(
        **facts_of(client, context),
        cause=LATE,
        severity=Severity.WARNING,
        behind=f"{behind.total_seconds():.0f} s",
        reason=f"Events are to be in gold within {allowed}.",
        advice=_ADVICE,
    )
    teller_of(load_settings(), client).tell([message])
