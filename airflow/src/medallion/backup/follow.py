"""Whoever wants to know how far a backup or a restore is."""

from __future__ import annotations


class Follower:
    """Hears what is done and how many bytes have gone through; this one keeps it to itself."""

    def doing(self, what: str) -> None:
        """Something else is being done now."""

    def waiting(self, why: str) -> None:
        """Nothing is done until somebody lets go of a file."""

    def moved(self, count: int) -> None:
        """So many bytes more were read or written."""
