"""What runs left behind, for the screen: scores from the ledger, and where things are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from medallion.embedded.follow import ClientRun, Progress, Score, Scores
from medallion.embedded.follow_backfill import BackfillProgress
from medallion.ledger import RunKey, open_ledger, tables
from medallion.settings import Settings


def ledger_scores(settings: Settings) -> Scores:
    """Make the reader of what the layers' gates have measured so far."""
    ledger = open_ledger(settings.database_url)

    def scores(run: ClientRun) -> Mapping[str, Score]:
        rows = ledger.rows_of(tables.verdict, RunKey(run.dag_id, run.run_id))
        return {row["layer"]: Score(row["score"], row["threshold"], _breached(row)) for row in rows}

    return scores


def _breached(verdict: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(rule["rule"] for rule in verdict["detail"]["rules"] if not rule["passed"])


def deliveries(settings: Settings, progresses: Sequence[Progress]) -> dict[str, str]:
    """Return where each of some runs delivered to, by client; a run that did not deliver is left out."""
    ledger = open_ledger(settings.database_url)
    return {
        one.run.client_id: str(row["path"])
        for one in progresses
        for row in ledger.rows_of(tables.delivery, RunKey(one.run.dag_id, one.run.run_id))
    }


def places(settings: Settings) -> dict[str, str]:
    """Say where a person finds what runs leave behind."""
    return {
        "warehouses": str(settings.home / "warehouse"),
        "reports": str(settings.reports),
        "destinations": str(settings.destinations),
        "outbox": str(settings.outbox),
        "logs": str(settings.home / "airflow" / "logs"),
    }


def backfill_facts(settings: Settings, progress: BackfillProgress) -> dict[str, object]:
    """What became of a backfill, for programs."""
    return {
        "client": progress.client.id,
        "runs": [
            {
                "interval_start": run.start.isoformat(),
                "run_id": run.run_id,
                "state": run.state,
                "seconds": round(run.seconds, 1),
                "failed": list(progress.failures[run.run_id].failed) if run.state == "failed" else [],
            }
            for run in progress.runs
        ],
        "places": places(settings),
    }


def facts(settings: Settings, progresses: Sequence[Progress]) -> dict[str, object]:
    """What became of some runs, for programs."""
    delivered = deliveries(settings, progresses)
    return {
        "runs": [
            {
                "client": one.run.client_id,
                "run_id": one.run.run_id,
                "state": one.state,
                "nodes": one.total,
                "seconds": round(one.seconds, 1),
                "scores": {layer: score._asdict() for layer, score in one.scores.items()},
                "failed": list(one.failed),
                "delivered_to": delivered.get(one.run.client_id),
            }
            for one in progresses
        ],
        "places": places(settings),
    }
