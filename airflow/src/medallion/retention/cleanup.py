"""Deletes what a plan says, after looking at every path once more."""

from __future__ import annotations

from itertools import groupby

from medallion.exceptions import MedallionError, RetentionRefused
from medallion.extract.landing import Stage
from medallion.interval import partition_start
from medallion.locks import LOCK_SECONDS, one_at_a_time
from medallion.retention.plan import CleanupPlan, Partition
from medallion.storage import Root, below, delete_files, delete_if_empty, is_below, is_link


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


def _home(plan: CleanupPlan, partition: Partition) -> Root:
    return plan.landing / plan.client_id / partition.source / partition.entity


def check_place(root: Root, home: Root, partition: Partition) -> None:
    """Refuse what is no partition of a folder below a root, or is reached through a link.

    Raises:
        RetentionRefused: if it is so.
    """
    inside = is_below(partition.path, home)
    if not inside or partition_start(below(partition.path, home)) is None:
        raise RetentionRefused(f"{partition.path} is no partition of {home}; nothing was deleted")
    if any(is_link(path) for path in _between(root, partition.path)):
        raise RetentionRefused(f"{partition.path} is reached through a link; nothing was deleted")


def _between(root: Root, path: Root) -> list[Root]:
    """The path and the folders above it, down from the root, which may be a link itself."""
    return [one for one in (path, *path.parents) if one != root and is_below(one, root)]


def delete_partition(home: Root, partition: Partition) -> None:
    """Delete the files in a partition's own folder, then the folders below its home that this left empty."""
    delete_files(partition.path)
    for folder in (partition.path, *partition.path.parents):
        if folder == home or not delete_if_empty(folder):
            return
