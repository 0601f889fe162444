"""A client's whole retention: landing, every layer and reports are looked at before anything is deleted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from medallion.clients import Client
from medallion.exceptions import RetentionRefused
from medallion.ledger import Ledger, RunKey, tables
from medallion.ledger.cleanups import last_cutoffs
from medallion.ledger.streams import forget
from medallion.pipeline import LAYERS, Plan, dag_id_of
from medallion.reports.index import forget_days
from medallion.retention.cleanup import apply_cleanup
from medallion.retention.layer import retain_layer
from medallion.retention.loss import Loss
from medallion.retention.plan import CleanupPlan, plan_cleanup
from medallion.retention.reports import REPORTS, ReportsPlan, apply_reports, plan_reports
from medallion.settings import Settings
from medallion.storage import below


@dataclass(frozen=True)
class RetentionPlan:
    """What a cleanup would delete of a client.

    Attributes:
        plan: the client's plan.
        today: the day it counts from.
        landing: which partitions of landing go.
        reports: which days of reports go.
        tables: what each table of bronze, silver and gold loses.
        cleaned: the first day that the last cleanup of a table kept, by layer and table: what is older was
            deleted once, and came back as the table was made anew.
    """

    plan: Plan
    today: date
    landing: CleanupPlan
    reports: ReportsPlan
    tables: tuple[Loss, ...]
    cleaned: Mapping[str, Mapping[str, date]]

    @property
    def losses(self) -> tuple[Loss, ...]:
        """Every object, landing first and reports last, whatever it loses."""
        reports = [self.reports.loss] if self.reports.held else []
        return (*(_of_landing(part) for part in _by_entity(self.landing)), *self.tables, *reports)

    @property
    def links(self) -> dict[str, tuple[str, ...]]:
        """Symbolic links that were found and stay, by where they are: landing or reports."""
        found = {
            "landing": (self.landing.links, self.landing.landing),
            REPORTS: (self.reports.links, self.reports.root),
        }
        return {where: tuple(below(one, root) for one in own) for where, (own, root) in found.items()}

    @property
    def too_many(self) -> tuple[Loss, ...]:
        """The objects that would lose more than may go unasked."""
        return tuple(loss for loss in self.losses if loss.too_many)

    @property
    def refusal(self) -> str:
        """Why nothing is deleted, blank if all of it may go."""
        told = "".join(f"\n  {loss}" for loss in self.too_many)
        return told and (
            f"{self.plan.client.id}: the cleanup would delete more than {self.landing.share:.0%} of what is "
            f"there; nothing was deleted. If it should go: "
            f"medallion retention {self.plan.client.id} --date {self.today} --force{told}"
        )

    def __str__(self) -> str:
        losses = [f"  {loss}" for loss in self.losses if loss.gone] or ["  nothing is too old"]
        links = [f"  {where} {link} is a link and stays" for where, own in self.links.items() for link in own]
        return "\n".join([f"{self.plan.client.id}, counted from {self.today}:", *losses, *links])


def plan_retention(settings: Settings, ledger: Ledger, plan: Plan, today: date) -> RetentionPlan:
    """Look at all that a client has; nothing is changed.

    Args:
        settings: where landing, reports and the warehouse are, and the share of each that may go unasked.
        ledger: knows what was deleted before, and came back where a table was made anew.
        plan: the client's plan.
        today: the day to count from: the run's, not the clock's.

    Raises:
        TransformError: if dbt fails.
        BuildFailed: if the warehouse is held by another writer.
    """
    share = settings.cleanup_share
    landing = plan_cleanup(settings.landing, plan.client.id, days=plan.landing_days, today=today, share=share)
    days = plan.client.business_rules.data_retention_days.reports
    reports = plan_reports(settings.reports, plan.client.id, days=days, today=today, share=share)
    looked = RetentionPlan(plan, today, landing, reports, (), last_cutoffs(ledger, plan.client.id))
    losses = [
        loss for layer in LAYERS for loss in retain_layer(settings, *_which(looked, layer), share=share)
    ]
    return replace(looked, tables=tuple(losses))


def apply_retention(
    settings: Settings, ledger: Ledger, key: RunKey, doomed: RetentionPlan, *, actor: str, force: bool = False
) -> None:
    """Delete what a plan says, all of it or nothing, and write it to the ledger.

    Args:
        settings: where landing, reports and the warehouse are.
        ledger: receives what was deleted as soon as it is gone, or what was refused.
        key: the run that cleans up, or :func:`by_hand`.
        doomed: what :func:`plan_retention` found.
        actor: who cleans up: the task, or the user.
        force: delete even more than the share.

    Raises:
        RetentionRefused: if an object would lose more than the share; nothing is deleted.
        MedallionError: if dbt fails, or somebody else holds the warehouse or landing.
        OSError: if the fleet's page cannot be written; what was to go is gone, and in the ledger.
    """

    def write(losses: Iterable[Loss], *, refused: bool = False) -> None:
        told: dict[str, Any] = {"client_id": doomed.plan.client.id, "actor": actor}
        told |= {"forced": int(force), "refused": int(refused)}
        ledger.record(tables.cleanup_object, key, [_audited(loss) | told for loss in losses if loss.gone])

    if doomed.refusal and not force:
        write(doomed.too_many, refused=True)
        raise RetentionRefused(doomed.refusal)
    share = doomed.landing.share
    for layer in LAYERS:
        if any(loss.gone for loss in doomed.tables if loss.layer == layer):
            which = _which(doomed, layer)
            write(retain_layer(settings, *which, share=share, dry_run=False, force=force))
    for part in _by_entity(doomed.landing):
        # Before the files: whoever is killed in between finds those again, and would find no such rows.
        for source, entity, paths in _paths(part):
            forget(ledger, doomed.plan.client.id, source, entity, paths)
        apply_cleanup(part, force=force)
        write([_of_landing(part)])
    apply_reports(doomed.reports, force=force)
    write([doomed.reports.loss])
    ledger.record(tables.cleanup, key, [_finished(doomed)])
    forget_days(
        ledger, settings.reports, doomed.plan.client.id, {one.day for one in doomed.reports.partitions}
    )


def leave_out(ledger: Ledger, key: RunKey, why: str) -> None:
    """Write to the ledger why a run cleans nothing up, so that nobody looks for what was deleted."""
    ledger.record(tables.cleanup, key, [{"partitions": 0, "files": 0, "bytes": 0, "detail": {"why": why}}])


def by_hand(client: Client) -> RunKey:
    """The key of a cleanup that no run makes, named after its time."""
    return RunKey(dag_id_of(client.id, client.platform), f"by_hand__{datetime.now(UTC).isoformat()}")


def _which(doomed: RetentionPlan, layer: str) -> tuple[Plan, str, date, Mapping[str, date]]:
    return doomed.plan, layer, doomed.today, doomed.cleaned.get(layer, {})


def _by_entity(landing: CleanupPlan) -> Iterator[CleanupPlan]:
    """The plan, entity by entity, also of those that lose nothing."""
    for name, number in sorted(landing.present.items()):
        own = tuple(one for one in landing.partitions if f"{one.source}.{one.entity}" == name)
        yield replace(landing, partitions=own, present={name: number})


def _paths(part: CleanupPlan) -> Iterator[tuple[str, str, list[str]]]:
    """Where partitions were, below the folder of the one entity that is left in a plan."""
    for name in part.present:
        source, entity = name.split(".")
        home = part.landing / part.client_id / source / entity
        yield source, entity, [below(one.path, home) for one in part.partitions]


def _of_landing(part: CleanupPlan) -> Loss:
    """The loss of the one entity that is left in a plan."""
    ((name, held),) = part.present.items()
    gone = len(part.partitions)
    share, too_many = gone / held if held else 0.0, bool(part.too_many)
    return Loss("landing", name, part.cutoff, held, gone, share, too_many, part.files, part.bytes)


def _audited(loss: Loss) -> dict[str, Any]:
    return {
        "layer": loss.layer,
        "object": loss.object,
        "rows": None if loss.in_files else loss.gone,
        "partitions": loss.gone if loss.in_files else None,
        "files": loss.files,
        "bytes": loss.bytes,
        "cutoff": loss.cutoff,
        "share": loss.share,
    }


def _finished(doomed: RetentionPlan) -> dict[str, Any]:
    return {
        "partitions": len(doomed.landing.partitions),
        "files": doomed.landing.files,
        "bytes": doomed.landing.bytes,
        "detail": {"cutoffs": {one.layer: one.cutoff.isoformat() for one in doomed.losses if one.cutoff}},
    }
