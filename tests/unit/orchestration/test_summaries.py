import json
from datetime import date, datetime

import pytest

from medallion.clients import client_from_dict
from medallion.ledger import NodeRow
from medallion.ledger.waivers import Waiver
from medallion.orchestration.summaries import checks_note, run_note, verdict_note
from medallion.pipeline import LayerPlan, Node, Plan, Rule
from medallion.quality import judge_layer
from medallion.reports.words import UNKNOWN

CONFIG = {
    "description": "A shop",
    "schedule_interval": "1d",
    "data_sources": ["sales"],
    "transformations": ["clean"],
    "destination": "shelf",
    "business_rules": {"data_retention_days": 3, "quality_threshold": 0.95},
}
MODEL = Node("model.a", "clean_a", "model", "silver", "clean", "model.a")
MODEL_ROW = NodeRow("model.a", "silver", "success")
WAIVER = Waiver("shop", "b", date(2026, 3, 1), "the shop moves", "ada", datetime(2026, 1, 1))


def rule(name, effect="gate"):
    said = Rule(name, condition="x > 0", effect=effect, on_fail="keep")
    return Node(f"test.{name}", name, "test", "silver", "validate", "model.a", said, reads="clean_a")


def counted(name, failing, population=100):
    return NodeRow(f"test.{name}", "silver", "warn", failing=failing, population=population)


def judge(nodes, *rows, layer="silver", waivers=()):
    plan = Plan(client_from_dict("shop", CONFIG), (), (LayerPlan(layer, tuple(nodes)),))
    return judge_layer(plan, layer, {row.node: row for row in rows}, waivers)


def test_a_gate_that_passed_says_so_first():
    note = verdict_note([judge([MODEL, rule("a")], MODEL_ROW, counted("a", 2))])
    assert note.text() == (
        "Medallion: **passed**. silver: 2 nodes, score 0.98000, threshold 0.95\n\n"
        "| rule | score | threshold | failing of measured | verdict |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| `a` | 0.98000 | 0.95 | 2 of 100 | passed |"
    )


def test_what_blocked_a_gate_comes_first_then_what_was_waived_then_what_had_least_room():
    rules = [rule("a"), rule("b"), rule("c"), rule("d"), rule("e", effect="report"), rule("f")]
    rows = [counted(name, failing) for name, failing in zip("abcde", (1, 9, 4, 6, 50), strict=True)]
    verdict = judge([MODEL, *rules], MODEL_ROW, *rows, counted("f", 0, 0), waivers=[WAIVER])
    note = verdict_note([verdict])
    assert note.said == ("**blocked**. silver: 7 nodes, 2 rules breached, 1 rule waived",)
    assert [(row[0], row[-1]) for row in note.rows] == [
        ("`d`", "**breached**"),
        ("`f`", "**not measured**"),
        ("`b`", "waived until 2026-03-01"),
        ("`c`", "passed"),
        ("`a`", "passed"),
        ("`e`", "counted"),
    ]
    assert note.rows[1][1:4] == (UNKNOWN, "0.95", "0 of 0")
    assert note.rows[5][2] == ""


def test_quality_validation_speaks_for_all_layers():
    nodes = [Node(f"model.{n}", f"gold_{n}", "model", "gold", "sales", f"model.{n}") for n in range(7)]
    bronze, silver = judge([], layer="bronze"), judge([MODEL], NodeRow("model.a", "silver", "error"))
    gold = judge(nodes, NodeRow("model.6", "gold", "success"), layer="gold")
    assert verdict_note([bronze, silver, gold]).text() == (
        "Medallion: **blocked**. bronze: nothing to build; silver: 1 node, 1 failed; "
        "gold: 7 nodes, 6 without a result\n\n"
        "silver failed: `clean_a`\n\n"
        "gold lacks a result of this run: `gold_0`, `gold_1`, `gold_2`, `gold_3`, `gold_4` and 1 more"
    )


@pytest.fixture
def noted(tmp_path):
    """The note of a run that has these figures."""

    def noted(**changed):
        figures = {
            "run": {"interval_start": "2026-01-15T00:00:00Z", "interval_end": "2026-01-15T06:00:00Z"},
            "verdict": {"outcome": "delivered", "reasons": []},
            "layers": [{"score": None, "threshold": 0.95}, {"score": 0.97, "threshold": 0.95}],
            "delivery": {"destination": "shelf", "tables": {"a": 1200, "b": None, "c": 34}},
        }
        (tmp_path / "run_report.json").write_text(json.dumps(figures | changed))
        return run_note(tmp_path / "run_report.html", "/medallion/shop/run_report.html").text()

    return noted


def test_a_run_that_delivered_says_what_where_and_how_good(noted):
    assert noted() == (
        "Medallion: **delivered**. 2026-01-15 00:00 to 2026-01-15 06:00, score 0.97000, threshold 0.95, "
        "1,234 rows in 3 tables at `shelf`. [Report](/medallion/shop/run_report.html)"
    )


def test_a_run_that_failed_says_why_and_nothing_of_an_earlier_delivery(noted):
    verdict = {"outcome": "failed", "reasons": ["silver: [x](http://x.example) | fails", "line_has_order"]}
    assert noted(verdict=verdict) == (
        "Medallion: **failed**. 2026-01-15 00:00 to 2026-01-15 06:00. "
        "[Report](/medallion/shop/run_report.html)\n\n"
        "| why |\n| --- |\n| silver: \\[x\\](http\\://x.example) \\| fails |\n| line_has_order |"
    )


def test_a_dry_run_that_measured_nothing_says_just_that(noted):
    verdict = {"outcome": "dry run", "reasons": []}
    assert noted(layers=[], delivery=None, verdict=verdict) == (
        "Medallion: **dry run**. 2026-01-15 00:00 to 2026-01-15 06:00. "
        "[Report](/medallion/shop/run_report.html)"
    )


def check(state, check="not_null", **changed):
    row = {"source": "sales", "entity": "orders", "check": check, "column": None, "state": state}
    return row | {"breaches": int(state in ("warned", "failed")), "said": f"{check} is *wrong*"} | changed


def test_checks_that_held_leave_no_note():
    assert checks_note([check("passed"), check("not measured")]) is None


def test_what_a_contract_refused_comes_before_what_it_warned_of():
    rows = [check("passed"), check("warned", "freshness", entity=""), check("failed", column="id")]
    assert checks_note(rows).text() == (
        "Medallion: **refused**: nothing landed. 2 checks of the contract breached, 1 held\n\n"
        "| check | found | then |\n"
        "| --- | --- | --- |\n"
        "| `sales.orders: not_null of id` | not_null is \\*wrong\\* | **failed** |\n"
        "| `sales: freshness` | freshness is \\*wrong\\* | **warned** |"
    )


def test_what_landed_with_a_warning_says_so():
    (said,) = checks_note([check("warned")]).said
    assert said == "**landed with a warning**. 1 check of the contract breached, 0 held"
