import json
from datetime import date, datetime

import pytest
from jsonschema import Draft202012Validator

from medallion.ledger import RunKey
from medallion.ledger.releases import Release
from medallion.ledger.releases import sign as sign_releases
from medallion.ledger.waivers import Waiver, sign
from medallion.reports import render_report
from medallion.reports.contract import SCHEMA_FILE, report_schema, schema_text


def layer(figures, name):
    return next(one for one in figures["layers"] if one["name"] == name)


def rule(figures, name):
    return next(one for one in figures["rules"] if one["rule"] == name)


def test_a_run_that_went_well_is_delivered(story):
    told = story()
    told.all_well(has_address={"failing": 41})
    figures = told.figures()
    assert figures["verdict"] == {"outcome": "delivered", "reasons": []}
    assert [(one["name"], one["state"], one["gate"]) for one in figures["layers"]] == [
        ("bronze", "passed", "passed"),
        ("silver", "passed", "passed"),
        ("gold", "passed", "passed"),
    ]
    assert layer(figures, "silver")["nodes"] == {"expected": 4, "done": 4, "failed": 0, "not_built": 0}
    assert layer(figures, "silver")["tests"] == {"expected": 1, "done": 1, "failed": 0, "not_built": 0}
    assert (layer(figures, "silver")["score"], layer(figures, "silver")["threshold"]) == (0.959, 0.95)


def test_the_run_says_whose_which_and_when(story):
    told = story()
    told.all_well()
    figures = told.figures()
    assert figures["client"] == {"id": "acme_corp", "description": "ACME Corporation data pipeline"}
    assert figures["run"] == {
        "dag_id": "client_acme_corp_pipeline",
        "run_id": "manual__2026-01-15T00:00:00+00:00",
        "config_version": "0123456789ab",
        "interval_start": "2026-01-15T00:00:00Z",
        "interval_end": "2026-01-16T00:00:00Z",
        "started_at": "2026-01-16T00:06:00Z",
        "ended_at": "2026-01-16T00:18:00Z",
        "seconds": 720.0,
        "asked_by": None,
        "reason": "",
        "rebuild": [],
    }


def test_figures_are_json_and_the_same_each_time(story):
    told = story()
    told.all_well()
    assert json.loads(json.dumps(told.figures(), allow_nan=False)) == told.figures()


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


def test_a_breach_is_the_reason_and_what_came_of_it_is_not(story):
    told = story()
    told.start()
    told.land()
    told.build("bronze")
    told.build("silver", has_address={"failing": 51}, has_phone={"failing": 900})
    for gate in ("bronze", "silver", "gold"):
        told.judge(f"{gate}.gate", passed=gate == "bronze")
    figures = told.figures()
    assert figures["verdict"] == {
        "outcome": "failed",
        "reasons": ["silver: has_address: 51 of 1,000 rows of clean_crm__people fail, score 0.94900 < 0.95"],
    }
    assert [one["state"] for one in figures["layers"]] == ["passed", "blocked", "not built"]
    assert [one["gate"] for one in figures["layers"]] == ["passed", "not passed", "not passed"]
    assert layer(figures, "silver")["breaches"] == ["has_address"]
    assert rule(figures, "has_address")["state"] == "breached"
    assert (figures["delivery"], figures["cleanup"]) == (None, None)


@pytest.mark.parametrize(("allow_empty", "outcome"), [(True, "delivered"), (False, "failed")])
def test_a_rule_without_rows_is_not_measured(story, project, allow_empty, outcome):
    told = story(project(allow_empty=allow_empty))
    told.all_well(has_address={"population": 0})
    figures = told.figures()
    assert figures["verdict"]["outcome"] == outcome
    assert rule(figures, "has_address")["state"] == ("not measured" if allow_empty else "breached")
    assert rule(figures, "has_address")["score"] is None


def test_a_hard_test_that_fails_is_the_reason_and_is_listed(story):
    told = story()
    told.start()
    told.land()
    told.build("bronze")
    failing = {"status": "fail", "failing": 3, "message": "Got 3 results,\n  configured to fail if != 0"}
    told.build(
        "silver", state="failed", people_unique=failing, has_address={"status": "skipped", "population": None}
    )
    figures = told.figures()
    assert figures["verdict"]["reasons"] == [
        "silver: people_unique ended fail: Got 3 results, configured to fail if != 0"
    ]
    assert layer(figures, "silver")["state"] == "failed"
    assert layer(figures, "silver")["nodes"] == {"expected": 4, "done": 2, "failed": 1, "not_built": 1}
    assert rule(figures, "has_address")["state"] == "not run"
    assert figures["tests"] == {
        "expected": 3,
        "done": 1,
        "failed": 1,
        "not_built": 1,
        "failing": [
            {
                "name": "people_unique",
                "model": "clean_crm__people",
                "layer": "silver",
                "status": "fail",
                "rows": 3,
                "message": "Got 3 results,\n  configured to fail if != 0",
            }
        ],
    }


