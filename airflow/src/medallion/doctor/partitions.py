"""Intervals that should have landed since a client runs in a row and did not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from medallion.doctor.finding import BAD, OK, WARN, Finding
from medallion.ledger import Ledger
from medallion.missing import first_intervals, missing_of
from medallion.registry.definition import Definition
from medallion.storage import Root


def partitions(
    landing: Root, ledger: Ledger | None, definitions: Iterable[Definition], now: datetime | None = None
) -> Iterator[Finding]:
    """Look for what did not land, client by client: a hole is bad, what was never run at the end is told.

    Args:
        landing: root of landing.
        ledger: knows since when each client runs in a row; None where nothing ever ran.
        definitions: the clients that run here.
        now: the moment until which intervals count; a test gives another.
    """
    firsts = first_intervals(ledger) if ledger else {}
    found = [
        missing
        for one in definitions
        for missing in missing_of(landing, one, firsts.get(one.client.id), now or datetime.now(UTC))
    ]
    for missing in found:
        said = f"{missing.client_id}: {missing.said}"
        yield Finding("partitions", BAD if missing.hole else WARN, said, missing.todo)
    if not found:
        yield Finding(
            "partitions",
            OK,
            "every interval since the first scheduled or backfilled run of each client has landed",
        )
