"""What a day's report says of its runs, and when and how it is written."""

import json
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from medallion.reports.contract import schema_text
from medallion.reports.daily_contract import SCHEMA_FILE, daily_schema
from medallion.reports.daily_page import render_daily
from medallion.reports.daily_write import write_daily_report
from medallion.reports.day_in_warehouse import NOT_READ
from unit.reports.days import DAY, at, latest, series, started, tell, write


def test_a_day_of_one_run_says_what_its_run_said(story, settings):
    told = story()
    told.all_well(has_address={"failing": 41})
    figures = write(told, settings)
    assert (figures["day"], figures["client"]["id"]) == ("2026-01-15", "acme_corp")
    assert figures["totals"] == {
        "outcome": "delivered",
        "runs": 1,
        "delivered": 1,
        "failed": 0,
        "no_report": 0,
        "score": 0.959,
        "threshold": 0.95,
        "seconds": 720.0,
    }
    assert [one["page"] for one in figures["runs"]] == ["acme_corp/year=2026/month=01/day=15/run_report.html"]
    assert figures["extraction"] == [
        {"source": "crm", "entity": "people", "runs": 1, "rows": 1200, "files": 1, "bytes": 45_678}
    ]
    assert figures["delivery"]["tables"] == {"gold_people": 1100}
    assert figures["cleanup"] == {"partitions": 2, "files": 3, "bytes": 1_234_567}
    assert [layer["nodes"]["done"] for layer in figures["layers"]] == [2, 4, 2]
    assert settings.reports.joinpath("acme_corp").joinpath(figures["runs"][0]["page"][10:]).is_file()


def test_the_runs_of_a_day_are_added_up(story, settings):
    told = story(schedule_interval="6h")
    for hour, failing in ((0, 10), (6, 45), (12, 20)):
        tell(told, at(hour, 6)).all_well(has_address={"failing": failing})
        told.clean_up_object(layer="silver", object="clean_people", rows=hour, cutoff=DAY)
        told.clean_up_object(layer="landing", object="crm.people", partitions=5, refused=1)
        figures = write(told, settings)
    assert figures["totals"] | {"seconds": None} == {
        "outcome": "delivered",
        "runs": 3,
        "delivered": 3,
        "failed": 0,
        "no_report": 0,
        "score": 0.955,
        "threshold": 0.95,
        "seconds": None,
    }
    assert figures["totals"]["seconds"] == sum(one["seconds"] for one in figures["runs"]) > 0
    assert [one["interval_start"][11:16] for one in figures["runs"]] == ["00:00", "06:00", "12:00"]
    assert figures["extraction"][0] | {"bytes": 0} == {
        "source": "crm",
        "entity": "people",
        "runs": 3,
        "rows": 3600,
        "files": 3,
        "bytes": 0,
    }
    (rule,) = [one for one in figures["rules"] if one["rule"] == "has_address"]
    assert (rule["failing"], rule["score"]) == (45, 0.955)
    assert figures["cleanup"]["partitions"] == 6
    gone = [(one["object"], one["rows"], one["partitions"], one["refused"]) for one in figures["retention"]]
    assert gone == [("crm.people", None, 5, True), ("clean_people", 18, None, False)]
    assert [layer["nodes"]["expected"] for layer in figures["layers"]] == [6, 12, 6]


def test_a_day_whose_cleanup_was_left_out_says_why_until_a_run_cleans_up(story, settings):
    told = story(schedule_interval="12h")
    tell(told, at(0, 12)).all_well()
    told.clean_up(why="cleanup_on is sunday")
    figures = write(told, settings)
    assert (figures["cleanup"], figures["cleanup_left_out"]) == (None, "cleanup_on is sunday")
    assert "Nothing was cleaned up: cleanup_on is sunday." in " ".join(render_daily(figures).split())
    tell(told, at(12, 12)).all_well()
    figures = write(told, settings)
    assert (figures["cleanup"]["partitions"], figures["cleanup_left_out"]) == (2, "")


def test_a_failed_run_fails_its_day_until_it_was_repeated(story, settings):
    told = story(schedule_interval="12h")
    tell(told, at(0, 12)).all_well()
    write(told, settings)
    started(tell(told, at(12, 12)), bronze_crm__people={"status": "error", "message": "boom"})
    figures = write(told, settings)
    assert figures["totals"]["outcome"] == "failed"
    assert figures["totals"]["delivered"] == figures["totals"]["failed"] == 1
    assert figures["runs"][1]["reason"].startswith("bronze: bronze_crm__people ended error: boom")
    assert figures["delivery"] is not None
    tell(told, at(12, 12), name="again").all_well()
    figures = write(told, settings)
    assert (figures["totals"]["outcome"], figures["totals"]["runs"]) == ("delivered", 2)


