from datetime import date

from medallion.orchestration.report_pages import _REPORT
from medallion.pipeline import Calendar
from medallion.pipeline.days import intervals_of_day


def test_every_run_of_a_day_whose_clocks_go_back_has_a_page():
    intervals = intervals_of_day(Calendar("0 * * * *", "Europe/Berlin"), date(2026, 10, 25))
    pages = [f"shop/{one.partition_path(sub_daily=True)}/run_report.html" for one in intervals]
    assert len(set(pages)) == 25
    assert [page for page in pages if not _REPORT.fullmatch(page)] == []
    assert not _REPORT.fullmatch("shop/year=2026/month=10/day=25/hour=02c00/run_report.html")
