"""Scores and verdicts: what was measured, and whether it is good enough to go on."""

from medallion.quality.verdict import LayerVerdict, RuleScore, judge_layer

__all__ = ["LayerVerdict", "RuleScore", "judge_layer"]