def test_a_run_that_left_no_report_is_named(story, settings):
    told = story(schedule_interval="12h")
    tell(told, at(0, 12), name="lost").start()
    tell(told, at(12, 12)).all_well()
    lost = write(told, settings)["runs"][0]
    assert (lost["run_id"], lost["outcome"], lost["page"]) == ("lost__20260115T0000", "no report", None)


def test_a_run_of_several_days_is_of_its_last(story, settings):
    told = story()
    told.all_well(asked={"interval_start": datetime(2026, 1, 12)})
    figures = write(told, settings)
    assert [one["outcome"] for one in figures["runs"]] == ["delivered"]
    assert series(figures, "seconds")["values"][-4:] == [None, None, None, 720.0]


def test_writing_again_changes_nothing(story, settings, warehouse, with_weeks):
    told = story(with_weeks)
    told.all_well()
    write(told, settings)
    before = {path: path.read_bytes() for path in settings.reports.rglob("*daily_report.*")}
    write(told, settings)
    assert len(before) == 3
    assert {path: path.read_bytes() for path in before} == before


def test_the_latest_report_is_never_of_an_older_day(story, settings):
    told = story()
    for day in (DAY, DAY - timedelta(days=1), DAY + timedelta(days=1), DAY - timedelta(days=40)):
        tell(told, at(0, day=day)).all_well()
        write(told, settings)
    assert latest(settings)["day"] == "2026-01-16"
    assert len(list(settings.reports.rglob("daily_report.json"))) == 4


@pytest.mark.parametrize("text", ["", "{", "[]", '{"day": 3}'])
def test_a_latest_report_that_is_broken_is_replaced(story, settings, text):
    told = story()
    told.all_well()
    write(told, settings)
    settings.reports.joinpath("acme_corp", "latest_daily_report.json").write_text(text)
    assert write(told, settings) == latest(settings)


def test_a_report_of_another_kind_in_the_days_folder_is_left_out(story, settings):
    told = story(schedule_interval="12h")
    tell(told, at(0, 12)).all_well()
    write(told, settings)
    other = next(settings.reports.rglob("run_report.json"))
    strange = other.parent.with_name("hour=0600") / other.name
    strange.parent.mkdir()
    figures = json.loads(other.read_text())
    strange.write_text(json.dumps({name: figures[name] for name in ("run", "verdict", "layers")}))
    assert write(told, settings, NOT_READ)["totals"]["runs"] == 1


def test_reports_link_to_each_other(story, settings):
    told = tell(story(schedule_interval="6h"), at(6, 6))
    told.all_well()
    write(told, settings)
    day = settings.reports / "acme_corp/year=2026/month=01/day=15"
    links = [
        (settings.reports / "index.html", "acme_corp/year=2026/month=01/day=15/daily_report.html"),
        (day / "daily_report.html", "../../../../index.html"),
        (
            day / "daily_report.html",
            "../../../../acme_corp/year=2026/month=01/day=15/hour=0600/run_report.html",
        ),
        (day / "hour=0600/run_report.html", "../daily_report.html"),
    ]
    for page, link in links:
        assert f'href="{link}"' in page.read_text(encoding="utf-8")
        assert Path(page.parent / link).is_file()


def test_the_schema_that_lies_in_docs_is_the_contracts(pytestconfig):
    there = (pytestconfig.rootpath / SCHEMA_FILE).read_text(encoding="utf-8")
    assert there == schema_text(daily_schema()), (
        "run `medallion report --daily-schema > docs/daily_report.schema.json`"
    )


def test_one_process_at_a_time_writes_a_day(story, settings):
    told = story(schedule_interval="12h")
    tell(told, at(0, 12)).all_well()
    write(told, settings)
    later = settings.reports / "acme_corp/year=2026/month=01/day=15/hour=1200/run_report.json"
    client = settings.reports / "acme_corp"
    with FileLock(client / ".daily.lock"):
        writer = threading.Thread(
            target=write_daily_report, args=(told.ledger, told.plan, DAY, settings.reports, NOT_READ)
        )
        writer.start()
        writer.join(0.5)
        assert writer.is_alive()
        # What is written while it waits is in what it writes.
        later.parent.mkdir()
        first = later.parent.with_name("hour=0000") / later.name
        figures = json.loads(first.read_text(encoding="utf-8"))
        figures["run"] |= {"interval_start": "2026-01-15T12:00:00Z", "interval_end": "2026-01-16T00:00:00Z"}
        later.write_text(json.dumps(figures), encoding="utf-8")
    writer.join()
    assert latest(settings)["totals"]["delivered"] == 2
