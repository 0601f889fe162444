"""Turns: how many runs of a client are at work, or build, at once, whoever started them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from medallion.database import utcnow
from medallion.ledger.records import RunKey
from medallion.ledger.store import Ledger
from medallion.ledger.tables import layer_lease

#: A turn ends with its run, never by the clock.
_FOR_GOOD = datetime(9999, 12, 31)
#: Turns to be at work, and among those at work turns to build.
RUN, BUILD = "run", "build"
_WAITS = {RUN: "waits", BUILD: "waits to build"}


def take_turn(
    ledger: Ledger, key: RunKey, turns: int, is_at_work: Callable[[str], bool], kind: str = RUN
) -> str | None:
    """Take one of a client's turns, or keep the one that the run has; whoever waits longest is next.

    Args:
        ledger: where turns are kept.
        key: the run.
        turns: how many runs may be at work at once.
        is_at_work: whether a run, by its id, still is; what one that is not holds or waits for is free.
        kind: what for, to be at work or to build.

    Returns:
        None if the run may go on, else the id of a run that comes before.
    """
    holders = _holders(ledger, key.dag_id, kind)
    names = [f"{kind} {number}" for number in range(1, turns + 1)]
    if any(holders.get(name) == key.run_id for name in names):
        return None
    # A run from before the config changed may hold a turn beyond those that there are now.
    busy = {name: run_id for name, run_id in holders.items() if run_id != key.run_id and is_at_work(run_id)}
    before = list(busy.values()) if len(busy) >= turns else []
    before += [run_id for run_id in _ahead(ledger, key, kind) if run_id not in before and is_at_work(run_id)]
    free = [] if before else [name for name in names if name not in busy]
    if any(_take(ledger, key, kind, name, holders.get(name)) for name in free):
        return None
    _line_up(ledger, key, kind)
    return before[0] if before else _holders(ledger, key.dag_id, kind)[free[0]]  # another run was quicker


def _holders(ledger: Ledger, dag_id: str, kind: str) -> dict[str, str]:
    c = layer_lease.c
    turns = (c.dag_id == dag_id, c.run_id == "", c.layer.like(f"{kind} %"))
    query = select(c.layer, c.owner).where(*turns).order_by(c.layer)
    with ledger.engine.connect() as connection:
        return {row.layer: row.owner for row in connection.execute(query)}


def _ahead(ledger: Ledger, key: RunKey, kind: str) -> list[str]:
    """The runs that have waited for longer than this one."""
    c = layer_lease.c
    waits = (c.dag_id == key.dag_id, c.layer == _WAITS[kind])
    query = select(c.run_id).where(*waits).order_by(c.expires_at, c.run_id)
    with ledger.engine.connect() as connection:
        waiting = [row.run_id for row in connection.execute(query)]
    return waiting[: waiting.index(key.run_id)] if key.run_id in waiting else waiting


def _line_up(ledger: Ledger, key: RunKey, kind: str) -> None:
    """Note since when the run waits; noted before, it keeps its place."""
    row = {"dag_id": key.dag_id, "run_id": key.run_id, "layer": _WAITS[kind], "owner": key.run_id}
    try:
        with ledger.engine.begin() as connection:
            connection.execute(insert(layer_lease).values(**row, expires_at=utcnow()))
    except IntegrityError:
        return


def _take(ledger: Ledger, key: RunKey, kind: str, name: str, holder: str | None) -> bool:
    """Take a turn from a run that has ended, or that nobody has; False if another one was quicker."""
    c = layer_lease.c
    try:
        with ledger.engine.begin() as connection:
            if holder is None:
                row = {"dag_id": key.dag_id, "run_id": "", "layer": name, "owner": key.run_id}
                connection.execute(insert(layer_lease).values(**row, expires_at=_FOR_GOOD))
            else:
                turn = (c.dag_id == key.dag_id, c.run_id == "", c.layer == name, c.owner == holder)
                if not connection.execute(update(layer_lease).where(*turn).values(owner=key.run_id)).rowcount:
                    return False
            waited = (c.dag_id == key.dag_id, c.run_id == key.run_id, c.layer == _WAITS[kind])
            connection.execute(delete(layer_lease).where(*waited))
            return True
    except IntegrityError:
        return False
