import io
import json
import re
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from medallion.pipeline import Asked
from medallion.reports import write_run_report
from medallion.reports.cli import app
from medallion.reports.daily_terminal import daily_parts
from medallion.reports.terminal import fleet_parts, report_parts
from medallion.reports.words import UNKNOWN
from medallion.terminal import Commands
from pages import samples

HOSTILE = "[red]x[/red] \x1b[31m\x07 \x9b2J end"


def drawn(parts, width=200, **console):
    page = Console(file=io.StringIO(), width=width, **console)
    for part in parts:
        page.print(part)
    return page.file.getvalue()


@pytest.fixture
def home(story, tmp_path, monkeypatch):
    """A home with the reports of two intervals of a client."""
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path))
    monkeypatch.delenv("MEDALLION_REGISTRY_URL", raising=False)
    told = story()
    told.all_well(has_address={"failing": 41})
    write_run_report(told.ledger, told.plan, told.key, Asked((told.interval,)), tmp_path / "reports")
    return tmp_path


@pytest.fixture
def medallion(monkeypatch):
    whole = typer.Typer(cls=Commands)
    whole.add_typer(app)
    whole.command("other")(lambda: None)
    monkeypatch.setenv("COLUMNS", "120")
    return lambda *words: CliRunner().invoke(whole, ["report", *words])


def test_a_report_says_what_became_of_the_run(story):
    told = story()
    told.all_well(has_address={"failing": 41})
    said = drawn(report_parts(told.figures(), "there/run_report.html"))
    assert "acme_corp  delivered" in said
    assert "41 of 1,000   0.95900   ━━━━━━━━━━━━┃━" in said
    assert "delivered 1 tables, 1,100 rows, to data_warehouse: data_warehouse.duckdb" in said
    assert "there/run_report.html" in said


def test_a_failed_run_says_why_and_what_was_tried_again(story, project):
    told = story(project(quarantine=True))
    told.start()
    told.land()
    told.build("bronze", state="retry", only=[])
    told.build("bronze", bronze_crm__people={"status": "error", "message": "Binder Error: no column"})
    told.build("silver", quarantine_crm__people={"rows": 7})
    said = drawn(report_parts(told.figures(), "page"))
    for fact in ("acme_corp  failed", "Binder Error: no column", "bronze went wrong", "1 min 00 s"):
        assert fact in said
    assert "medallion quarantine acme_corp --model crm__people --date 2026-01-15" in said
    assert "nothing was delivered" in said


def test_nothing_a_report_tells_steers_the_terminal(story, project):
    told = story(project(called=HOSTILE, quarantine=True))
    told.all_well(gold_people={"status": "error", "message": HOSTILE}, **{HOSTILE: {"failing": 500}})
    said = drawn(report_parts(told.figures(), HOSTILE), width=400)
    assert "[red]x[/red]" in said
    assert not {"\x1b", "\x07", "\x9b"} & set(said)


def test_nothing_the_fleet_tells_steers_the_terminal():
    client = {"id": HOSTILE, "status": HOSTILE, "unreported": None, "runs": []}
    client["missing"] = [{"hole": True, "said": HOSTILE, "todo": HOSTILE}]
    counts = {"clients": 1, "delivered": 0, "failed": 0, "no_report": 1}
    said = drawn(fleet_parts({"counts": counts, "clients": [client]}))
    assert said.count("[red]x[/red]") == 5
    assert not {"\x1b", "\x07", "\x9b"} & set(said)


def test_the_fleet_has_a_row_for_each_client(home, medallion):
    said = medallion()
    assert said.exit_code == 0
    assert "1 clients: 1 delivered, 0 failed, 0 without a report" in said.output
    assert "acme_corp   delivered" in said.output
    assert json.loads(medallion("--json").output)["clients"][0]["runs"][0]["score"] == 0.959


def test_no_colour_reaches_a_pipe(home, medallion):
    assert "\x1b" not in medallion("acme_corp").output


def test_the_report_of_the_last_run_or_that_of_a_day_or_time_is_printed(home, medallion):
    kept = (home / "reports/acme_corp/year=2026/month=01/day=15/run_report.json").read_text("utf-8")
    for words in ((), ("--date", "2026-01-15", "--run"), ("--date", "2026-01-15T00:00")):
        assert json.loads(medallion("acme_corp", "--json", *words).output) == json.loads(kept)


