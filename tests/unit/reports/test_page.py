import re
from datetime import date, datetime
from html.parser import HTMLParser

import pytest

from medallion.ledger.releases import Release, sign
from medallion.ledger.waivers import Waiver
from medallion.reports import render_report, words

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> \"' & {{ 7 * 7 }}"
VOID = {"meta", "br", "wbr", "link", "img", "hr", "input"}


class Reader(HTMLParser):
    """Reads a page as a browser would: its text, its elements, and whether each one is closed."""

    def __init__(self, text):
        super().__init__()
        self.said, self.elements, self.attributes, self.open = "", [], {}, []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value)
        self.open += [] if tag in VOID else [tag]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said += data


def read(told):
    return Reader(render_report(told.figures()))


def test_the_page_says_what_became_of_the_run(story):
    told = story()
    told.all_well(has_address={"failing": 41})
    page = read(told)
    for fact in (
        "✓ Delivered",
        "acme_corp",
        "4 of 4 nodes",
        "41 of 1,000",
        "0.95900",
        "gold_people",
        "1,100",
    ):
        assert fact in page.said
    assert "What failed" not in page.said


def test_layers_are_in_the_order_they_are_built_in(story):
    told = story()
    told.all_well()
    said = read(told).said
    models = said[said.index("Models") : said.index("Builds")]
    found = re.findall("bronze_crm__people|clean_crm__people|gold_people", models)
    assert found == ["bronze_crm__people", "clean_crm__people", "gold_people"]


def test_a_failed_run_says_why_first(story):
    told = story()
    told.start()
    told.land()
    told.build("bronze", bronze_crm__people={"status": "error", "message": "Binder Error:\n  no such column"})
    said = read(told).said
    assert "✕ Failed" in said
    assert said.index("ended error: Binder Error: no such column") < said.index("Interval")
    assert "Binder Error:\n  no such column" in said
    assert "This run delivered nothing" in said


def test_breached_rules_come_first(story):
    told = story()
    told.all_well(has_address={"failing": 500})
    figures = told.figures()
    figures["rules"].sort(key=lambda rule: rule["state"] == "breached")
    said = Reader(render_report(figures)).said
    rules = said[said.index("Failing rows") :]
    assert rules.index("has_address") < rules.index("has_phone")


def test_breached_rules_come_before_waived_ones_and_then_the_narrowest():
    rules = [("passed", 0.99), ("waived", 0.5), ("passed", 0.96), ("breached", 0.94), ("counted", None)]
    ranked = sorted(
        ({"state": state, "score": score, "threshold": score and 0.95} for state, score in rules),
        key=words.rule_rank,
    )
    assert [one["score"] for one in ranked] == [0.94, 0.5, 0.96, 0.99, None]


def test_scores_stand_beside_their_thresholds(story):
    told = story()
    told.all_well(has_address={"failing": 41})
    found = read(told).attributes
    assert "has_address: score 0.95900, threshold 0.95000" in found["aria-label"]
    assert {"left:50.00%", "left:59.00%"} <= set(found["style"])  # on an axis from 0.9 to 1


def test_hostile_text_stays_text_wherever_it_comes_from(story, project):
    told = story(project(called=HOSTILE, condition=HOSTILE), description=HOSTILE)
    told.all_well(gold_people={"status": "error", "message": HOSTILE}, **{HOSTILE: {"failing": 500}})
    figures = told.figures()
    figures["delivery"] |= {"tables": {HOSTILE: 1}, "path": HOSTILE}
    figures["builds"][0]["message"] = HOSTILE
    page = Reader(render_report(figures))
    # As rule, condition, breach and its reason, description, message, table, path and build.
    assert page.said.count(HOSTILE) == 9
    assert f"{HOSTILE}: score 0.50000, threshold 0.95000" in page.attributes["aria-label"]
    assert not {"script", "img"} & set(page.elements)
    assert not [name for name in page.attributes if name.startswith("on")]


def test_waivers_and_releases_are_told_as_text(story, project):
    told = story(project(quarantine=True))
    waiver = Waiver("acme_corp", "has_address", date(2026, 1, 31), HOSTILE, HOSTILE, datetime(2026, 1, 10))
    release = Release("acme_corp", "crm__people", {"id": HOSTILE}, (), HOSTILE, HOSTILE, datetime(2026, 1, 9))
    sign(told.ledger, [release])
    told.all_well(has_address={"failing": 410}, quarantine_crm__people={"rows": 4711}, waivers=[waiver])
    page = read(told)
    assert page.said.count(HOSTILE) == 5
    assert f"waived until 2026-01-31 by {HOSTILE}: {HOSTILE}" in page.said
    assert "delivered by waiver of has_address" in page.said
    assert "4,711" in page.said
    assert not {"script", "img"} & set(page.elements)


def test_what_went_and_what_was_refused_is_shown(story):
    told = story()
    told.all_well()
    told.clean_up_object(layer="silver", object="clean_people", rows=40)
    told.clean_up_object(layer="landing", object="crm.people", partitions=3, refused=1)
    text = " ".join(render_report(told.figures()).split())
    assert '40 rows</td><td class="num">75.0 %' in text
    assert "0 of 3 partitions" in text


