"""The error of this room."""

from __future__ import annotations

from medallion.exceptions import MedallionError


class BackupError(MedallionError):
    """A backup could not be made, read or restored; what was there before is as it was."""
