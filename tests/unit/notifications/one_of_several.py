"""One of several processes that tell of the same at once."""

from pathlib import Path

from medallion.ledger import open_ledger
from medallion.notifications import Outbox, Route, TaskFailed, Teller


def tell(url, folder, facts, start):
    """Tell of a failure by the outbox, once all the others are ready to."""
    channel = Route(Outbox(Path(folder), name="outbox"))
    teller = Teller((channel,), lambda: open_ledger(url), str, bound=60.0, asking=30.0)
    start.wait()
    teller.tell([TaskFailed(**facts)])
