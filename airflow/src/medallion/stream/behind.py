"""Which partitions of landing bronze has not read as events left them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from medallion.ledger import Ledger
from medallion.ledger import streams as known
from medallion.settings import Settings
from medallion.storage import files_in


def streamed_of(
    settings: Settings, ledger: Ledger, client_id: str, entities: Sequence[tuple[str, str]] = ()
) -> dict[str, list[tuple[str, datetime]]]:
    """What bronze reads beside a run's intervals, by ``<source>.<entity>``: paths, and their rows' start.

    Args:
        settings: where landing is.
        ledger: the registry's database.
        client_id: whose.
        entities: source and name of entities that must have a partition, also where nothing of them changed:
            a model of bronze reads something, and what it has read before changes nothing.
    """
    parts = list(known.waiting(ledger, client_id).parts)
    waiting = {(part.source, part.entity) for part in parts}
    last = (known.newest_part(ledger, client_id, *one) for one in entities if one not in waiting)
    found: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for part in [*parts, *filter(None, last)]:
        # What was about to land when its writer was killed, or was cleaned up since, is not there.
        if files_in(settings.landing / client_id / part.source / part.entity / part.path):
            found[part.name].append((part.path, part.interval_start))
    return dict(found)
