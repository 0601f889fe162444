"""Landing's retention: say what is too old, then delete it, and never too much at once."""

from medallion.retention.cleanup import apply_cleanup
from medallion.retention.plan import CleanupPlan, Partition, plan_cleanup

__all__ = ["CleanupPlan", "Partition", "apply_cleanup", "plan_cleanup"]
