"""What a day's report says of its rolling week and the ninety days before, and of the warehouse's rows."""

import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta

import duckdb
import pytest

from medallion.pipeline import Asked
from medallion.reports import write_run_report
from medallion.reports.daily import trend_of
from unit.reports.days import DAY, at, series, tell, write


def test_the_day_stands_beside_its_week(story, settings, warehouse, with_weeks):
    told = story(with_weeks)
    told.all_well()
    (rolling,) = write(told, settings)["rolling"]
    assert (rolling["mart"], rolling["currency"], rolling["last_day"]) == ("gold_people", "EUR", "2026-01-20")
    assert rolling["day"] == {
        "order_count": 14,
        "revenue": 147.0,
        "window_days": 7,
        "window_order_count": 77,
        "window_revenue": 808.5,
        "average_daily_orders": 11.0,
        "average_daily_revenue": 115.5,
        "order_growth": pytest.approx(3 / 11),
        "revenue_growth": 0.04,
        "order_trend": "up",
        "revenue_trend": "as usual",
    }


def test_a_week_that_is_not_whole_says_nothing_of_what_is_usual(story, settings, warehouse, with_weeks):
    told = tell(story(with_weeks), at(0, day=date(2026, 1, 6)))
    told.all_well()
    today = write(told, settings)["rolling"][0]["day"]
    assert (today["window_days"], today["order_trend"], today["revenue_trend"]) == (6, None, None)
    assert today["order_growth"] == pytest.approx(1.0)


def test_a_day_that_gold_does_not_have_is_none(story, settings, warehouse, with_weeks):
    told = tell(story(with_weeks), at(0, day=date(2026, 1, 25)))
    told.all_well()
    figures = write(told, settings)
    assert figures["rolling"][0] | {"mart": ""} == {
        "mart": "",
        "currency": "EUR",
        "last_day": "2026-01-20",
        "day": None,
    }
    assert series(figures, "orders")["values"][-7:] == [18, 19, None, None, None, None, None]


@pytest.mark.parametrize(
    ("growth", "word"),
    [(0.1, "as usual"), (0.1001, "up"), (-0.1, "as usual"), (-0.11, "down"), (0.0, "as usual"), (None, None)],
)
def test_a_tenth_more_or_less_is_as_usual(growth, word):
    assert trend_of(growth) == word


def test_trends_go_back_ninety_days_with_gaps(story, settings, warehouse, with_weeks):
    told = story(with_weeks)
    for back in (90, 89, 3, 0):
        tell(told, at(0, day=DAY - timedelta(days=back))).all_well()
    figures = write(told, settings)
    assert (figures["trends"]["first_day"], figures["trends"]["last_day"]) == ("2025-10-18", "2026-01-15")
    names = [(one["name"], one["of"], one["unit"]) for one in figures["trends"]["series"]]
    assert names == [
        ("revenue", "gold_people", "EUR"),
        ("orders", "gold_people", None),
        ("score", "bronze", None),
        ("score", "silver", None),
        ("score", "gold", None),
        ("seconds", None, None),
    ]
    for one in figures["trends"]["series"]:
        assert len(one["values"]) == 90
    took = series(figures, "seconds")["values"]
    assert [place for place, one in enumerate(took) if one is not None] == [0, 86, 89]
    orders = series(figures, "orders")
    assert orders["values"] == [None] * 75 + list(range(15))
    assert orders["averages"][-1] == 11.0
    assert series(figures, "score")["threshold"] == 0.95


def test_several_runs_of_a_day_have_their_least_score_and_all_their_seconds(story, settings):
    told = story(schedule_interval="12h")
    for hour, score in ((0, 0.97), (12, 0.99)):
        tell(told, at(hour, 12)).start()
        told.judge("silver.gate", passed=True, score=score)
    tell(told, at(0, 12), name="again").start()
    told.judge("silver.gate", passed=True, score=0.96)
    told.judge("silver.gate", passed=True, score=0.98)
    figures = write(told, settings)
    assert series(figures, "score")["values"][-2:] == [None, 0.98]
    assert series(figures, "seconds")["values"][-1] == 60 + 120


def test_a_dry_run_is_in_no_trend_and_has_no_daily_report(story, settings):
    told = story()
    told.all_well()
    write(told, settings)
    before = {path: path.read_bytes() for path in settings.reports.rglob("*daily*")}
    told.key = replace(told.key, run_id="manual__dry")
    told.start(dry_run=1)
    told.judge("silver.gate", passed=True, score=0.1)
    page = write_run_report(
        told.ledger, told.plan, told.key, Asked((told.interval,), dry_run=True), settings.reports
    )
    assert {path: path.read_bytes() for path in before} == before
    assert "daily_report" not in page.read_text(encoding="utf-8")
    assert 0.1 not in series(write(told, settings), "score")["values"]


def test_rows_of_the_day_are_counted_where_a_table_has_a_runs_date(story, settings, warehouse):
    told = story()
    told.all_well()
    figures = write(told, settings)
    assert figures["processed"] == [{"layer": "bronze", "table": "bronze_crm__people", "rows": 2}]
    assert figures["rolling"] == []
    assert figures["not_read"] == ""


def test_a_mart_that_no_run_has_built_is_empty(story, settings, warehouse, with_weeks):
    with duckdb.connect(warehouse) as connection:
        connection.execute("drop table acme_corp_gold.gold_people")
    told = story(with_weeks)
    told.all_well()
    figures = write(told, settings)
    assert figures["rolling"] == [{"mart": "gold_people", "currency": "EUR", "last_day": None, "day": None}]
    assert "revenue" not in {one["name"] for one in figures["trends"]["series"]}


def test_without_a_warehouse_the_report_says_why(story, settings, with_weeks):
    told = story(with_weeks)
    told.all_well()
    assert "acme_corp has no warehouse yet" in write(told, settings)["not_read"]


@pytest.mark.slow  # the driver knocks for 15 s
def test_of_a_server_that_is_away_the_report_says_why(story, settings, with_weeks, monkeypatch):
    told = story(with_weeks)
    told.all_well()
    monkeypatch.setenv("MEDALLION_SQLSERVER_PORT", "1")
    monkeypatch.setenv("MEDALLION_SQLSERVER_HOST", "127.0.0.1")
    away = replace(settings, target="sqlserver")
    assert "mssql://127.0.0.1:1/medallion cannot be opened" in write(told, away)["not_read"]


def test_a_mart_of_another_making_costs_no_more_than_its_figures(story, settings, warehouse, with_weeks):
    with duckdb.connect(warehouse) as connection:
        connection.execute("alter table acme_corp_gold.gold_people drop column window_days")
    told = story(with_weeks)
    told.all_well()
    figures = write(told, settings)
    assert '"window_days" not found' in figures["not_read"]
    assert (figures["rolling"], figures["totals"]["outcome"]) == ([], "delivered")


def test_a_warehouse_that_a_writer_holds_is_named(story, settings, warehouse):
    told = story()
    told.all_well()
    hold = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print(flush=True); sys.stdin.read()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", hold, str(warehouse)], **pipes) as writer:
        writer.stdout.readline()
        said = write(told, settings)["not_read"]
        writer.communicate()
    assert said.startswith("acme_corp.duckdb is in use by ")
    assert write(told, settings)["not_read"] == ""
