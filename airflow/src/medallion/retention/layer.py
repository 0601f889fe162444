"""A layer's tables: counted and deleted from by the dbt macro ``apply_retention``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from medallion.pipeline import Plan
from medallion.retention.loss import EVENT, Loss
from medallion.settings import Settings
from medallion.transform import run_operation


def retain_layer(
    settings: Settings,
    plan: Plan,
    layer: str,
    today: date,
    cleaned: Mapping[str, date],
    *,
    share: float,
    dry_run: bool = True,
    force: bool = False,
) -> list[Loss]:
    """Count, and unless it is a dry run delete, what a layer's tables hold from before their cutoff.

    Args:
        settings: where the warehouse is.
        plan: the client's.
        layer: bronze, silver or gold.
        today: the day to count from.
        cleaned: the first day that the last cleanup of a table kept, by the table's name.
        share: the share of a table's rows that may go unasked.
        dry_run: only count.
        force: delete even more than the share.

    Returns:
        A loss for each table that the client has, whatever it loses.

    Raises:
        TransformError: if dbt fails, or more than the share would go and nobody forces it.
        BuildFailed: if the warehouse is held by another writer.
    """
    arguments = {
        "layer": layer,
        "days": getattr(plan.client.business_rules.data_retention_days, layer),
        "today": today.isoformat(),
        "dry_run": dry_run,
        "share": share,
        "force": force,
        "cleaned": {table: day.isoformat() for table, day in cleaned.items()},
    }
    told = run_operation(settings, plan.client.id, plan.shape, "apply_retention", arguments, event=EVENT)
    return [Loss.of_table(one) for one in told]
