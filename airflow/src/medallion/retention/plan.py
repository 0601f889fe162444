"""What a cleanup of landing would delete; looking changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from medallion.exceptions import RetentionRefused
from medallion.interval import partition_start
from medallion.settings import CLEANUP_SHARE
from medallion.storage import Root, below, files_by_folder, folders_in

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Partition:
    """One interval of an entity in landing, or of reports, with the files directly in its folder."""

    source: str
    entity: str
    path: Root
    day: date
    files: int
    bytes: int


@dataclass(frozen=True)
class CleanupPlan:
    """What would go, and of how much.

    Attributes:
        landing: root of landing.
        client_id: whose.
        cutoff: the first day that stays.
        share: the share of an entity's partitions that may go unasked.
        partitions: what would go, oldest first.
        present: how many partitions each entity (``source.entity``) has now.
        links: symbolic links that were found and are left alone.
    """

    landing: Root
    client_id: str
    cutoff: date
    share: float
    partitions: tuple[Partition, ...]
    present: Mapping[str, int]
    links: tuple[Path, ...]

    @property
    def files(self) -> int:
        """How many files would go."""
        return sum(partition.files for partition in self.partitions)

    @property
    def bytes(self) -> int:
        """How many bytes would go."""
        return sum(partition.bytes for partition in self.partitions)

    @property
    def too_many(self) -> tuple[str, ...]:
        """Each entity that would lose more than the share, with both counts."""
        doomed = dict.fromkeys(self.present, 0)
        for partition in self.partitions:
            doomed[f"{partition.source}.{partition.entity}"] += 1
        return tuple(
            f"{name} ({number} of {self.present[name]} partitions)"
            for name, number in doomed.items()
            if number > self.share * self.present[name]
        )

    def __str__(self) -> str:
        head = (
            f"{self.client_id}: {len(self.partitions)} partitions before {self.cutoff}, "
            f"{self.files} files, {self.bytes:,} bytes"
        )
        gone = [f"  {below(partition.path, self.landing)}" for partition in self.partitions]
        kept = [f"  {below(link, self.landing)} is a link and stays" for link in self.links]
        return "\n".join([head, *gone, *kept])


def plan_cleanup(
    landing: Root, client_id: str, *, days: int, today: date, share: float = CLEANUP_SHARE
) -> CleanupPlan:
    """Find a client's partitions that are older than its retention.

    Args:
        landing: root of landing.
        client_id: whose.
        days: how many days are kept; a partition exactly that old stays.
        today: the day to count from: the run's, not the clock's.
        share: the share of an entity's partitions that may go unasked.

    Returns:
        What would go. The newest partition of an entity always stays.

    Raises:
        RetentionRefused: if the client's name is none, or nothing would be kept.
    """
    check_name(client_id)
    if days < 1:
        raise RetentionRefused(f"{client_id}: landing is kept for at least 1 day, not {days}")
    cutoff = today - timedelta(days=days)
    links: list[Path] = []
    doomed: list[Partition] = []
    present: dict[str, int] = {}
    for source, entity, folder in _entities(landing / client_id, links):
        there = sorted(partitions_in(source, entity, folder, links), key=lambda one: one.path)
        present[f"{source}.{entity}"] = len(there)
        doomed += [partition for partition in there[:-1] if partition.day < cutoff]
    doomed.sort(key=lambda one: (one.day, one.path))
    return CleanupPlan(landing, client_id, cutoff, share, tuple(doomed), present, tuple(links))


def _entities(client: Root, links: list[Path]) -> Iterator[tuple[str, str, Root]]:
    for source in _folders(client, links):
        for entity in _folders(source, links):
            yield source.name, entity.name, entity


def _folders(folder: Root, links: list[Path]) -> list[Root]:
    """The real folders in a folder; links are noted, and nothing is followed."""
    if isinstance(folder, Path):
        if folder.is_symlink():
            links.append(folder)
            return []
        if folder.is_dir():
            links += [path for path in sorted(folder.iterdir()) if path.is_symlink()]
    return folders_in(folder)


def check_name(client_id: str) -> None:
    """Refuse a name that could lead to another folder than a client's.

    Raises:
        RetentionRefused: if it is no client's.
    """
    if not _NAME.fullmatch(client_id):
        raise RetentionRefused(
            f"client: must be lower-case letters, digits and underscores, is {client_id!r}"
        )


def partitions_in(source: str, entity: str, folder: Root, links: list[Path]) -> Iterator[Partition]:
    """The days, and intervals of days, below a folder that hold files; links are noted, never followed."""
    for path, sizes in files_by_folder(folder, links):
        if start := partition_start(below(path, folder)):
            yield Partition(source, entity, path, start.date(), len(sizes), sum(sizes))
