"""Gold → destinations, all tables or none."""

from medallion.publish.delivery import Delivery, RunFacts
from medallion.publish.publish import publish

__all__ = ["Delivery", "RunFacts", "publish"]