def test_a_source_that_was_not_landed_is_the_reason(story):
    told = story(data_sources=["crm", "sales"])
    told.start()
    told.land()
    assert told.figures()["verdict"]["reasons"] == ["sales was not landed: see the log of extract_sales"]


def test_a_build_that_was_killed_is_the_reason(story):
    told = story()
    told.start()
    told.land()
    told.build("bronze", state="running", only=["bronze_crm__people"])
    figures = told.figures()
    assert figures["verdict"]["reasons"] == [
        "bronze: 1 of 2 nodes have no good result of this run; "
        "its last build ended running: bronze went wrong"
    ]
    assert layer(figures, "bronze")["state"] == "incomplete"


def test_gates_that_passed_are_no_delivery(story):
    told = story()
    told.start()
    told.land()
    for name in ("bronze", "silver", "gold"):
        told.build(name)
    assert told.figures()["verdict"]["reasons"] == [
        "nothing reached data_warehouse: see the logs of quality_validation and load_to_data_warehouse"
    ]


def test_of_a_gate_that_judged_twice_the_last_word_counts(story):
    told = story()
    told.judge("bronze.gate", passed=False)
    told.judge("bronze.gate", passed=True)
    told.judge("quality_validation", passed=False)
    assert layer(told.figures(), "bronze")["gate"] == "passed"


def test_what_was_built_again_after_the_delivery_is_not_delivered(story):
    told = story()
    told.all_well()
    told.build("gold", series=0, only=["gold_people"])
    assert told.figures()["verdict"] == {
        "outcome": "failed",
        "reasons": ["gold was built again since the last delivery to data_warehouse"],
    }
    told.deliver()
    assert told.figures()["verdict"]["outcome"] == "delivered"


def test_a_delivery_whose_cleanup_failed_says_so(story):
    told = story()
    told.start()
    told.land()
    for name in ("bronze", "silver", "gold"):
        told.build(name)
    told.deliver()
    assert told.figures()["verdict"] == {
        "outcome": "delivered",
        "reasons": ["landing was not cleaned up: see the log of cleanup_old_data"],
    }


def test_a_run_of_which_nothing_is_known_has_a_report(story):
    figures = story().figures()
    assert figures["verdict"]["outcome"] == "failed"
    assert figures["run"]["started_at"] is None
    assert len(figures["run"]["config_version"]) == 12
    assert {model["status"] for model in figures["models"]} == {"not built"}
    assert (figures["builds"], figures["extraction"]) == ([], [])


def test_models_have_their_seconds_rows_and_what_went_wrong(story):
    told = story()
    told.start()
    told.land()
    told.build("bronze", bronze_crm__people={"status": "error", "message": "boom", "seconds": 1.5, "rows": 7})
    bronze, clean, _ = told.figures()["models"]
    assert bronze == {
        "name": "bronze_crm__people",
        "layer": "bronze",
        "group": "crm",
        "status": "error",
        "seconds": 1.5,
        "rows": 7,
        "message": "boom",
    }
    assert (clean["status"], clean["seconds"], clean["message"]) == ("not built", None, "")


def test_what_changed_in_a_sources_columns_is_in_the_report(story):
    told = story()
    told.land(changes=["column city is new (string)"])
    told.land(rows=5, source="sales")
    figures = told.figures()
    assert [one["changes"] for one in figures["extraction"]] == [["column city is new (string)"], []]
    assert "column city is new (string)" in render_report(figures).replace("<wbr>", "")


def test_a_source_landed_again_counts_once(story):
    told = story()
    told.land(rows=10)
    told.land(rows=12)
    told.land(rows=5, source="sales")
    found = [(one["source"], one["rows"]) for one in told.figures()["extraction"]]
    assert found == [("crm", 12), ("sales", 5)]


def test_builds_count_their_tries_and_tell_a_clear_from_a_retry(story):
    told = story()
    told.build("bronze", state="retry", only=["bronze_crm__people"])
    told.build("bronze")
    told.build("silver")
    told.build("bronze", series=0, only=["bronze_crm__people"])
    told.build("bronze", series=3)
    found = [
        (one["layer"], one["cause"], one["try"], one["state"], one["nodes"])
        for one in told.figures()["builds"]
    ]
    assert found == [
        ("bronze", "layer", 1, "retry", 1),
        ("bronze", "layer", 2, "success", 2),
        ("silver", "layer", 1, "success", 4),
        ("bronze", "cleared by hand", 1, "success", 1),
        ("bronze", "layer", 1, "success", 2),
    ]
    assert told.figures()["builds"][0]["seconds"] == 60.0
    assert told.figures()["builds"][0]["message"] == "bronze went wrong"


