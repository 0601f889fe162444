"""A day of a client's stream, for its report."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from medallion.interval import midnight
from medallion.ledger import Ledger
from medallion.ledger.streams import batches_between
from medallion.ledger.tables import stream_difference
from medallion.pipeline import Plan
from medallion.stream.freshness import freshness_of

_COUNTED = ("batch_rows", "stream_rows", "same", "differing", "batch_only", "stream_only")


def stream_of_day(ledger: Ledger, plan: Plan, day: date) -> dict[str, Any] | None:
    """What came between a client's batches on a day, how long it took to gold, and what batches found of it.

    Args:
        ledger: knows it.
        plan: the client's.
        day: which, by the client's clocks.

    Returns:
        What :class:`medallion.reports.daily_contract.StreamPart` describes; None where there is no stream.
    """
    client = plan.client
    if not client.business_rules.enable_real_time:
        return None
    start, end = (
        midnight(one, client.timezone).replace(tzinfo=None) for one in (day, day + timedelta(days=1))
    )
    rows = batches_between(ledger, client.id, start, end)
    c = stream_difference.c
    query = select(stream_difference).where(
        c.client_id == client.id, c.interval_start >= start, c.interval_start < end
    )
    with ledger.engine.connect() as connection:
        found = [dict(row._mapping) for row in connection.execute(query.order_by(c.id))]
    last = {(row["source"], row["entity"], row["interval_start"]): row for row in reversed(found)}
    differences = [
        {
            "source": row["source"],
            "entity": row["entity"],
            "interval_start": row["interval_start"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            **{name: row[name] for name in _COUNTED},
        }
        for row in reversed(last.values())
    ]
    return {
        **freshness_of(rows).facts(),
        "waiting": sum(row["events"] for row in rows if row["gold_at"] is None),
        "micro_batches": len({row["gold_run"] for row in rows if row["gold_run"]}),
        "max_delay_seconds": client.realtime.max_delay.total_seconds(),
        "differences": differences,
    }
