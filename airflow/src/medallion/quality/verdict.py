"""A layer's verdict: complete evidence, and every gate rule at or above its threshold.

The score of a rule is 1 - failing rows / rows of its population, both counted by one query; a layer's
score is the least over its gate rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from medallion.ledger import NodeRow
from medallion.pipeline import Node, Plan


@dataclass(frozen=True)
class RuleScore:
    """What one rule measured in one run."""

    rule: str
    model: str
    condition: str
    gates: bool
    on_fail: str
    failing: int
    population: int
    threshold: float
    allow_empty: bool

    @property
    def score(self) -> float | None:
        """Between 0 and 1; None if no row was there to measure."""
        return 1 - self.failing / self.population if self.population else None

    @property
    def passed(self) -> bool:
        """True if the rule does not stop the run."""
        if not self.gates:
            return True
        return self.allow_empty if self.score is None else self.score >= self.threshold

    def __str__(self) -> str:
        if self.score is None:
            return (
                f"{self.rule}: not measured, {self.model} has no row for it (allow_empty: {self.allow_empty})"
            )
        held = (
            f"{'≥' if self.score >= self.threshold else '<'} {self.threshold:g}"
            if self.gates
            else "(reported)"
        )
        return (
            f"{self.rule}: {self.failing:,} of {self.population:,} rows of {self.model} fail, "
            f"score {self.score:.5f} {held}"
        )


@dataclass(frozen=True)
class LayerVerdict:
    """Whether a layer's gate passes, and everything that speaks for or against it."""

    layer: str
    expected: int
    missing: tuple[str, ...]
    failed: tuple[str, ...]
    rules: tuple[RuleScore, ...]
    threshold: float

    @property
    def breaches(self) -> tuple[RuleScore, ...]:
        """The gate rules below their thresholds."""
        return tuple(rule for rule in self.rules if not rule.passed)

    @property
    def score(self) -> float | None:
        """The least score of the layer's gate rules; None if it has none that measured anything."""
        measured = [rule.score for rule in self.rules if rule.gates and rule.score is not None]
        return min(measured, default=None)

    @property
    def passed(self) -> bool:
        """True if nothing is missing, nothing failed and no rule is breached."""
        return not (self.missing or self.failed or self.breaches)

    def detail(self) -> dict[str, Any]:
        """The verdict as JSON values, for the ledger and the report."""
        rules = [asdict(rule) | {"score": rule.score, "passed": rule.passed} for rule in self.rules]
        return {
            "expected": self.expected,
            "missing": list(self.missing),
            "failed": list(self.failed),
            "rules": rules,
        }

    def __str__(self) -> str:
        if not self.expected:
            return f"{self.layer}: nothing to build"
        lines = [f"{self.layer}: {self.expected} nodes, {'passed' if self.passed else 'NOT passed'}"]
        lines += [f"  no result of this run for {_named(self.missing)}"] if self.missing else []
        lines += [f"  failed: {_named(self.failed)}"] if self.failed else []
        return "\n".join(lines + [f"  {rule}" for rule in self.rules])


def judge_layer(plan: Plan, layer: str, results: Mapping[str, NodeRow]) -> LayerVerdict:
    """Hold a run's results against what the plan expects of a layer.

    Args:
        plan: the client's plan.
        layer: bronze, silver or gold.
        results: the last result of each node of this run, by unique id.
    """
    expected = plan.layer(layer)
    rows = [(node, results.get(node.unique_id)) for node in expected.nodes]
    return LayerVerdict(
        layer=layer,
        expected=len(expected.nodes),
        missing=tuple(node.name for node, row in rows if row is None or _without_counts(node, row)),
        failed=tuple(node.name for node, row in rows if row and not row.good),
        rules=tuple(score for node, row in rows if row and (score := _score(plan, node, row))),
        threshold=plan.client.business_rules.quality_threshold.default,
    )


def _without_counts(node: Node, row: NodeRow) -> bool:
    """A rule's test that ended well but says not what it counted proves nothing."""
    return node.rule is not None and row.good and row.population is None


def _score(plan: Plan, node: Node, row: NodeRow) -> RuleScore | None:
    if node.rule is None or row.population is None:
        return None
    return RuleScore(
        rule=node.rule.name,
        model=node.reads,
        condition=node.rule.condition,
        gates=node.rule.gates,
        on_fail=node.rule.on_fail,
        failing=row.failing or 0,
        population=row.population,
        threshold=plan.threshold(node.rule.name),
        allow_empty=node.rule.allow_empty,
    )


def _named(names: tuple[str, ...], most: int = 10) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
