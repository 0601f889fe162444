"""Whether what landed is still what was written, before bronze makes rows of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from medallion.exceptions import DamagedError
from medallion.extract.landing import PART, STREAM_PART
from medallion.extract.parts import check_part
from medallion.storage import Root


def check_landing(landing: Root, client_id: str, partitions: Iterable[str]) -> None:
    """Read a client's files of some intervals, and hold them against their checksums.

    Of an object store nothing is read: it keeps checksums itself, and every file would come twice.

    Args:
        landing: root of landing.
        client_id: whose files.
        partitions: the intervals', as paths below an entity's folder.

    Raises:
        DamagedError: naming every file that is not as it was written.
    """
    if not isinstance(landing, Path):
        return
    wanted = [f"*/*/{partition}/{name}" for partition in partitions for name in (PART, STREAM_PART)]
    found = [path for pattern in wanted for path in sorted((landing / client_id).glob(pattern))]
    damaged: dict[object, object] = {}
    for path in found:
        try:
            check_part(path)
        except DamagedError as error:
            damaged |= error.found
    if damaged:
        raise DamagedError(damaged)
