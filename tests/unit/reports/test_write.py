import json
import resource
from datetime import UTC, datetime

import pytest

from medallion.interval import Interval
from medallion.reports import render_report, write_run_report


def write(told, root):
    return write_run_report(told.ledger, told.plan, told.key, told.interval, root)


def files(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_json_and_page_lie_in_their_interval(story, tmp_path):
    told = story()
    told.all_well()
    path = write(told, tmp_path / "reports")
    day = "acme_corp/year=2026/month=01/day=15"
    assert files(tmp_path / "reports") == [
        ".index.lock",
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


def test_a_later_run_of_the_interval_replaces_the_report(story, tmp_path):
    told = story()
    page = write(told, tmp_path)
    assert "Failed" in page.read_text(encoding="utf-8")
    told.all_well()
    assert write(told, tmp_path) == page
    assert "Delivered" in page.read_text(encoding="utf-8")
    assert len(files(tmp_path / "acme_corp")) == 2


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
    assert files(page.parent) == ["run_report.html", "run_report.json"]
