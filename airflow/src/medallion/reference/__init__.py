"""docs/configuration.md and docs/failures.md, written from what they describe."""

from medallion.reference.failures import FAILURES_PAGE, failures_text
from medallion.reference.page import PAGE, page_text

__all__ = ["FAILURES_PAGE", "PAGE", "failures_text", "page_text"]
