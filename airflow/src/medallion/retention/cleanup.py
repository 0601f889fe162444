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
        _check_place(plan, partition)
    by_source = sorted(plan.partitions, key=lambda one: one.source)
    for source, partitions in groupby(by_source, key=lambda one: one.source):
        stage = Stage(plan.landing, plan.client_id, source)
        doing = f"cleanup of {source} for {plan.client_id}"
        # An extract makes the folders that a cleanup takes away when they are empty.
        with one_at_a_time(stage.folder, doing=doing, error=MedallionError, patience=patience):
            for partition in partitions:
                _delete(plan, partition)


def _check_place(plan: CleanupPlan, partition: Partition) -> None:
    """Refuse what is no partition of this client's landing, or is reached through a link."""
    home = plan.landing / plan.client_id / partition.source / partition.entity
    inside = partition.path.is_relative_to(home)
    if not inside or partition_start(partition.path.relative_to(home)) is None:
        raise RetentionRefused(f"{partition.path} is no partition of {home}; nothing was deleted")
    if any(path.is_symlink() for path in _between(plan.landing, partition.path)):
        raise RetentionRefused(f"{partition.path} is reached through a link; nothing was deleted")


def _between(landing: Path, path: Path) -> list[Path]:
    """The path and the folders above it, down from landing, which may be a link itself."""
    return [one for one in (path, *path.parents) if one != landing and one.is_relative_to(landing)]


def _delete(plan: CleanupPlan, partition: Partition) -> None:
    """Delete the files in a partition's own folder, then the folders that this left empty."""
    if not partition.path.is_dir():
        return
    for path in sorted(partition.path.iterdir()):
        if path.is_symlink() or path.is_file():
            path.unlink(missing_ok=True)
    for folder in (partition.path, *partition.path.parents):
        if folder == plan.landing / plan.client_id / partition.source / partition.entity:
            return
        try:
            os.rmdir(folder)  # noqa: PTH106  # refuses a folder with anything in it
        except OSError:
            return
