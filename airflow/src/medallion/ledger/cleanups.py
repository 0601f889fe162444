"""What cleanups deleted of a client, as later cleanups need to know it."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from sqlalchemy import func, select

from medallion.ledger.store import Ledger
from medallion.ledger.tables import cleanup_object


def last_cutoffs(ledger: Ledger, client_id: str) -> dict[str, dict[str, date]]:
    """The latest first day that a cleanup of an object kept, by layer and object; a refusal is none."""
    c = cleanup_object.c
    deleted = select(c.layer, c.object, func.max(c.cutoff).label("cutoff")).where(
        c.client_id == client_id, c.refused == 0
    )
    kept: dict[str, dict[str, date]] = defaultdict(dict)
    with ledger.engine.connect() as connection:
        for row in connection.execute(deleted.group_by(c.layer, c.object)):
            kept[row.layer][row.object] = row.cutoff
    return dict(kept)
