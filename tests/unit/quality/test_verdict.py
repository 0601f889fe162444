from dataclasses import replace
from datetime import date, datetime

import pytest

from medallion.ledger import NodeRow
from medallion.ledger.waivers import Waiver
from medallion.pipeline import LayerPlan, Node, Plan, Rule
from medallion.quality import judge_layer
from small_shop import small_shop


def client(threshold):
    return small_shop(business_rules={"data_retention_days": 30, "quality_threshold": threshold})


def rule(name, **changes):
    said = {"condition": "x > 0", "effect": "gate", "on_fail": "quarantine"} | changes
    return Node(
        f"test.{name}", name, "test", "silver", "validate", "model.a", Rule(name, **said), reads="enrich_a"
    )


MODEL = Node("model.a", "clean_a", "model", "silver", "clean", "model.a")


def judge(nodes, *rows, threshold=0.95, waivers=()):
    plan = Plan(client(threshold), (), (LayerPlan("silver", tuple(nodes)),))
    return judge_layer(plan, "silver", {row.node: row for row in rows}, waivers)


def counted(name, failing, population, status="warn"):
    return NodeRow(f"test.{name}", "silver", status, failing=failing, population=population)


def test_every_node_must_have_ended_well_in_this_run():
    assert judge([MODEL], NodeRow("model.a", "silver", "success")).passed
    assert judge([MODEL]).missing == ("clean_a",)
    assert judge([MODEL], NodeRow("model.a", "silver", "error")).failed == ("clean_a",)
    assert judge([MODEL], NodeRow("model.a", "silver", "skipped")).failed == ("clean_a",)


def test_a_layer_with_nothing_to_build_passes_and_says_so():
    verdict = judge([])
    assert verdict.passed
    assert str(verdict) == "silver: nothing to build"


@pytest.mark.parametrize(("failing", "passed"), [(5, True), (6, False)])
def test_a_score_at_the_threshold_passes_and_below_it_does_not(failing, passed):
    verdict = judge([rule("positive")], counted("positive", failing, 100))
    assert verdict.passed is passed
    assert verdict.score == pytest.approx(1 - failing / 100)


def test_a_layer_scores_as_its_worst_gate_rule():
    verdict = judge(
        [rule("a"), rule("b"), rule("told", effect="report")],
        *(counted("a", 1, 100), counted("b", 3, 100), counted("told", 99, 100)),
    )
    assert verdict.passed
    assert verdict.score == pytest.approx(0.97)


def test_a_breach_names_rule_counts_score_threshold_and_where():
    verdict = judge([rule("positive")], counted("positive", 69, 1566), threshold=0.96)
    assert [one.rule for one in verdict.breaches] == ["positive"]
    assert "positive: 69 of 1,566 rows of enrich_a fail, score 0.95594 < 0.96" in str(verdict)


def test_a_rule_has_its_own_threshold_where_the_client_gives_one():
    strict = {"default": 0.5, "rules": {"positive": 0.99}}
    verdict = judge(
        [rule("positive"), rule("other")],
        counted("positive", 5, 100),
        counted("other", 5, 100),
        threshold=strict,
    )
    assert [one.rule for one in verdict.breaches] == ["positive"]
    assert "positive: 5 of 100 rows of enrich_a fail, score 0.95000 < 0.99" in str(verdict)


def test_a_layers_score_stands_beside_the_threshold_of_its_rule():
    strict = {"default": 0.5, "rules": {"positive": 0.75}}
    nodes = [rule("positive"), rule("other")]
    rows = (counted("positive", 20, 100), counted("other", 10, 100))
    verdict = judge(nodes, *rows, threshold=strict)
    assert (verdict.score, verdict.threshold) == (0.8, 0.75)
    assert judge(nodes, threshold=strict).threshold == 0.5


def test_nothing_measured_is_not_a_pass_unless_the_rule_allows_it():
    assert not judge([rule("positive")], counted("positive", 0, 0, "pass")).passed
    assert judge([rule("positive", allow_empty=True)], counted("positive", 0, 0, "pass")).passed


def test_a_rule_that_ended_well_without_counts_proves_nothing():
    verdict = judge([rule("positive")], NodeRow("test.positive", "silver", "pass"))
    assert verdict.missing == ("positive",)


def test_the_detail_is_plain_json():
    import json

    verdict = judge([rule("positive")], counted("positive", 5, 100))
    detail = json.loads(json.dumps(verdict.detail()))
    assert detail["rules"][0] | {"score": 0.95, "failing": 5, "population": 100} == detail["rules"][0]


WAIVER = Waiver("shop", "positive", date(2026, 12, 31), "tills were replaced", "ann", datetime(2026, 11, 21))


def test_a_waiver_lets_its_rule_pass_and_says_so():
    verdict = judge([rule("positive")], counted("positive", 30, 100), waivers=[WAIVER])
    assert verdict.passed
    assert verdict.score == pytest.approx(0.7)
    assert str(verdict).splitlines() == [
        "silver: 1 nodes, passed by waiver of positive",
        "  positive: 30 of 100 rows of enrich_a fail, score 0.70000 < 0.95, "
        "waived until 2026-12-31 by ann: tills were replaced",
    ]
    (told,) = verdict.detail()["rules"]
    assert (told["passed"], told["waived"], told["waiver"]["why"]) == (True, True, "tills were replaced")


def test_a_waiver_lets_no_other_rule_pass():
    verdict = judge(
        [rule("positive"), rule("other")],
        *(counted("positive", 30, 100), counted("other", 30, 100)),
        waivers=[WAIVER],
    )
    assert [one.rule for one in verdict.breaches] == ["other"]
    assert "by waiver" not in str(verdict).splitlines()[0]


def test_a_waiver_of_a_rule_that_holds_is_told_and_not_used():
    verdict = judge([rule("positive")], counted("positive", 1, 100), waivers=[WAIVER])
    assert verdict.passed
    assert not verdict.waived
    assert str(verdict).endswith("waived until 2026-12-31 by ann: tills were replaced")


def test_what_was_not_measured_or_failed_is_not_waived():
    assert not judge([rule("positive")], counted("positive", 0, 0, "pass"), waivers=[WAIVER]).passed
    assert not judge([rule("positive")], NodeRow("test.positive", "silver", "error"), waivers=[WAIVER]).passed


def test_of_several_waivers_the_one_that_lasts_longest_is_told():
    longer = replace(WAIVER, until=date(2027, 1, 31))
    verdict = judge([rule("positive")], counted("positive", 30, 100), waivers=[longer, WAIVER])
    assert verdict.rules[0].waiver == longer
