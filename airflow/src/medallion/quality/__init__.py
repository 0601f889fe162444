"""Scores and verdicts: what was measured, and whether it is good enough to go on."""

from medallion.quality.verdict import LayerVerdict, RuleScore, judge_layer
from medallion.quality.waivers import waivers_applied, waivers_that_count

__all__ = ["LayerVerdict", "RuleScore", "judge_layer", "waivers_applied", "waivers_that_count"]
