"""Nodes cleared by hand: they ask for a rebuild, and one of them builds for all of its layer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from medallion.database import utcnow
from medallion.ledger.records import NodeRow, RunKey
from medallion.ledger.store import TICK, Ledger, last_moment
from medallion.ledger.tables import rebuild_request


def ask_for_rebuild(
    ledger: Ledger,
    key: RunKey,
    layer: str,
    *,
    task_id: str,
    try_number: int,
    nodes: Sequence[str],
    since: datetime,
) -> datetime:
    """Note that a cleared task waits for new results of its nodes; asking again changes nothing.

    Args:
        ledger: where.
        key: the run.
        layer: the nodes'.
        task_id: the task.
        try_number: its try; each has a request of its own.
        nodes: unique ids of what the task stands for.
        since: when it was cleared, by Airflow's clock.

    Returns:
        Since when builds answer it. That is later than ``since`` where the run's last build lies ahead of the
        clock, which was set back: it would pass for one that began after the clearing.
    """
    asked = {"dag_id": key.dag_id, "run_id": key.run_id, "task_id": task_id, "try_number": try_number}
    try:
        with ledger.engine.begin() as connection:
            last = last_moment(connection, key)
            counts = last + TICK if last and last > utcnow() else since
            row = {"layer": layer, "nodes": list(nodes), "since": counts}
            connection.execute(insert(rebuild_request).values(**asked, **row))
            return counts
    except IntegrityError:  # the triggerer was restarted and asks a second time
        mine = (rebuild_request.c[name] == value for name, value in asked.items())
        with ledger.engine.connect() as connection:
            return cast(
                "datetime", connection.execute(select(rebuild_request.c.since).where(*mine)).scalar_one()
            )


def nodes_to_rebuild(ledger: Ledger, key: RunKey, layer: str) -> list[str]:
    """The nodes of the layer that were asked for and have no result of a build that started since."""
    c = rebuild_request.c
    query = select(c.nodes, c.since).where(c.dag_id == key.dag_id, c.run_id == key.run_id, c.layer == layer)
    with ledger.engine.connect() as connection:
        asked = [(str(node), row.since) for row in connection.execute(query) for node in row.nodes]
    latest = ledger.latest_results(key)
    due = (node for node, since in asked if not _answered(latest.get(node), since))
    return list(dict.fromkeys(due))


def _answered(row: NodeRow | None, since: datetime) -> bool:
    return row is not None and row.built_at is not None and row.built_at >= since
