"""Whether a run delivered, and if not, what kept it from it: the first cause, not all that came of it."""

from __future__ import annotations

from datetime import datetime

from medallion.ledger import NodeRow
from medallion.quality import LayerVerdict
from medallion.reports.evidence import Evidence

DELIVERED, FAILED, DRY_RUN = "delivered", "failed", "dry run"
#: Causes named one by one; the report lists all that failed further down.
_MOST = 5


def outcome_of(evidence: Evidence) -> tuple[str, list[str]]:
    """Say what became of a run.

    Returns:
        ``delivered``, ``failed`` or ``dry run``, and the reasons: why it failed, or what went wrong after it
        delivered.
    """
    reasons = _not_landed(evidence) or _not_passed(evidence)
    if evidence.run and evidence.run["dry_run"] and not reasons:
        return DRY_RUN, [f"nothing was published to {evidence.plan.client.destination}, and nothing deleted"]
    reasons = reasons or _not_delivered(evidence)
    if reasons:
        return FAILED, reasons
    if not evidence.cleanup:
        return DELIVERED, ["landing was not cleaned up: see the log of cleanup_old_data"]
    return DELIVERED, []


def _not_landed(evidence: Evidence) -> list[str]:
    landed = {source for source, _ in evidence.extraction}
    missing = [one.source for one in evidence.plan.extracts if one.source not in landed]
    return [f"{source} was not landed: {_why(evidence, source)}" for source in missing]


def _why(evidence: Evidence, source: str) -> str:
    failed = [row for row in evidence.checks if row["source"] == source and row["state"] == "failed"]
    told = [f"{row['entity']}: {row['said']}" if row["entity"] else str(row["said"]) for row in failed]
    return "; ".join(told[:_MOST]) or f"see the log of extract_{source}"


def _not_passed(evidence: Evidence) -> list[str]:
    """Why the first layer that did not pass did not; the later ones wait for it."""
    for verdict in evidence.judged:
        if not verdict.passed:
            return _of_failed_nodes(evidence, verdict) or _of_rules(verdict) or _of_missing(evidence, verdict)
    return []


def _of_failed_nodes(evidence: Evidence, verdict: LayerVerdict) -> list[str]:
    nodes = evidence.plan.layer(verdict.layer).nodes
    causes = [(node, row) for node in nodes if (row := evidence.result(node)) and failed(row)]
    told = [f"{verdict.layer}: {node.name} ended {row.status}: {_brief(row.message)}" for node, row in causes]
    return told[:_MOST] + ([f"{verdict.layer}: {len(told) - _MOST} more"] if len(told) > _MOST else [])


def failed(row: NodeRow) -> bool:
    """True if dbt ran the node and it ended badly; a node that was only skipped is not a cause."""
    return not row.good and row.status != "skipped"


def _of_rules(verdict: LayerVerdict) -> list[str]:
    return [f"{verdict.layer}: {rule}" for rule in verdict.breaches]


def _of_missing(evidence: Evidence, verdict: LayerVerdict) -> list[str]:
    builds = [row for row in evidence.builds if row["layer"] == verdict.layer]
    lacking = len({*verdict.missing, *verdict.failed})
    told = f"{verdict.layer}: {lacking} of {verdict.expected} nodes have no good result of this run"
    if not builds:
        return [f"{told}; it was never built"]
    return [
        f"{told}; its last build ended {builds[-1]['state']}: {_brief(builds[-1]['message'])}".rstrip(": ")
    ]


def _not_delivered(evidence: Evidence) -> list[str]:
    to = evidence.plan.client.destination
    if not evidence.delivery:
        return [f"nothing reached {to}: see the logs of quality_validation and load_to_{to}"]
    later = _built_since(evidence, evidence.delivery["delivered_at"])
    return [f"{', '.join(later)} was built again since the last delivery to {to}"] if later else []


def _built_since(evidence: Evidence, moment: datetime) -> list[str]:
    built = [row.layer for row in evidence.results.values() if row.built_at and row.built_at > moment]
    return [layer.name for layer in evidence.plan.layers if layer.name in built]


def _brief(text: str, longest: int = 300) -> str:
    """A message on one line."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
