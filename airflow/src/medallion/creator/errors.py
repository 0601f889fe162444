"""What goes wrong while a DAG is made."""

from __future__ import annotations

from medallion.exceptions import MedallionError


class CreatorError(MedallionError):
    """A request for a DAG, or its template, is wrong; nothing was written."""


class NotLiveError(MedallionError):
    """A DAG was made, and Airflow does not run its new version; the text says why."""
