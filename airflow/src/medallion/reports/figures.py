"""A run's figures: one plain dict of JSON values, gathered from the ledger and the plan alone.

:mod:`medallion.reports.contract` says what each key means, and the JSON Schema is made from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from medallion.clients import Client
from medallion.interval import Interval
from medallion.ledger import Ledger, NodeRow, RunKey
from medallion.pipeline import Node, Plan
from medallion.quality import LayerVerdict
from medallion.reports.contract import FORMAT
from medallion.reports.costs import numbered, retries_of, slowest_of
from medallion.reports.evidence import Evidence, Row, gather
from medallion.reports.links import links_of
from medallion.reports.outcome import failed, outcome_of
from medallion.reports.rules import quarantine_of, rules_of

Figures = dict[str, Any]
#: Of a run whose first task never ended well.
_UNKNOWN = dict.fromkeys(("interval_start", "interval_end", "started_at", "asked_by")) | {
    "reason": "",
    "rebuild": [],
}


def run_figures(ledger: Ledger, plan: Plan, key: RunKey, interval: Interval) -> Figures:
    """Gather the figures of a run, whatever became of it.

    Args:
        ledger: where the run was written down.
        plan: the client's plan.
        key: the run.
        interval: the run's data interval.

    Returns:
        What :class:`medallion.reports.contract.Report` describes.
    """
    evidence = gather(ledger, plan, key, interval)
    outcome, reasons = outcome_of(evidence)
    return {
        "format": FORMAT,
        "client": client_part(plan.client),
        "run": _run(evidence),
        "verdict": {"outcome": outcome, "reasons": reasons},
        "links": links_of(evidence),
        "layers": [_layer(evidence, verdict) for verdict in evidence.judged],
        "rules": [rule for verdict in evidence.judged for rule in rules_of(evidence, verdict)],
        "quarantine": quarantine_of(evidence),
        "models": [_model(evidence, node) for layer in plan.layers for node in layer.models],
        "slowest": slowest_of(evidence),
        "tests": _tests(evidence),
        "checks": [_check(row) for row in evidence.checks],
        "extraction": [
            _picked(row, "source entity rows files bytes changes") for row in evidence.extraction.values()
        ],
        "delivery": _delivery(evidence),
        "cleanup": _cleanup(evidence.cleanup),
        "retention": [_retained(row) for row in evidence.retention],
        "builds": [_build(evidence, number, row) for number, row in numbered(evidence.builds)],
        "retries": [one | {"ended_at": _moment(one["ended_at"])} for one in retries_of(evidence)],
    }


def client_part(client: Client) -> Figures:
    """Whose figures they are."""
    return {"id": client.id, "description": client.description, "timezone": client.timezone}


def _run(evidence: Evidence) -> Figures:
    row = evidence.run or _UNKNOWN | {"config_version": evidence.plan.config_version}
    ended = max(evidence.moments(), default=None)
    return {
        "dag_id": evidence.key.dag_id,
        "run_id": evidence.key.run_id,
        "config_version": row["config_version"],
        "interval_start": _moment(row["interval_start"] or evidence.interval.start),
        "interval_end": _moment(row["interval_end"] or evidence.interval.end),
        "started_at": _moment(row["started_at"]),
        "ended_at": _moment(ended),
        "seconds": _between(row["started_at"], ended),
        "asked_by": row["asked_by"],
        "reason": row["reason"],
        "rebuild": row["rebuild"],
    }


def _layer(evidence: Evidence, verdict: LayerVerdict) -> Figures:
    layer = evidence.plan.layer(verdict.layer)
    nodes = _counts(evidence, layer.nodes)
    return {
        "name": layer.name,
        "state": _state(verdict, nodes),
        "gate": _gate(evidence, layer.name),
        "nodes": nodes,
        "tests": _counts(evidence, _hard_tests(layer.nodes)),
        "score": verdict.score,
        "threshold": verdict.threshold,
        "breaches": [rule.rule for rule in verdict.breaches],
        "waived": [rule.rule for rule in verdict.waived],
    }


def _state(verdict: LayerVerdict, nodes: Mapping[str, int]) -> str:
    if verdict.passed:
        return "passed" if nodes["expected"] else "nothing to build"
    if nodes["failed"]:
        return "failed"
    if not nodes["done"]:
        return "not built"
    return "incomplete" if verdict.missing or verdict.failed else "blocked"


def _gate(evidence: Evidence, layer: str) -> str:
    said = [row["passed"] for row in evidence.gates if row["gate"] == f"{layer}.gate"]
    return ("passed" if said[-1] else "not passed") if said else "not reached"


def _counts(evidence: Evidence, nodes: Iterable[Node]) -> dict[str, int]:
    rows = [evidence.result(node) for node in nodes]
    done = sum(row is not None and row.good for row in rows)
    bad = sum(row is not None and failed(row) for row in rows)
    return {"expected": len(rows), "done": done, "failed": bad, "not_built": len(rows) - done - bad}


def _hard_tests(nodes: Iterable[Node]) -> list[Node]:
    return [node for node in nodes if node.kind == "test" and not node.rule]


def _model(evidence: Evidence, node: Node) -> Figures:
    row = evidence.result(node)
    return {
        "name": node.name,
        "layer": node.layer,
        "group": node.group,
        "status": _status(row),
        "seconds": row.seconds if row else None,
        "rows": row.rows if row else None,
        "message": row.message if row and not row.good else "",
    }


def _status(row: NodeRow | None) -> str:
    return row.status if row and row.status != "skipped" else "not built"


def _tests(evidence: Evidence) -> Figures:
    nodes = [node for layer in evidence.plan.layers for node in _hard_tests(layer.nodes)]
    names = {node.unique_id: node.name for layer in evidence.plan.layers for node in layer.models}
    bad = [(node, row) for node in nodes if (row := evidence.result(node)) and failed(row)]
    failing = [
        {
            "name": node.name,
            "model": names.get(node.model, node.model),
            "layer": node.layer,
            "status": row.status,
            "rows": row.failing,
            "message": row.message,
        }
        for node, row in bad
    ]
    return {**_counts(evidence, nodes), "failing": failing}


def _delivery(evidence: Evidence) -> Figures | None:
    row = evidence.delivery
    if row is None:
        return None
    tables = row["tables"]
    counted = dict(tables) if isinstance(tables, Mapping) else dict.fromkeys(tables)
    waived = [rule.rule for verdict in evidence.judged for rule in verdict.waived]
    return (_picked(row, "destination path delivered_at") or {}) | {"tables": counted, "waived": waived}


def _build(evidence: Evidence, number: int, row: Row) -> Figures:
    return {
        "layer": row["layer"],
        "cause": "layer" if row["series"] else "cleared by hand",
        "try": number,
        "state": row["state"],
        "nodes": evidence.nodes_of_build.get(row["id"], 0),
        "started_at": _moment(row["started_at"]),
        "seconds": _between(row["started_at"], row["finished_at"]),
        "message": row["message"],
    }


def _check(row: Row) -> Figures:
    names = "source entity check column on_breach state found population allowed"
    return _picked(row, f"{names} intervals breaches interval_start said") or {}


def _cleanup(row: Row | None) -> Figures | None:
    told = _picked(row, "partitions files bytes cleaned_at")
    return told | {"left_out": str(row["detail"].get("why", ""))} if row and told else None


def _retained(row: Row) -> Figures:
    names = ("layer", "object", "rows", "partitions", "files", "bytes", "share")
    told = {name: row[name] for name in names}
    flags = {name: bool(row[name]) for name in ("refused", "forced")}
    return told | {"cutoff": row["cutoff"].isoformat()} | flags


def _picked(row: Row | None, names: str) -> Figures | None:
    """Some columns of a row, as JSON values."""
    if row is None:
        return None
    values = {name: row[name] for name in names.split()}
    return {name: _moment(one) if isinstance(one, datetime) else one for name, one in values.items()}


def _moment(when: datetime | None) -> str | None:
    """A time as ISO 8601; the interval's is in UTC, and so is the ledger's, which says no zone."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ") if when else None


def _between(start: datetime | None, end: datetime | None) -> float | None:
    return round((end - start).total_seconds(), 3) if start and end else None
