"""One writer a client where the target lets several in: a lease in the ledger, which all hosts share."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import tenacity

from medallion.exceptions import BuildFailed
from medallion.ledger import RunKey, open_ledger
from medallion.ledger.leases import Lease
from medallion.locks import LOCK_SECONDS
from medallion.settings import Settings

_WRITES = "writes"


@contextmanager
def one_lease(settings: Settings, client_id: str, patience: float = LOCK_SECONDS) -> Iterator[None]:
    """Hold a client's warehouse while the block runs.

    Args:
        settings: where the ledger is.
        client_id: whose warehouse.
        patience: seconds to wait for another writer.

    Raises:
        BuildFailed: if another one keeps it.
    """
    owner = f"process {os.getpid()} on {socket.gethostname()}, {uuid.uuid4().hex}"
    key = RunKey(f"warehouse of {client_id}", "")
    lease = Lease(open_ledger(settings.database_url), key, _WRITES, owner)
    patiently = tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda taken: not taken),
        wait=tenacity.wait_random_exponential(multiplier=0.05, max=2),
        stop=tenacity.stop_after_delay(patience),
        retry_error_callback=lambda _: False,
    )
    if not patiently(lease.take):
        raise BuildFailed(f"the warehouse of {client_id} is in use by another build; waited {patience:.0f} s")
    with lease.kept():
        yield
