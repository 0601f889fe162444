"""Rules with their scores, waivers and rows."""

from datetime import date, datetime

from figures import layer, rule
from medallion.ledger.releases import Release
from medallion.ledger.releases import sign as sign_releases
from medallion.ledger.waivers import Waiver, sign

WAIVER = Waiver("acme_corp", "has_address", date(2026, 1, 31), "new tills", "ann", datetime(2026, 1, 10))


def test_every_rule_has_its_counts_score_and_threshold(story):
    told = story(
        business_rules={
            "data_retention_days": 9,
            "quality_threshold": {"default": 0.9, "rules": {"has_address": 0.95}},
        }
    )
    told.all_well(has_address={"failing": 41}, has_phone={"failing": 900})
    assert rule(told.figures(), "has_address") == {
        "rule": "has_address",
        "layer": "silver",
        "model": "clean_crm__people",
        "condition": "has_address = 1",
        "effect": "gate",
        "on_fail": "quarantine",
        "failing": 41,
        "population": 1000,
        "score": 0.959,
        "threshold": 0.95,
        "own_threshold": True,
        "waiver": None,
        "failing_rows": None,
        "state": "passed",
    }
    counted = rule(told.figures(), "has_phone")
    assert (counted["failing"], counted["threshold"], counted["state"]) == (900, None, "counted")


def test_a_rule_that_was_waived_is_told_where_it_counts(story):
    told = story()
    told.all_well(has_address={"failing": 500}, waivers=[WAIVER])
    figures = told.figures()
    assert figures["verdict"] == {"outcome": "delivered", "reasons": []}
    assert rule(figures, "has_address")["state"] == "waived"
    waiver = {"until": "2026-01-31", "why": "new tills", "signed_by": "ann"}
    assert rule(figures, "has_address")["waiver"] == waiver
    silver = layer(figures, "silver")
    assert (silver["score"], silver["breaches"], silver["waived"]) == (0.5, [], ["has_address"])
    assert figures["delivery"]["waived"] == ["has_address"]


def test_a_waiver_that_the_gate_did_not_take_changes_nothing(story):
    told = story()
    sign(told.ledger, "acme_corp", "has_address", until=date(2999, 1, 1), why="later", by="ann")
    told.all_well(has_address={"failing": 410})
    assert rule(told.figures(), "has_address")["state"] == "breached"


def test_quarantine_is_counted_by_model_and_rule_with_what_was_released(story, project):
    told = story(project(quarantine=True))
    key, rules, stamp = {"id": "7"}, ("has_address",), datetime(2026, 1, 9)
    for whose in (("acme_corp", "crm__people"), ("acme_corp", "crm__shops"), ("other", "crm__people")):
        sign_releases(told.ledger, [Release(*whose, key, rules, "called them", "ann", stamp)])
    told.all_well(has_address={"failing": 41}, quarantine_crm__people={"rows": 40})
    assert told.figures()["quarantine"] == [
        {
            "model": "quarantine_crm__people",
            "entity": "crm__people",
            "table": "acme_corp_silver.quarantine_crm__people",
            "command": "medallion quarantine acme_corp --model crm__people --date 2026-01-15",
            "rows": 40,
            "rules": {"has_address": 41},
            "releases": [
                {"key": {"id": "7"}, "rules": ["has_address"], "why": "called them", "signed_by": "ann"}
            ],
        }
    ]


def test_failing_rows_are_where_the_rule_put_them(story, project):
    figures = story(project(quarantine=True)).figures()
    assert rule(figures, "has_address")["failing_rows"] == {
        "table": "acme_corp_silver.quarantine_crm__people",
        "column": "_broken_rules",
        "command": "medallion quarantine acme_corp --rule has_address --date 2026-01-15",
    }
    assert rule(figures, "has_phone")["failing_rows"] == {
        "table": "acme_corp_silver.validate_crm__people",
        "column": "_flags",
        "command": None,
    }


def test_commands_of_a_client_with_several_runs_a_day_name_the_hour(story, project):
    figures = story(project(quarantine=True), schedule_interval="6h").figures()
    assert figures["quarantine"][0]["command"].endswith("--date 2026-01-15T00:00")
    assert figures["links"]["fleet"] == "../../../../../index.html"
