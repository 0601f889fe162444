"""Retention: say what is too old in landing and every layer, then delete it, and never too much at once."""

from medallion.retention.cleanup import apply_cleanup
from medallion.retention.loss import Loss
from medallion.retention.plan import CleanupPlan, Partition, plan_cleanup
from medallion.retention.policy import RetentionPlan, apply_retention, by_hand, leave_out, plan_retention

__all__ = [
    "CleanupPlan",
    "Loss",
    "Partition",
    "RetentionPlan",
    "apply_cleanup",
    "apply_retention",
    "by_hand",
    "leave_out",
    "plan_cleanup",
    "plan_retention",
]
