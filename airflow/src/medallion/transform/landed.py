"""How far the sources of a client have landed: to a day without rows too, which no row would tell of."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import date

from medallion.storage import Root


def landed_until(landing: Root, sources: Collection[str], whole: Collection[str]) -> dict[str, str]:
    """The last day of each source that lands interval by interval.

    Args:
        landing: the client's folder.
        sources: their names.
        whole: entities that come whole every time, as ``<source>.<entity>``; their days tell of no other's.

    Returns:
        By source its last day, as ``2026-01-16``; those that have not landed are left out.
    """
    found = {source: _last_day(landing / source, source, whole) for source in sources}
    return {source: day.isoformat() for source, day in found.items() if day}


def _last_day(folder: Root, source: str, whole: Collection[str]) -> date | None:
    # A source lands all its entities or none: one tells of all.
    for entity in _names(folder):
        if f"{source}.{entity}" not in whole:
            return _newest(folder / entity)
    return None


def _newest(entity: Root) -> date | None:
    folder, parts = entity, []
    for part in ("year=", "month=", "day="):
        newest = max((name for name in _names(folder) if name.startswith(part)), default=None)
        if newest is None:
            return None
        folder /= newest
        parts.append(int(newest.removeprefix(part)))
    return date(*parts)


def _names(folder: Root) -> Iterator[str]:
    with suppress(FileNotFoundError, NotADirectoryError):
        yield from sorted(path.name for path in folder.iterdir())