def test_a_day_is_printed_with_its_files(home, medallion):
    said = medallion("acme_corp", "--date", "2026-01-15")
    assert said.exit_code == 0
    folder = home / "reports/acme_corp/year=2026/month=01/day=15"
    for fact in (
        "acme_corp  2026-01-15  delivered",
        "1 of 1 runs delivered, least score 0.95900, took 12 min 00 s",
        "2026-01-15 00:00 to 2026-01-16 00:00   delivered   0.95900",
        f"page  {folder / 'daily_report.html'}\n",
        f"JSON  {folder / 'daily_report.json'}\n",
    ):
        assert fact in said.output
    kept = json.loads((folder / "daily_report.json").read_text("utf-8"))
    assert json.loads(medallion("acme_corp", "--date", "2026-01-15", "--json").output) == kept


def test_a_day_without_a_report_of_its_own_names_its_runs(home, medallion):
    (home / "reports/acme_corp/year=2026/month=01/day=15/daily_report.json").unlink()
    said = medallion("acme_corp", "--date", "2026-01-15")
    assert said.exit_code == 1
    assert "`medallion report acme_corp --date 2026-01-15 --run`" in said.stderr


def test_a_day_says_how_its_week_goes_and_draws_its_trends():
    said = drawn(daily_parts(samples.daily(), Path("there/daily_report.html")), width=600)
    assert re.search(r"revenue in .* 1,234.50 +1,000 +.23\s% +down", said)
    assert re.search(r"orders +12 +10 +\+20\s% +up", said)
    assert "does not have 2026-01-15; its last one is 2026-01-14" in said
    assert re.search(r"Score of silver +[▁▂▃▄▅▆▇█]{30} +0.91000 +0.99000", said)
    assert said.count(UNKNOWN) > 3  # nothing is known of durations, nor of the last day's revenue
    assert "past its retention in silver: 40 rows of 1 object deleted" in said
    assert "not deleted, too much at once: silver a_name" in said


def test_a_day_says_what_of_reports_went_and_why_nothing_did():
    figures = samples.daily()
    figures["retention"][0] |= {"layer": "reports", "rows": None, "partitions": 3}
    figures["cleanup_left_out"] = "cleanup_on is sunday"
    said = drawn(daily_parts(figures, Path("page")), width=600)
    assert "past its retention in reports: 3 days of 1 object deleted" in said
    assert "nothing was cleaned up: cleanup_on is sunday" in said


def test_nothing_a_day_tells_steers_the_terminal():
    figures = samples.daily()
    figures["client"]["id"] = figures["runs"][1]["reason"] = figures["extraction"][0]["source"] = HOSTILE
    figures["rolling"][0]["mart"] = figures["rolling"][0]["currency"] = HOSTILE
    figures["rules"][0]["rule"] = figures["trends"]["series"][0]["of"] = HOSTILE
    figures["retention"][1]["object"] = figures["rolling"][1]["mart"] = HOSTILE
    said = drawn(daily_parts(figures, Path("page")), width=900)
    assert said.count("[red]x[/red]") == 9
    assert not {"\x1b", "\x07", "\x9b"} & set(said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("acme_corp", "--date", "2026-01-16"), "has no report of 2026-01-16; its last one is of year=2026"),
        (("acme_corp", "--date", "2026-01-15T06:00"), "has no report of 2026-01-15T06:00"),
        (("acme_corp", "--date", "15.1."), "must be a day such as 2026-01-15 or a time"),
        (("../acme_corp",), "there is no client"),
        (("startup_inc",), "startup_inc has no report yet; `medallion run startup_inc` makes one"),
        (("--date", "2026-01-15"), "--date needs a client"),
    ],
)
def test_what_is_not_there_is_said(home, medallion, words, said):
    result = medallion(*words)
    assert (result.exit_code, said in result.stderr) == (1, True)


def test_a_report_of_another_version_is_refused(home, medallion):
    path = home / "reports/acme_corp/year=2026/month=01/day=15/run_report.json"
    path.write_text(path.read_text("utf-8").replace('"format": 1', '"format": 2'))
    (home / "reports/index.json").unlink()
    result = medallion("acme_corp", "--date", "2026-01-15", "--run")
    assert result.exit_code == 1
    assert "is no report of this version" in result.stderr


def test_the_schema_is_printed(medallion):
    assert json.loads(medallion("--schema").output)["title"] == "A run's report"
    assert json.loads(medallion("--daily-schema").output)["title"] == "A day's report"
