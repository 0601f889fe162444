"""Leases: one process at a time does what a lease is for; one that was killed keeps nobody waiting long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from medallion.database import utcnow
from medallion.ledger.records import RunKey
from medallion.ledger.store import Ledger
from medallion.ledger.tables import layer_lease

#: A lease outlives a holder that was killed by at most this, for somebody who waits.
LEASE = timedelta(seconds=45)


class Lease:
    """The right to build a layer's cleared nodes, or to write to a warehouse, for one who asks for it.

    Another's lease is over once it has not been extended for :data:`LEASE` while this object looked on, by a
    clock that only goes forward. What the lease itself says of time would end it early, or keep it for long,
    where a machine's clock is set, or goes wrong.

    Args:
        ledger: where leases are kept.
        key: the run, or what else the lease is of.
        layer: the layer, or what else it is for.
        owner: who asks; asking again extends.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        ledger: Ledger,
        key: RunKey,
        layer: str,
        owner: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._owner = owner
        self._clock = clock
        self._names = {"dag_id": key.dag_id, "run_id": key.run_id, "layer": layer}
        self._seen: tuple[str, datetime] | None = None
        self._seen_at = 0.0

    def take(self) -> bool:
        """Take or extend the lease; False while another holds it."""
        c, values = layer_lease.c, {"owner": self._owner, "expires_at": utcnow() + LEASE}
        free = c.owner == self._owner
        if over := self._over():
            free = or_(free, and_(c.owner == over[0], c.expires_at == over[1]))
        try:
            with self._ledger.engine.begin() as connection:
                if not connection.execute(
                    update(layer_lease).where(*self._mine, free).values(**values)
                ).rowcount:
                    connection.execute(insert(layer_lease).values(**self._names, **values))
                return True
        except IntegrityError:
            return False  # held by another

    def give_back(self) -> None:
        """Let the next one have it."""
        with self._ledger.engine.begin() as connection:
            connection.execute(delete(layer_lease).where(*self._mine, layer_lease.c.owner == self._owner))

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Extend the lease while the block runs, and give it back."""
        done = threading.Event()

        def extend() -> None:
            while not done.wait(LEASE.total_seconds() / 3):
                self.take()

        keeper = threading.Thread(target=extend, daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()
            self.give_back()

    @property
    def _mine(self) -> tuple[Any, ...]:
        c = layer_lease.c
        return tuple(c[name] == value for name, value in self._names.items())

    def _over(self) -> tuple[str, datetime] | None:
        """Another's lease that was not extended for long enough."""
        c = layer_lease.c
        with self._ledger.engine.connect() as connection:
            found = connection.execute(select(c.owner, c.expires_at).where(*self._mine)).one_or_none()
        held = (str(found.owner), found.expires_at) if found else None
        if held != self._seen:
            self._seen, self._seen_at = held, self._clock()
        return held if held and self._clock() - self._seen_at >= LEASE.total_seconds() else None
