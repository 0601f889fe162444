"""Retention: say what is too old in landing, layers and reports, then delete it, never too much at once."""

from medallion.retention.cleanup import apply_cleanup
from medallion.retention.loss import Loss
from medallion.retention.plan import CleanupPlan, Partition, plan_cleanup
from medallion.retention.policy import RetentionPlan, apply_retention, by_hand, leave_out, plan_retention
from medallion.retention.when import not_due

__all__ = [
    "CleanupPlan",
    "Loss",
    "Partition",
    "RetentionPlan",
    "apply_cleanup",
    "apply_retention",
    "by_hand",
    "leave_out",
    "not_due",
    "plan_cleanup",
    "plan_retention",
]
