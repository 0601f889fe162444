"""What contracts' checks found: in figures, page, terminal and reasons."""

import io

from rich.console import Console

from medallion.reports import render_report
from medallion.reports.terminal import report_parts
from medallion.reports.words import check_allowed, check_found


def page_of(figures):
    return render_report(figures).replace("<wbr>", "")


def terminal_of(figures):
    console = Console(file=io.StringIO(), width=160)
    for part in report_parts(figures, "page.html"):
        console.print(part)
    return console.file.getvalue()


def test_a_check_is_told_with_its_counts(story):
    told = story()
    told.start()
    told.check("not_null", "warned", column="email", found=3, population=100, allowed=0.02, said="3 blanks")
    (check,) = told.figures()["checks"]
    assert check == {
        "source": "crm",
        "entity": "people",
        "check": "not_null",
        "column": "email",
        "on_breach": "warn",
        "state": "warned",
        "found": 3,
        "population": 100,
        "allowed": 0.02,
        "intervals": 1,
        "breaches": 1,
        "interval_start": "2026-01-15T00:00:00Z",
        "said": "3 blanks",
    }


def test_a_source_that_was_tried_again_tells_its_last_checks(story):
    told = story()
    for state in ("failed", "passed"):
        told.check(state=state)
        told.check("not_null", state, column="email")
        told.check("not_null", "passed", column="phone")
    found = [(one["check"], one["column"], one["state"]) for one in told.figures()["checks"]]
    assert found == [
        ("rows_a_day", None, "passed"),
        ("not_null", "email", "passed"),
        ("not_null", "phone", "passed"),
    ]


def test_a_source_that_was_refused_is_the_reason(story):
    told = story()
    told.start()
    told.check("freshness", "failed", entity="", said="newest at is old")
    told.check("rows_a_day", "failed", said="people.csv: 3 rows; expected at least 50")
    told.check("min_rows", "warned", said="not this one")
    verdict = told.figures()["verdict"]
    assert verdict["outcome"] == "failed"
    assert verdict["reasons"] == [
        "crm was not landed: newest at is old; people: people.csv: 3 rows; expected at least 50"
    ]


def test_a_warning_stops_no_delivery(story):
    told = story()
    told.all_well()
    told.check(state="warned")
    assert told.figures()["verdict"] == {"outcome": "delivered", "reasons": []}


def test_page_and_terminal_show_what_was_breached_and_count_the_rest(story):
    told = story()
    told.all_well()
    told.check("min_rows", "passed")
    told.check("not_null", "warned", column="email", found=3, population=100, allowed=0.02, said="3 blanks")
    told.check("freshness", "not measured", entity="", found=None)
    page, terminal = page_of(told.figures()), terminal_of(told.figures())
    assert "2 more held to the contracts, none of them breached" in page
    assert page.index("<strong>not_null</strong>") < page.index("<strong>min_rows</strong>")
    assert "3 blanks" in page
    assert "people.csv: min_rows" not in page  # what holds needs no sentence
    assert "crm.people: not_null of email   3 of 100" in terminal
    assert "2 held to the contracts, none of them breached" in terminal


def test_the_worst_of_several_intervals_says_how_many_there_were(story):
    told = story()
    told.check(state="warned", intervals=7, breaches=2)
    page = page_of(told.figures())
    assert "worst of 7 intervals" in page
    assert "breached in 2 of them; the worst begins 2026-01-15 00:00" in page


def test_a_report_of_before_there_were_checks_is_still_drawn(story):
    told = story()
    told.all_well()
    before = {key: value for key, value in told.figures().items() if key != "checks"}
    assert "Checks of what came" not in page_of(before) + terminal_of(before)


def check(name, found, allowed, population=None):
    return {"check": name, "found": found, "allowed": allowed, "population": population}


def test_limits_are_told_in_their_own_units():
    told = [
        check("freshness", 5400, 86_400.0),
        check("rows_a_day", 1234, 50.0),
        check("times_usual", 1234, 500.0),
        check("not_null", 3, 0.025, 100),
        check("outside_interval", 0, 0.0, 100),
        check("freshness", None, 60.0),
    ]
    assert [(check_found(one), check_allowed(one)) for one in told] == [
        ("1 h 30 min", "at most 24 h 00 min"),
        ("1,234", "at least 50"),
        ("1,234", "at most 500"),
        ("3 of 100", "at most 2.5\N{NO-BREAK SPACE}%"),
        ("0 of 100", "none"),
        ("\N{EN DASH}", "at most 1 min 00 s"),
    ]
