"""Rules and quarantine among a run's figures: what was measured, waived, taken out and let through."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from medallion.ledger.releases import Release
from medallion.ledger.waivers import Waiver
from medallion.pipeline import Node
from medallion.quality import LayerVerdict, RuleScore
from medallion.reports.evidence import Evidence
from medallion.reports.links import QUARANTINE, failing_rows, listing, table_of

Figures = dict[str, Any]


def rules_of(evidence: Evidence, verdict: LayerVerdict) -> Iterable[Figures]:
    """Each rule of a layer that the plan has, measured or not."""
    measured = {score.rule: score for score in verdict.rules}
    for node in evidence.plan.layer(verdict.layer).rules:
        yield _rule(evidence, node, measured.get(node.name))


def _rule(evidence: Evidence, node: Node, measured: RuleScore | None) -> Figures:
    rule, plan = node.rule, evidence.plan
    if rule is None:
        raise ValueError(f"{node.unique_id} measures no rule")
    return {
        "rule": rule.name,
        "layer": node.layer,
        "model": node.reads,
        "condition": rule.condition,
        "effect": rule.effect,
        "on_fail": rule.on_fail,
        "failing": measured.failing if measured else None,
        "population": measured.population if measured else None,
        "score": measured.score if measured else None,
        "threshold": plan.threshold(rule.name) if rule.gates else None,
        "own_threshold": rule.gates and rule.name in plan.client.business_rules.quality_threshold.rules,
        "waiver": _waiver(measured.waiver) if measured and measured.waiver else None,
        "failing_rows": failing_rows(evidence, node),
        "state": _rule_state(measured),
    }


def _rule_state(measured: RuleScore | None) -> str:
    if measured is None:
        return "not run"
    if not measured.passed:
        return "breached"
    if measured.score is None:
        return "not measured"
    if measured.waived:
        return "waived"
    return "passed" if measured.gates else "counted"


def _waiver(waiver: Waiver) -> Figures:
    return {"until": waiver.until.isoformat(), "why": waiver.why, "signed_by": waiver.signed_by}


def quarantine_of(evidence: Evidence) -> list[Figures]:
    """Each model of quarantine that the plan has, with its rows, its rules' failing rows and its releases."""
    silver = evidence.plan.layer("silver")
    models = [node for node in silver.models if node.name.startswith(QUARANTINE)]
    return [_model(evidence, node, silver.rules) for node in models]


def _model(evidence: Evidence, node: Node, rules: tuple[Node, ...]) -> Figures:
    entity = node.name.removeprefix(QUARANTINE)
    row = evidence.result(node)
    return {
        "model": node.name,
        "entity": entity,
        "table": table_of(evidence.plan, node.name),
        "command": listing(evidence, f"--model {entity}"),
        "rows": row.rows if row else None,
        "rules": {rule.name: count for rule in rules if (count := _failing(evidence, rule, entity))},
        "releases": [_release(one) for one in evidence.releases if one.entity == entity],
    }


def _failing(evidence: Evidence, node: Node, entity: str) -> int | None:
    """The failing rows of a rule that quarantines rows of the entity, whose step it reads."""
    quarantines = node.rule is not None and node.rule.on_fail == "quarantine"
    if not quarantines or node.reads.partition("_")[2] != entity:
        return None
    row = evidence.result(node)
    return row.failing if row else None


def _release(one: Release) -> Figures:
    return {"key": one.key, "rules": list(one.rules), "why": one.why, "signed_by": one.signed_by}
