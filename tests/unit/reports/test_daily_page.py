"""A day's page: its pictures, and what it says of a day in words."""

import re

import pytest

from medallion.reports import pictures, words
from medallion.reports.daily_page import render_daily, trend
from pages import samples
from unit.reports.test_page import HOSTILE, Reader

NOTHING = {"name": "seconds", "of": None, "unit": None, "threshold": None, "averages": None}


def day(**changed):
    """The sample's day with plain names, and something else in it."""
    figures = samples.daily()
    week = figures["rolling"][0] | {"mart": "shop_rolling_sales", "currency": "EUR"}
    return figures | {"rolling": [week]} | changed


def test_bars_stand_on_zero_with_gaps_where_nothing_is_known():
    drawn = pictures.bars([10.0, None, 0.0, 5.0], [None, 10.0, 5.0, None])
    # 72 high from the upper edge's 4 on; a day of nothing has a stub of 1, an unknown one has no bar.
    assert drawn.bars == "M2 76V4M10 76V75M14 76V40"
    assert drawn.line == "M6 4L10 40"
    assert (drawn.width, drawn.height) == (16, 80)


def test_amounts_below_zero_hang_from_it():
    drawn = pictures.bars([10.0, -10.0])
    assert drawn.bars == "M2 40V4M6 40V76"


def test_a_picture_of_nothing_is_empty():
    assert pictures.bars([None, None]).bars == ""
    assert pictures.bars([0.0, 0.0]).bars == "M2 4V3M6 4V3"


def test_scores_are_a_line_and_those_too_low_are_marked():
    drawn = pictures.scores([1.0, 0.9, None, 0.95, None, 1.0, 1.0], 0.95)
    # On an axis from 0.85 to 1: a day on its own is a dot.
    assert drawn.line == "M2 4L6 52M14 28h0M22 4L26 4"
    assert drawn.low == "M6 52h0"
    assert drawn.threshold == 28


def test_a_picture_is_said_in_words():
    told = trend(NOTHING | {"values": [12.0, None, 30.0, 90.0]}, "2026-01-15")
    assert told["said"] == "From 12 s to 1 min 30 s; 1 min 30 s on 2026-01-15; 1 of 4 days have no value."
    assert trend(NOTHING | {"values": [None]}, "2026-01-15")["said"] == "Nothing is known of these 1 days."


def test_each_picture_has_a_title_and_a_description():
    text = render_daily(samples.daily())
    page = Reader(text)
    named = [one.split() for one in page.attributes["aria-labelledby"]]
    assert named == [[f"trend{number}", f"said{number}"] for number in range(1, 5)]
    assert set(page.attributes["id"]) == {one for pair in named for one in pair}
    assert "From 0.91000 to 0.99000; 0.91000 on 2026-01-15." in page.said


def test_the_week_says_how_the_day_went():
    said = " ".join(Reader(render_daily(day())).said.split())
    for fact in (r"Revenue of the day, EUR ?1,234\.50 ?↓ down .23 %", r"Orders of the day ?12 ?↑ up \+20 %"):
        assert re.search(fact, said)
    assert "7,000 in 7 days" in said


def test_a_client_without_rolling_weeks_reads_nothing_of_them():
    assert "week" not in Reader(render_daily(day(rolling=[]))).said


def test_a_short_week_says_that_it_is_short():
    week = samples.daily()["rolling"][0]
    today = week["day"] | {"window_days": 1, "order_trend": None, "revenue_trend": None}
    said = Reader(render_daily(day(rolling=[week | {"day": today}]))).said
    assert "what is usual cannot be said yet" in said
    assert re.search(r"in 1 day\b", said)
    assert "↑" not in said


def test_a_warehouse_that_was_not_read_is_said_so():
    said = Reader(render_daily(day(processed=[], not_read=HOSTILE))).said
    assert f"The warehouse was not read: {HOSTILE}" in said


def test_hostile_text_stays_text():
    figures = day(not_read=HOSTILE, processed=[])
    figures["client"] = {"id": HOSTILE, "description": HOSTILE}
    figures["runs"][1] |= {"run_id": HOSTILE, "reason": HOSTILE}
    figures["rolling"][0] |= {"mart": HOSTILE, "currency": HOSTILE}
    page = Reader(render_daily(figures))
    assert page.said.count(HOSTILE) >= 7
    assert not {"script", "img"} & set(page.elements)
    assert not [name for name in page.attributes if name.startswith("on")]


def test_nothing_is_fetched_and_no_script_runs():
    text = render_daily(day())
    page = Reader(text)
    assert not {"script", "img", "iframe", "object", "base"} & set(page.elements)
    assert not re.search(r"https?:|url\(|@import|//[a-z]", text)
    assert "default-src 'none'; style-src 'unsafe-inline'" in page.attributes["content"]
    assert page.attributes["href"][0] == "../../../../index.html"


@pytest.mark.parametrize(
    ("drawn", "value", "text"),
    [
        (words.amount, 1234567.891, "1,234,567.89"),
        (words.amount, 12.0, "12"),
        (words.amount, None, words.UNKNOWN),
        (lambda rows: words.counted(rows, "row"), 1, "1 row"),
        (lambda rows: words.counted(rows, "row"), 1200, "1,200 rows"),
        (words.growth, 0.234, "+23 %"),
        (words.growth, -0.234, "\N{MINUS SIGN}23 %"),
        (words.growth, -0.001, "0 %"),
        (words.growth, None, words.UNKNOWN),
    ],
)
def test_amounts_and_growth_are_written_for_people(drawn, value, text):
    assert drawn(value).replace("\N{NO-BREAK SPACE}", " ") == text
