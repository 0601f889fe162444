"""How bad it is: what a message says of itself, and from where on a channel wants to be told."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """From what is good to know to what stops more than one client."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for what is good to know, more for what is worse."""
        return list(Severity).index(self)
