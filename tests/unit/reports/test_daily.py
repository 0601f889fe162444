"""A day's figures, from the reports of its runs, a real warehouse and the ledger."""

import json
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock
from jsonschema import Draft202012Validator

from medallion.interval import Interval
from medallion.ledger import RunKey
from medallion.pipeline import Asked
from medallion.reports import read_day, write_run_report
from medallion.reports.daily import trend_of
from medallion.reports.daily_contract import SCHEMA_FILE, DailyReport, daily_schema, daily_schema_text
from medallion.reports.daily_write import write_daily_report
from medallion.reports.day_in_warehouse import NOT_READ
from medallion.settings import Settings

DAY = date(2026, 1, 15)
SCHEMA = Draft202012Validator(daily_schema())
#: As the macro rolling_week makes it; six days are too few to know what is usual.
WEEKS = """
    create schema acme_corp_gold;
    create schema acme_corp_bronze;
    create table acme_corp_bronze.bronze_crm__people as
        select date '2026-01-14' + least(range, 1)::integer as _run_date from range(3);
    create table acme_corp_gold.gold_people as
        select
            order_date, order_count, window_days, window_order_count,
            cast(window_order_count / window_days as decimal(18, 4)) as average_daily_orders,
            order_count * window_days / nullif(window_order_count, 0) - 1 as order_growth,
            cast(order_count * 10.5 as decimal(18, 4)) as revenue,
            cast(window_order_count * 10.5 as decimal(18, 4)) as window_revenue,
            cast(window_order_count * 10.5 / window_days as decimal(18, 4)) as average_daily_revenue,
            cast(0.04 as decimal(18, 6)) as revenue_growth
        from (
            select
                cast(date '2026-01-01' + number as date) as order_date,
                number as order_count,
                least(number + 1, 7) as window_days,
                cast(sum(number) over (order by number rows between 6 preceding and current row) as bigint)
                    as window_order_count
            from (select cast(range as integer) as number from range(20))
        )
"""


@pytest.fixture
def settings(tmp_path):
    return Settings(project=tmp_path, home=tmp_path)


@pytest.fixture
def warehouse(settings):
    """The client's warehouse with a mart of rolling weeks of 20 days."""
    path = settings.warehouse("acme_corp")
    path.parent.mkdir()
    with duckdb.connect(path) as connection:
        connection.execute(WEEKS)
    return path


@pytest.fixture
def with_weeks(project):
    """A project whose one mart of gold is a rolling week's."""
    found = project()
    mart = next(node for node in found if node["name"] == "gold_people")
    mart["rolling"] = {"currency": "EUR"}
    return found


def at(hour, hours=24, day=DAY):
    start = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return Interval(start, start + timedelta(hours=hours))


def tell(told, interval, name="run"):
    """Let the story go on with another run, an hour after the interval."""
    told.interval, told.clock = interval, interval.end.replace(tzinfo=None) + timedelta(hours=1)
    told.key = RunKey(told.key.dag_id, f"{name}__{interval.start:%Y%m%dT%H%M}")
    return told


def started(told, **ends):
    told.start()
    told.land()
    told.build("bronze", **ends)
    told.judge("bronze.gate", passed=not ends)


def write(told, settings, seen=None):
    """Write the run's report and its day's, and read the day's back."""
    day = told.interval.run_date
    seen = read_day(settings, told.plan, day, patience=0) if seen is None else seen
    asked = Asked((told.interval,))
    page = write_run_report(told.ledger, told.plan, told.key, asked, settings.reports, seen=seen)
    folder = page.parent.parent if told.plan.sub_daily else page.parent
    figures = json.loads((folder / "daily_report.json").read_text(encoding="utf-8"))
    SCHEMA.validate(figures)
    DailyReport.model_validate(figures, strict=True, extra="forbid", by_alias=True)
    return figures


def latest(settings):
    path = settings.reports / "acme_corp" / "latest_daily_report.json"
    return json.loads(path.read_text(encoding="utf-8"))


def series(figures, name):
    return next(one for one in figures["trends"]["series"] if one["name"] == name)


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
    away = replace(settings, target="sqlserver")
    assert "read from DuckDB only" in write(told, away)["not_read"]


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
    assert there == daily_schema_text(), (
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
