"""Deletes what a plan says, after looking at every path once more."""

from __future__ import annotations

import os
from itertools import groupby
from pathlib import Path

from medallion.exceptions import MedallionError, RetentionRefused
from medallion.extract.landing import Stage
from medallion.interval import partition_start
from medallion.locks import LOCK_SECONDS, one_at_a_time
from medallion.retention.plan import CleanupPlan, Partition


def apply_cleanup(plan: CleanupPlan, *, force: bool = False, patience: float = LOCK_SECONDS) -> None:
    """Delete the plan's partitions; what is gone already is no error.

    Args:
        plan: what :func:`~medallion.retention.plan.plan_cleanup` found.
        force: delete even more than the plan's share of an entity.
        patience: seconds to wait for an extract of the same source.

    Raises:
        RetentionRefused: if more than the share would go, or a path leads out of landing; nothing is deleted.
        MedallionError: if an extract of a source does not end.
    """
    if plan.too_many and not force:
        raise RetentionRefused(
            f"{plan.client_id}: the cleanup would delete more than {plan.share:.0%} of "
            f"{', '.join(plan.too_many)}, all before {plan.cutoff}; nothing was deleted"
        )
    for partition in plan.partitions:
        check_place(plan.landing, _home(plan, partition), partition)
    by_source = sorted(plan.partitions, key=lambda one: one.source)
    for source, partitions in groupby(by_source, key=lambda one: one.source):
        stage = Stage(plan.landing, plan.client_id, source)
        doing = f"cleanup of {source} for {plan.client_id}"
        # An extract makes the folders that a cleanup takes away when they are empty.
        with one_at_a_time(stage.folder, doing=doing, error=MedallionError, patience=patience):
            for partition in partitions:
                delete_partition(_home(plan, partition), partition)


def _home(plan: CleanupPlan, partition: Partition) -> Path:
    return plan.landing / plan.client_id / partition.source / partition.entity


def check_place(root: Path, home: Path, partition: Partition) -> None:
    """Refuse what is no partition of a folder below a root, or is reached through a link.

    Raises:
        RetentionRefused: if it is so.
    """
    inside = partition.path.is_relative_to(home)
    if not inside or partition_start(partition.path.relative_to(home)) is None:
        raise RetentionRefused(f"{partition.path} is no partition of {home}; nothing was deleted")
    if any(path.is_symlink() for path in _between(root, partition.path)):
        raise RetentionRefused(f"{partition.path} is reached through a link; nothing was deleted")


def _between(root: Path, path: Path) -> list[Path]:
    """The path and the folders above it, down from the root, which may be a link itself."""
    return [one for one in (path, *path.parents) if one != root and one.is_relative_to(root)]


def delete_partition(home: Path, partition: Partition) -> None:
    """Delete the files in a partition's own folder, then the folders below its home that this left empty."""
    if not partition.path.is_dir():
        return
    for path in sorted(partition.path.iterdir()):
        if path.is_symlink() or path.is_file():
            path.unlink(missing_ok=True)
    for folder in (partition.path, *partition.path.parents):
        if folder == home:
            return
        try:
            os.rmdir(folder)  # noqa: PTH106  # refuses a folder with anything in it
        except OSError:
            return
