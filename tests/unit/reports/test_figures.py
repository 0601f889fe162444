"""What a run's report is made from: its run, models, builds and deliveries."""

import json

import pytest
from jsonschema import Draft202012Validator

from medallion.exceptions import ExtractError, GateFailed
from medallion.ledger import RunKey
from medallion.reports import render_report
from medallion.reports.contract import SCHEMA_FILE, report_schema, schema_text


def test_the_run_says_whose_which_and_when(story):
    told = story()
    told.all_well()
    figures = told.figures()
    assert figures["client"] == {
        "id": "acme_corp",
        "description": "ACME Corporation data pipeline",
        "timezone": "UTC",
    }
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
        "left_out": "",
    }


def test_a_cleanup_that_was_left_out_says_why_and_the_run_is_well(story):
    told = story()
    told.all_well()
    told.clean_up(why="cleanup_on is sunday")
    figures = told.figures()
    assert (figures["cleanup"]["left_out"], figures["verdict"]["reasons"]) == ("cleanup_on is sunday", [])


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


def test_what_was_tried_again_has_its_reason_and_its_wait(story):
    told = story()
    told.start()
    told.build("bronze", state="retry", only=[])
    told.build("bronze")
    told.build("silver", state="retry", only=[])
    told.build("gold", state="failed", only=[])  # for good
    told.fail("extract_crm", ExtractError("crm: people.csv: no such file"), again=False, at=told.clock)
    told.fail("gold.gate", GateFailed("gold: NOT passed"), again=False, at=told.clock)
    bronze, silver, gold, extract = told.figures()["retries"]
    assert bronze == {
        "task": "bronze.build",
        "layer": "bronze",
        "try": 1,
        "failure": "unknown",
        "sign": "",
        "reason": "bronze went wrong",
        "again": True,
        "delay": 300.0,
        "ended_at": "2026-01-16T00:08:00Z",
        "waited": 60.0,
    }
    assert (silver["layer"], silver["again"], silver["waited"]) == ("silver", True, None)
    assert (gold["layer"], gold["again"], gold["delay"]) == ("gold", False, None)
    assert (extract["task"], extract["layer"]) == ("extract_crm", None)
    assert (extract["failure"], extract["sign"]) == ("not delivered", "medallion.ExtractError")


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
    links = {"airflow": url, "fleet": "../../../../index.html", "daily": "daily_report.html"}
    assert told.figures()["links"] == links


def test_the_schema_that_lies_in_docs_is_the_contracts(pytestconfig):
    there = (pytestconfig.rootpath / SCHEMA_FILE).read_text(encoding="utf-8")
    assert there == schema_text(), "run `medallion report --schema > docs/run_report.schema.json`"


def test_every_key_of_the_contract_is_needed(story):
    figures, schema = story().figures(), Draft202012Validator(report_schema())
    for key in figures:
        lacking = {name: value for name, value in figures.items() if name != key}
        assert [error.message for error in schema.iter_errors(lacking)] == [f"{key!r} is a required property"]
