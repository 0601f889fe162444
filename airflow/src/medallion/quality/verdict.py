"""A layer's verdict: complete evidence, and every gate rule at or above its threshold.

The score of a rule is 1 - failing rows / rows of its population, both counted by one query; a layer's
score is the least over its gate rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from medallion.ledger import NodeRow
from medallion.ledger.waivers import Waiver
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
    waiver: Waiver | None = None

    @property
    def score(self) -> float | None:
        """Between 0 and 1; None if no row was there to measure."""
        return 1 - self.failing / self.population if self.population else None

    @property
    def passed(self) -> bool:
        """True if the rule does not stop the run."""
        if not self.gates:
            return True
        return self.allow_empty if self.score is None else self.score >= self.threshold or self.waived

    @property
    def waived(self) -> bool:
        """True if its waiver alone lets the rule pass; what was not measured is not waived."""
        below = self.gates and self.score is not None and self.score < self.threshold
        return below and self.waiver is not None

    def facts(self) -> dict[str, Any]:
        """What was measured and what follows from it, as JSON values."""
        measured = asdict(replace(self, waiver=None)) | {"score": self.score, "passed": self.passed}
        return measured | {"waived": self.waived, "waiver": self.waiver.facts() if self.waiver else None}

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
            f"score {self.score:.5f} {held}{f', {self.waiver}' if self.waiver else ''}"
        )


@dataclass(frozen=True)
class LayerVerdict:
    """Whether a layer's gate passes, and everything that speaks for or against it."""

    layer: str
    expected: int
    missing: tuple[str, ...]
    failed: tuple[str, ...]
    rules: tuple[RuleScore, ...]
    default_threshold: float

    @property
    def breaches(self) -> tuple[RuleScore, ...]:
        """The gate rules below their thresholds."""
        return tuple(rule for rule in self.rules if not rule.passed)

    @property
    def waived(self) -> tuple[RuleScore, ...]:
        """The gate rules that pass by a waiver alone."""
        return tuple(rule for rule in self.rules if rule.waived)

    @property
    def score(self) -> float | None:
        """The least score of the layer's gate rules; None if it has none that measured anything."""
        return min((score for score, _ in self._measured()), default=None)

    @property
    def threshold(self) -> float:
        """What the rule with the least score is held to: its own threshold, or the client's default."""
        return min(self._measured(), default=(0, self.default_threshold))[1]

    def _measured(self) -> Iterable[tuple[float, float]]:
        """Score and threshold of each gate rule that measured anything."""
        return ((rule.score, rule.threshold) for rule in self.rules if rule.gates and rule.score is not None)

    @property
    def passed(self) -> bool:
        """True if nothing is missing, nothing failed and no rule is breached."""
        return not (self.missing or self.failed or self.breaches)

    def detail(self) -> dict[str, Any]:
        """The verdict as JSON values, for the ledger and the report."""
        return {
            "expected": self.expected,
            "missing": list(self.missing),
            "failed": list(self.failed),
            "rules": [rule.facts() for rule in self.rules],
        }

    def __str__(self) -> str:
        if not self.expected:
            return f"{self.layer}: nothing to build"
        held = "passed" if self.passed else "NOT passed"
        by = f" by waiver of {_named(tuple(rule.rule for rule in self.waived))}" if self.waived else ""
        lines = [f"{self.layer}: {self.expected} nodes, {held}{by if self.passed else ''}"]
        lines += [f"  no result of this run for {_named(self.missing)}"] if self.missing else []
        lines += [f"  failed: {_named(self.failed)}"] if self.failed else []
        return "\n".join(lines + [f"  {rule}" for rule in self.rules])


def judge_layer(
    plan: Plan, layer: str, results: Mapping[str, NodeRow], waivers: Iterable[Waiver] = ()
) -> LayerVerdict:
    """Hold a run's results against what the plan expects of a layer.

    Args:
        plan: the client's plan.
        layer: bronze, silver or gold.
        results: the last result of each node of this run, by unique id.
        waivers: those that count for this verdict; of several for a rule, the one that lasts longest.
    """
    lasting = {one.rule: one for one in sorted(waivers, key=lambda one: one.until)}
    expected = plan.layer(layer)
    rows = [(node, results.get(node.unique_id)) for node in expected.nodes]
    return LayerVerdict(
        layer=layer,
        expected=len(expected.nodes),
        missing=tuple(node.name for node, row in rows if row is None or _without_counts(node, row)),
        failed=tuple(node.name for node, row in rows if row and not row.good),
        rules=tuple(score for node, row in rows if row and (score := _score(plan, node, row, lasting))),
        default_threshold=plan.client.business_rules.quality_threshold.default,
    )


def _without_counts(node: Node, row: NodeRow) -> bool:
    """A rule's test that ended well but says not what it counted proves nothing."""
    return node.rule is not None and row.good and row.population is None


def _score(plan: Plan, node: Node, row: NodeRow, waivers: Mapping[str, Waiver]) -> RuleScore | None:
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
        waiver=waivers.get(node.rule.name),
    )


def _named(names: tuple[str, ...], most: int = 10) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
