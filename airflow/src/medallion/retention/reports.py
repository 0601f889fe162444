"""A client's reports: whole days of them, found and deleted as landing's partitions are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from medallion.exceptions import RetentionRefused
from medallion.interval import partition_start
from medallion.reports.history import newest_report
from medallion.retention.cleanup import check_place, delete_partition
from medallion.retention.loss import Loss
from medallion.retention.plan import Partition, check_name, partitions_in
from medallion.settings import CLEANUP_SHARE
from medallion.storage import Root, below

#: What the audit calls them: there is one of it a client.
REPORTS, OBJECT = "reports", "runs_and_days"


@dataclass(frozen=True)
class ReportsPlan:
    """Which reports of a client would go, and of how many.

    Attributes:
        root: the folder of all reports.
        client_id: whose.
        cutoff: the first day that stays.
        share: the share of the days that may go unasked.
        partitions: the folders of days and of their intervals that would go, oldest first.
        held: how many days have reports now.
        links: symbolic links that were found and are left alone.
    """

    root: Root
    client_id: str
    cutoff: date
    share: float
    partitions: tuple[Partition, ...]
    held: int
    links: tuple[Path, ...]

    @property
    def folder(self) -> Root:
        """The client's folder of reports."""
        return self.root / self.client_id

    @property
    def loss(self) -> Loss:
        """What goes, in days, files and bytes."""
        gone = len({one.day for one in self.partitions})
        share, too_many = gone / self.held if self.held else 0.0, gone > self.share * self.held
        files, size = (sum(getattr(one, name) for one in self.partitions) for name in ("files", "bytes"))
        return Loss(REPORTS, OBJECT, self.cutoff, self.held, gone, share, too_many, files, size)


def plan_reports(
    root: Root, client_id: str, *, days: int, today: date, share: float = CLEANUP_SHARE
) -> ReportsPlan:
    """Find a client's reports that are older than their retention.

    Args:
        root: the folder of all reports.
        client_id: whose.
        days: how many days are kept; reports of a day exactly that old stay.
        today: the day to count from: the run's, not the clock's.
        share: the share of the days that may go unasked.

    Returns:
        What would go. The newest day always stays, and so does that of the newest run's report.

    Raises:
        RetentionRefused: if the client's name is none, or nothing would be kept.
    """
    check_name(client_id)
    if days < 1:
        raise RetentionRefused(f"{client_id}: reports are kept for at least 1 day, not {days}")
    cutoff, folder = today - timedelta(days=days), root / client_id
    if isinstance(folder, Path) and folder.is_symlink():
        return ReportsPlan(root, client_id, cutoff, share, (), 0, (folder,))
    links: list[Path] = []
    there = sorted(partitions_in(REPORTS, OBJECT, folder, links), key=lambda one: (one.day, one.path))
    held = {one.day for one in there}
    newest = {max(held, default=cutoff), _day_of_newest(folder) or cutoff}
    doomed = tuple(one for one in there if one.day < cutoff and one.day not in newest)
    return ReportsPlan(root, client_id, cutoff, share, doomed, len(held), tuple(links))


def apply_reports(plan: ReportsPlan, *, force: bool = False) -> None:
    """Delete the plan's reports; what is gone already is no error.

    Raises:
        RetentionRefused: if more than the share would go, or a path leads elsewhere; nothing is deleted.
    """
    if plan.loss.too_many and not force:
        raise RetentionRefused(
            f"{plan.client_id}: {plan.loss}: more than {plan.share:.0%}; nothing was deleted"
        )
    for partition in plan.partitions:
        check_place(plan.root, plan.folder, partition)
    # An interval's folder lies in its day's: the deepest first, so that no empty day is left.
    for partition in sorted(plan.partitions, key=lambda one: len(one.path.parts), reverse=True):
        delete_partition(plan.folder, partition)


def _day_of_newest(folder: Root) -> date | None:
    report = newest_report(folder)
    start = partition_start(below(report.parent, folder)) if report else None
    return start.date() if start else None
