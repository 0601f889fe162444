"""Reports of a client in Berlin, on the day whose hour from 2 to 3 comes twice."""

import json
from datetime import date, datetime

import pytest
import typer
from typer.testing import CliRunner

from medallion.pipeline import calendar_of
from medallion.pipeline.days import intervals_of_day
from medallion.reports.cli import app
from medallion.reports.words import moment
from medallion.terminal import Commands
from unit.reports.days import tell, write

AUTUMN = date(2026, 10, 25)
FOLDER = "reports/acme_corp/year=2026/month=10/day=25"


@pytest.fixture
def hourly(story, settings):
    """The day's first five intervals, each with its report."""
    told = story(schedule_interval="1h", timezone="Europe/Berlin")
    for interval in intervals_of_day(calendar_of(told.plan.client), AUTUMN)[:5]:
        tell(told, interval)
        told.all_well()
        figures = write(told, settings, seen=None)
    return figures


@pytest.fixture
def medallion(settings, monkeypatch):
    whole = typer.Typer(cls=Commands)
    whole.add_typer(app)
    whole.command("other")(lambda: None)
    monkeypatch.setenv("MEDALLION_HOME", str(settings.home))
    monkeypatch.setenv("COLUMNS", "120")
    return lambda *words: CliRunner().invoke(whole, ["report", *words])


def test_a_time_is_shown_as_the_zone_calls_it():
    assert moment("2026-10-25T00:00:00Z", "Europe/Berlin") == "2026-10-25 02:00 CEST"
    assert moment("2026-10-25T01:00:00Z", "Europe/Berlin") == "2026-10-25 02:00 CET"
    assert moment("2026-10-25T01:00:00Z") == "2026-10-25 01:00"


def test_the_day_has_each_of_its_runs(hourly, settings):
    assert hourly["day"] == "2026-10-25"
    assert hourly["client"]["timezone"] == "Europe/Berlin"
    starts = ["24T22", "24T23", "25T00", "25T01", "25T02"]
    assert [one["interval_start"] for one in hourly["runs"]] == [f"2026-10-{at}:00:00Z" for at in starts]
    folders = sorted(path.name for path in (settings.home / FOLDER).glob("hour=*"))
    assert folders == ["hour=0000", "hour=0100", "hour=0200", "hour=02b00", "hour=0300"]
    seconds = next(one for one in hourly["trends"]["series"] if one["name"] == "seconds")
    assert seconds["values"][-1] == pytest.approx(sum(one["seconds"] for one in hourly["runs"]))


def test_pages_and_terminal_say_by_whose_clocks(hourly, settings, medallion):
    day = medallion("acme_corp", "--date", "2026-10-25").output
    assert "2026-10-25 02:00 CEST to 2026-10-25 02:00 CET" in day
    assert "2026-10-25 02:00 CET to 2026-10-25 03:00 CET" in day
    assert "2026-10-25 03:00 CET" in medallion().output  # the fleet's last run
    for page in (f"{FOLDER}/daily_report.html", f"{FOLDER}/hour=02b00/run_report.html"):
        text = (settings.home / page).read_text(encoding="utf-8")
        assert "2026-10-25 02:00 CET" in text
        assert "imes are those of Europe/Berlin" in text


@pytest.mark.parametrize(
    ("asked", "start"),
    [("01:00", "24T23"), ("02:00", "25T01"), ("03:00", "25T02")],  # of an hour that comes twice the second
)
def test_a_time_of_day_is_the_clients(hourly, medallion, asked, start):
    said = json.loads(medallion("acme_corp", "--date", f"2026-10-25T{asked}", "--json").output)
    assert said["run"]["interval_start"] == f"2026-10-{start}:00:00Z"


def test_a_daily_report_is_found_by_its_local_day_and_time(story, settings, medallion):
    told = story(schedule_interval="15 3 * * *", timezone="Europe/Berlin")
    (interval,) = intervals_of_day(calendar_of(told.plan.client), AUTUMN)
    tell(told, interval)
    told.all_well()
    write(told, settings)
    for when in ("2026-10-25", "2026-10-25T03:15"):
        said = medallion("acme_corp", "--run", "--date", when, "--json")
        assert json.loads(said.output)["run"]["interval_start"] == "2026-10-25T02:15:00Z"
    assert medallion("acme_corp", "--date", "2026-10-25T02:15").exit_code != 0
    assert datetime.fromisoformat("2026-10-25T02:15+00:00") == interval.start
