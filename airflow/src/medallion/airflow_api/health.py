"""Whether an Airflow that is starting can be used yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

#: Of Airflow, beside the API server itself.
PARTS = ("scheduler", "triggerer", "dag_processor")


def not_healthy(http: httpx.Client, started_at: float) -> str:
    """Name what is not healthy yet.

    Args:
        http: has the API server's address.
        started_at: seconds since 1970; heartbeats before it are an earlier Airflow's.

    Returns:
        Names of parts; nothing if all of them are healthy.
    """
    # The first request of a task has the API server set up all it answers tasks with: seconds, had now.
    if not _fetch(http, "/execution/health"):
        return "api-server"
    health = _fetch(http, "/api/v2/monitor/health")
    return ", ".join(part for part in PARTS if not _beats(health.get(part) or {}, part, started_at))


def _fetch(http: httpx.Client, path: str) -> Mapping[str, Any]:
    """Get a JSON object; an empty one while nothing answers."""
    try:
        answer = http.get(path)
        return dict(answer.json()) if answer.is_success else {}
    except (httpx.HTTPError, ValueError):
        return {}


def _beats(health: Mapping[str, Any], part: str, started_at: float) -> bool:
    """An earlier run's last heartbeat is no sign of this one's life."""
    return health.get("status") == "healthy" and is_since(health.get(f"latest_{part}_heartbeat"), started_at)


def is_since(moment: str | None, started_at: float) -> bool:
    """Say whether a moment of Airflow's is one of the Airflow that started then."""
    return bool(moment) and datetime.fromisoformat(str(moment)).timestamp() >= started_at