def test_delivery_and_cleanup_are_told(story):
    told = story()
    told.all_well()
    figures = told.figures()
    assert figures["delivery"] == {
        "destination": "data_warehouse",
        "path": "data_warehouse.duckdb",
        "tables": {"gold_people": 1100},
        "delivered_at": "2026-01-16T00:17:00Z",
        "waived": [],
    }
    assert figures["cleanup"] == {
        "partitions": 2,
        "files": 3,
        "bytes": 1_234_567,
        "cleaned_at": "2026-01-16T00:18:00Z",
    }


def test_what_cleanups_deleted_or_refused_is_told(story):
    told = story()
    told.all_well()
    assert told.figures()["retention"] == []
    told.clean_up_object(layer="silver", object="clean_people", rows=40, share=0.125)
    told.clean_up_object(layer="landing", object="crm.people", partitions=3, files=3, bytes=9, refused=1)
    deleted, refused = told.figures()["retention"]
    assert deleted == {
        "layer": "silver",
        "object": "clean_people",
        **{"rows": 40, "partitions": None, "files": None, "bytes": None},
        "cutoff": "2025-12-16",
        "share": 0.125,
        "refused": False,
        "forced": False,
    }
    assert (refused["partitions"], refused["files"], refused["refused"]) == (3, 3, True)


def test_other_runs_are_other_figures(story):
    told = story()
    told.all_well()
    told.key = RunKey(told.key.dag_id, "another")
    assert told.figures()["verdict"]["outcome"] == "failed"
    assert told.figures()["delivery"] is None


def test_a_layer_with_nothing_to_build_passes(story, project):
    told = story(project(without="silver"))
    told.all_well()
    assert layer(told.figures(), "silver")["state"] == "nothing to build"
    assert told.figures()["verdict"]["outcome"] == "delivered"


def test_many_causes_are_cut_short(story, project):
    told = story(project(models=8))
    told.start()
    told.land()
    told.build(
        "bronze", **{f"model_{number}": {"status": "error", "message": "x" * 900} for number in range(8)}
    )
    reasons = told.figures()["verdict"]["reasons"]
    assert len(reasons) == 6
    assert reasons[-1] == "bronze: 3 more"
    assert all(len(reason) < 350 for reason in reasons)


WAIVER = Waiver("acme_corp", "has_address", date(2026, 1, 31), "new tills", "ann", datetime(2026, 1, 10))


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


def test_what_was_tried_again_has_its_reason_and_its_wait(story):
    told = story()
    told.start()
    told.build("bronze", state="retry", only=[])
    told.build("bronze")
    told.build("silver", state="retry", only=[])
    told.build("gold", state="failed", only=[])  # for good
    assert told.figures()["retries"] == [
        {
            "layer": "bronze",
            "try": 1,
            "reason": "bronze went wrong",
            "ended_at": "2026-01-16T00:08:00Z",
            "waited": 60.0,
        },
        {
            "layer": "silver",
            "try": 1,
            "reason": "silver went wrong",
            "ended_at": "2026-01-16T00:12:00Z",
            "waited": None,
        },
    ]


def test_a_layer_that_was_cleared_is_no_further_try(story):
    told = story()
    told.start()
    told.build("bronze", state="retry", only=[])
    told.build("bronze", series=3)
    assert [one["waited"] for one in told.figures()["retries"]] == [None]


def test_the_slowest_models_have_their_share_of_all_seconds(story, project):
    told = story(project(models=6))
    told.start()
    told.build("bronze", model_3={"seconds": 6.0}, model_1={"seconds": 2.0}, model_5={"seconds": None})
    slowest = told.figures()["slowest"]  # of 9.5: five models and a test take a quarter each
    assert [(one["name"], one["share"]) for one in slowest[:2]] == [("model_3", 0.6486), ("model_1", 0.2162)]
    assert len(slowest) == 5


@pytest.mark.parametrize(
    ("base", "url"),
    [
        (None, None),
        ("javascript:alert(1)//", None),
        (
            "https://airflow.example/team/",
            "https://airflow.example/team/dags/client_acme_corp_pipeline/runs/manual__2026-01-15T00%3A00%3A00%2B00%3A00",
        ),
    ],
)
def test_the_run_in_airflow_is_linked_where_its_address_is_known(story, monkeypatch, base, url):
    told = story()
    if base:
        monkeypatch.setenv("AIRFLOW__API__BASE_URL", base)
    assert told.figures()["links"] == {"airflow": url, "fleet": "../../../../index.html"}


def test_the_schema_that_lies_in_docs_is_the_contracts(pytestconfig):
    there = (pytestconfig.rootpath / SCHEMA_FILE).read_text(encoding="utf-8")
    assert there == schema_text(), "run `medallion report --schema > docs/run_report.schema.json`"


def test_every_key_of_the_contract_is_needed(story):
    figures, schema = story().figures(), Draft202012Validator(report_schema())
    for key in figures:
        lacking = {name: value for name, value in figures.items() if name != key}
        assert [error.message for error in schema.iter_errors(lacking)] == [f"{key!r} is a required property"]
