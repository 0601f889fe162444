"""The smallest client that a test can do with."""

from __future__ import annotations

from typing import Any

from medallion.clients import Client, client_from_dict

_CONFIG = {
    "description": "A shop",
    "schedule_interval": "1d",
    "data_sources": ["sales"],
    "transformations": [],
    "destination": "shelf",
    "business_rules": {"data_retention_days": 30, "quality_threshold": 0.95},
}


def small_shop(**changes: Any) -> Client:
    """A daily client of one source; keys of its file that differ, as they would stand there."""
    return client_from_dict("shop", _CONFIG | changes)
