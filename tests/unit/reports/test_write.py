import json
import resource
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from medallion.interval import Interval
from medallion.pipeline import Asked
from medallion.reports import render_report, write_run_report


def write(told, root, **how):
    return write_run_report(told.ledger, told.plan, told.key, Asked((told.interval,), **how), root)


def files(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_json_and_page_lie_in_their_interval(story, tmp_path):
    told = story()
    told.all_well()
    path = write(told, tmp_path / "reports")
    day = "acme_corp/year=2026/month=01/day=15"
    assert files(tmp_path / "reports") == [
        ".index.lock",
        "acme_corp/.daily.lock",
        "acme_corp/latest_daily_report.json",
        f"{day}/daily_report.html",
        f"{day}/daily_report.json",
        f"{day}/run_report.html",
        f"{day}/run_report.json",
        "index.html",
        "index.json",
    ]
    assert path == tmp_path / "reports" / day / "run_report.html"


def test_the_page_is_made_from_the_json_alone(story, tmp_path):
    told = story()
    told.all_well()
    page = write(told, tmp_path)
    kept = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert kept == told.figures()
    assert render_report(kept) == page.read_text(encoding="utf-8")


def test_intervals_shorter_than_a_day_have_reports_of_their_own(story, tmp_path):
    told = story(schedule_interval="6h")
    for hour in (0, 6):
        told.interval = Interval(
            datetime(2026, 1, 15, hour, tzinfo=UTC), datetime(2026, 1, 15, hour + 6, tzinfo=UTC)
        )
        write(told, tmp_path)
    assert {path.parent.name for path in tmp_path.rglob("run_report.html")} == {"hour=0000", "hour=0600"}


def test_a_dry_run_says_what_was_asked_and_leaves_the_report_of_the_delivery(story, tmp_path):
    told = story()
    told.all_well()
    delivered = write(told, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    told.key = replace(told.key, run_id="manual__dry")
    told.start(dry_run=1, reason="<b>late</b> rows", asked_by="ana", rebuild=["silver"])
    told.land()
    for layer in ("bronze", "silver", "gold"):
        told.build(layer)
    page = write(told, tmp_path, dry_run=True)
    assert page == delivered.with_name("dry_run_report.html")
    assert {path: path.read_bytes() for path in before} == before
    figures = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert figures["verdict"] == {
        "outcome": "dry run",
        "reasons": ["nothing was published to data_warehouse, and nothing deleted"],
    }
    asked = {"asked_by": "ana", "reason": "<b>late</b> rows", "rebuild": ["silver"]}
    assert asked.items() <= figures["run"].items()
    text = page.read_text(encoding="utf-8")
    assert "&lt;b&gt;late&lt;/b&gt; rows" in text
    assert "Dry run" in text


def test_a_dry_run_that_fails_a_gate_has_failed(story):
    told = story()
    told.start(dry_run=1)
    told.land()
    told.build("bronze", bronze_people_not_empty={"status": "fail", "message": "empty"})
    assert told.figures()["verdict"]["outcome"] == "failed"


def test_a_run_of_several_intervals_is_told_whole_and_lies_at_its_last(story, tmp_path):
    told = story()
    start = datetime(2026, 1, 12)
    told.start(interval_start=start)
    told.interval = Interval(datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC))
    page = write(told, tmp_path)
    run = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))["run"]
    assert (run["interval_start"], run["interval_end"]) == ("2026-01-12T00:00:00Z", "2026-01-16T00:00:00Z")
    assert page.parent.name == "day=15"


def test_a_later_run_of_the_interval_replaces_the_report(story, tmp_path):
    told = story()
    page = write(told, tmp_path)
    assert "Failed" in page.read_text(encoding="utf-8")
    told.all_well()
    assert write(told, tmp_path) == page
    assert "Delivered" in page.read_text(encoding="utf-8")
    assert len(files(page.parent)) == 4  # of the run and of its day, a page and JSON each


def test_a_report_that_cannot_be_written_leaves_no_scraps(story, tmp_path):
    told = story()
    told.start()
    page = tmp_path / "acme_corp/year=2026/month=01/day=15/run_report.html"
    page.mkdir(parents=True)
    with pytest.raises(OSError, match="run_report"):
        write(told, tmp_path)
    assert not list(page.parent.glob(".*"))


def test_a_full_disk_leaves_the_earlier_report(story, tmp_path):
    told = story()
    told.all_well()
    page = write(told, tmp_path)
    before = [path.read_bytes() for path in (page, page.with_suffix(".json"))]
    told.build("gold", series=0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    figures_fit_the_page_does_not = len(before[1]) + 2000
    resource.setrlimit(resource.RLIMIT_FSIZE, (figures_fit_the_page_does_not, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            write(told, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.read_bytes() for path in (page, page.with_suffix(".json"))] == before
    assert [name for name in files(page.parent) if "daily" not in name] == [
        "run_report.html",
        "run_report.json",
    ]
