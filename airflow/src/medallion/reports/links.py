"""Where a report's reader looks further: the run in Airflow, failing rows, the fleet."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from medallion.pipeline import Node, Plan
from medallion.reports.evidence import Evidence
from medallion.reports.history import DAILY_HTML

Figures = dict[str, Any]
QUARANTINE = "quarantine_"
#: Airflow's own name for its address in a browser.
BASE_URL = "AIRFLOW__API__BASE_URL"


def links_of(evidence: Evidence) -> Figures:
    """The run in Airflow, and the ways from the report's folder to the fleet's page and the day's report."""
    dry = bool(evidence.run and evidence.run["dry_run"])  # the day's report knows nothing of it
    partition = evidence.interval.partition_path(sub_daily=evidence.plan.sub_daily)
    depth = 1 + len(PurePosixPath(partition).parts)
    return {
        "airflow": _run_url(evidence.key.dag_id, evidence.key.run_id),
        "fleet": "../" * depth + "index.html",
        "daily": None if dry else ("../" if evidence.plan.sub_daily else "") + DAILY_HTML,
    }


def _run_url(dag_id: str, run_id: str) -> str | None:
    base = os.environ.get(BASE_URL, "").rstrip("/")
    if not base.startswith(("http://", "https://")):
        return None
    return f"{base}/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"


def failing_rows(evidence: Evidence, node: Node) -> Figures | None:
    """Where the rows are that break a rule: in quarantine, or flagged behind validate; None if in neither."""
    if node.rule is None:
        return None
    entity = node.reads.partition("_")[2]
    quarantined = node.rule.on_fail == "quarantine"
    table = f"{QUARANTINE if quarantined else 'validate_'}{entity}"
    if table not in {model.name for model in evidence.plan.layer("silver").models}:
        return None
    return {
        "table": table_of(evidence.plan, table),
        "column": "_broken_rules" if quarantined else "_flags",
        "command": listing(evidence, f"--rule {node.rule.name}") if quarantined else None,
    }


def table_of(plan: Plan, model: str) -> str:
    """A model of silver with its schema."""
    return f"{plan.client.id}_silver.{model}"


def listing(evidence: Evidence, chosen: str) -> str:
    """The command that lists what a run's interval left in quarantine."""
    start = evidence.interval.local_start
    when = f"{start:%Y-%m-%dT%H:%M}" if evidence.plan.sub_daily else f"{start:%Y-%m-%d}"
    return f"medallion quarantine {evidence.plan.client.id} {chosen} --date {when}"