def test_a_cleanup_that_was_left_out_says_why(story):
    told = story()
    told.all_well()
    told.clean_up_object(layer="reports", object="runs_and_days", partitions=3)
    before = " ".join(render_report(told.figures()).split())
    assert "2 partitions of landing deleted" in before
    assert "3 days</td>" in before
    told.clean_up(why="cleanup_on is sunday")
    text = " ".join(render_report(told.figures()).split())
    assert "Nothing was cleaned up: cleanup_on is sunday." in text
    assert "of landing deleted" not in text


def test_nothing_is_fetched_and_no_script_runs(story):
    told = story()
    told.all_well()
    text = render_report(told.figures())
    found = Reader(text)
    assert not {"script", "img", "iframe", "object", "base"} & set(found.elements)
    assert found.attributes["href"] == ["../../../../index.html", "daily_report.html", "run_report.json"]
    assert not re.search(r"https?:|url\(|@import|//[a-z]", text)
    assert "default-src 'none'; style-src 'unsafe-inline'" in found.attributes["content"]


def test_the_page_leads_to_airflow_and_to_failing_rows(story, project, monkeypatch):
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "http://127.0.0.1:8080")
    told = story(project(quarantine=True))
    told.all_well(has_address={"failing": 41}, quarantine_crm__people={"rows": 40})
    page = read(told)
    assert told.figures()["links"]["airflow"] in page.attributes["href"]
    assert "medallion quarantine acme_corp --rule has_address --date 2026-01-15" in page.said
    assert "flagged in" not in page.said  # has_phone, which keeps its rows, has none that fail


def test_what_was_tried_again_and_what_costs_most_is_shown(story):
    told = story()
    told.start()
    told.build("bronze", state="retry", only=[])
    told.build("bronze", bronze_crm__people={"seconds": 0.75})
    page = read(told)
    assert "bronze.build, try 1: unknown" in page.said
    assert "again 1 min 00 s later" in page.said
    assert "0.75 s, 75\N{NO-BREAK SPACE}%" in page.said
    assert "width:75.00%" in page.attributes["style"]


def test_many_rules_are_folded_but_never_a_breached_one(story):
    told = story()
    told.all_well(has_address={"failing": 500})
    figures = told.figures()
    breached = [rule | {"rule": f"breached_{n}"} for n in range(9) for rule in figures["rules"][:1]]
    figures["rules"] = [figures["rules"][1]] * 5 + breached
    said = Reader(render_report(figures)).said
    assert said.index("breached_8") < said.index("5 more, none of them breached") < said.rindex("has_phone")


def test_a_report_from_before_there_were_daily_ones_links_to_none(story):
    figures = story().figures()
    del figures["links"]["daily"]
    assert "daily_report" not in render_report(figures)


def test_a_page_knows_light_dark_and_narrow(story):
    text = render_report(story().figures())
    assert "@media screen and (prefers-color-scheme: dark)" in text
    assert "@media (max-width: 640px)" in text
    assert 'name="viewport"' in text


def test_a_run_of_which_nothing_is_known_has_a_page(story):
    said = read(story()).said
    assert "crm was not landed" in said
    assert "0 of 4 nodes" in said
    assert "None" not in said


def rule(**changed):
    return {"score": 0.99, "threshold": 0.95} | changed


@pytest.mark.parametrize(
    ("rules", "floor"),
    [
        ([rule()], 0.9),
        ([rule(score=0.999, threshold=0.99)], 0.95),
        ([rule(score=0.0)], 0.0),
        ([rule(score=None)], 0.9),
        ([rule(), rule(score=0.07, threshold=None)], 0.9),
        ([], 0.95),
    ],
)
def test_the_axis_of_scores_leaves_room_below_what_gates(rules, floor):
    assert words.score_floor(rules) == pytest.approx(floor)


@pytest.mark.parametrize(
    ("drawn", "value", "text"),
    [
        (words.score, 1.0, "1"),
        (words.score, 0.9999999, "0.99999"),
        (words.score, 0.992827, "0.99283"),
        (words.seconds, 0.123, "0.12 s"),
        (words.seconds, 59.7, "60 s"),
        (words.seconds, 185, "3 min 05 s"),
        (words.seconds, 7800, "2 h 10 min"),
        (words.size, 999, "999 B"),
        (words.size, 1_234_567, "1.2 MB"),
        (words.size, 5_000_000_000_000, "5000.0 GB"),
        (words.number, 1_234_567, "1,234,567"),
        (words.percent, 0.004, "<1 %"),
        (words.percent, 0.646, "65 %"),
        (words.moment, "2026-01-15T06:00:00Z", "2026-01-15 06:00"),
        (words.moment, "2026-01-15T06:00:07Z", "2026-01-15 06:00:07"),
    ],
)
def test_values_are_written_for_people(drawn, value, text):
    assert drawn(value).replace("\N{NO-BREAK SPACE}", " ") == text
