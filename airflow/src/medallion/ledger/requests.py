"""Nodes cleared by hand: they ask for a rebuild, and one of them builds for all of its layer."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from medallion.database import utcnow
from medallion.ledger.records import NodeRow, RunKey
from medallion.ledger.store import Ledger
from medallion.ledger.tables import layer_lease, rebuild_request

#: A lease outlives a builder that was killed by at most this.
LEASE = timedelta(seconds=45)


def ask_for_rebuild(
    ledger: Ledger,
    key: RunKey,
    layer: str,
    *,
    task_id: str,
    try_number: int,
    nodes: Sequence[str],
    since: datetime,
) -> None:
    """Note that a cleared task waits for new results of its nodes; asking again changes nothing."""
    row = {"task_id": task_id, "try_number": try_number, "layer": layer, "nodes": list(nodes), "since": since}
    try:
        with ledger.engine.begin() as connection:
            connection.execute(insert(rebuild_request).values(dag_id=key.dag_id, run_id=key.run_id, **row))
    except IntegrityError:
        return  # the triggerer was restarted and asks a second time


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


def take_lease(ledger: Ledger, key: RunKey, layer: str, owner: str) -> bool:
    """Take (or extend) the right to build the layer's cleared nodes; False while another holds it."""
    c = layer_lease.c
    mine = (c.dag_id == key.dag_id, c.run_id == key.run_id, c.layer == layer)
    values = {"owner": owner, "expires_at": utcnow() + LEASE}
    free = or_(c.owner == owner, c.expires_at < utcnow())
    try:
        with ledger.engine.begin() as connection:
            if connection.execute(update(layer_lease).where(*mine, free).values(**values)).rowcount:
                return True
            taken = insert(layer_lease).values(dag_id=key.dag_id, run_id=key.run_id, layer=layer, **values)
            connection.execute(taken)
            return True
    except IntegrityError:
        return False  # held by another, and not expired


def give_back_lease(ledger: Ledger, key: RunKey, layer: str, owner: str) -> None:
    """Let the next one build."""
    c = layer_lease.c
    mine = (c.dag_id == key.dag_id, c.run_id == key.run_id, c.layer == layer, c.owner == owner)
    with ledger.engine.begin() as connection:
        connection.execute(delete(layer_lease).where(*mine))


@contextmanager
def leased(ledger: Ledger, key: RunKey, layer: str, owner: str) -> Iterator[None]:
    """Keep a lease alive while the block runs, and give it back."""
    done = threading.Event()

    def extend() -> None:
        while not done.wait(LEASE.total_seconds() / 3):
            take_lease(ledger, key, layer, owner)

    keeper = threading.Thread(target=extend, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()
        give_back_lease(ledger, key, layer, owner)
