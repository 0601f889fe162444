from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from medallion.notifications import (
    ClientRemoved,
    ClientsInvalid,
    GateBreached,
    Recovered,
    Row,
    TaskFailed,
    WaiverUsed,
    render,
)
from medallion.severity import Severity

HOSTILE = "<script>alert(1)</script><img src=x onerror=y> {{ 7 * 7 }} &amp; \x1b[31m \u202e \udcff"


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.seen = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):  # noqa: ARG002
        self.seen.add(tag)


def test_a_failure_says_all_that_is_known_of_it(message):
    letter = render(
        message(failure="connection lost", advice="See whether it runs.", trace="Traceback x\nE: y")
    )
    assert letter.subject == "[medallion] acme_corp failed: silver.build"
    assert letter.text == (
        "acme_corp failed: silver.build\n\n"
        "clean_crm__people failed, 3 nodes were not built\n\n"
        "- clean_crm__people: error, 4 of 10 rows\n"
        "    Binder Error: no such column\n\n"
        "What to do: See whether it runs.\n\n"
        "client    acme_corp\n"
        "task      silver.build\n"
        "failure   connection lost\n"
        "try       2 of 3\n"
        "interval  2026-01-14 00:00 to 2026-01-15 00:00 UTC\n"
        "run       manual__2026-01-15T00:00:00+00:00\n"
        "DAG       client_acme_corp_pipeline\n"
        "at        2026-01-15 06:30 UTC\n"
        "log       http://localhost:8080/dags/x\n\n"
        "Traceback x\nE: y\n"
    )
    for fact in ("See whether it runs.", "Binder Error: no such column", "Traceback x", "2 of 3"):
        assert fact in letter.html
    assert 'href="http://localhost:8080/dags/x"' in letter.html


def test_the_brief_text_leaves_out_the_headline_and_the_trace(message):
    brief = render(message(trace="Traceback x")).brief
    assert brief.startswith("clean_crm__people failed")
    assert "Traceback" not in brief


@pytest.mark.parametrize(
    ("kind", "changed", "headline"),
    [
        (TaskFailed, {}, "acme_corp failed: silver.build"),
        (
            TaskFailed,
            {"next_try": datetime(2026, 1, 15, 6, 35, tzinfo=UTC)},
            "acme_corp will try silver.build again: try 2 of 3 failed",
        ),
        (Recovered, {}, "acme_corp recovered: silver.build"),
        (
            GateBreached,
            {"task_id": "silver.gate", "rows": (Row("a", "x"),)},
            "acme_corp stopped at silver.gate: a is below its threshold",
        ),
        (
            GateBreached,
            {"task_id": "silver.gate", "rows": (Row("a", "x"), Row("b", "x"))},
            "acme_corp stopped at silver.gate: 2 rules are below their thresholds",
        ),
        (
            WaiverUsed,
            {"task_id": "silver.gate", "rows": (Row("a", "x"),)},
            "acme_corp passed silver.gate by a waiver of a",
        ),
        (ClientRemoved, {}, "acme_corp is removed: it takes no new runs"),
        (ClientsInvalid, {"client_id": "default", "rows": (Row("a", "invalid"),)}, "default: a needs a look"),
        (
            ClientsInvalid,
            {"client_id": "default", "rows": (Row("a", "invalid"), Row("b", "failed"))},
            "default: 2 clients need a look",
        ),
    ],
)
def test_each_kind_says_in_its_headline_what_happened(message, kind, changed, headline):
    letter = render(message(kind, **changed))
    assert letter.message.headline == headline
    assert letter.text.startswith(f"{headline}\n")
    assert f"<h1>{headline}</h1>" in letter.html


def test_the_next_try_is_named_with_its_time(message):
    text = render(message(next_try=datetime(2026, 1, 15, 6, 35, tzinfo=UTC))).text
    assert "next try  not before 2026-01-15 06:35 UTC" in text


def test_ten_models_are_ten_rows_and_forty_are_thirty_and_a_count(message):
    ten = render(message(rows=tuple(Row(f"model_{one}", "error") for one in range(10)), unreached=7))
    assert [ten.text.count("\n- model_"), ten.html.count("<strong>model_")] == [10, 10]
    assert "- 7 more were not reached because of these" in ten.text
    forty = render(message(rows=tuple(Row(f"model_{one}", "error") for one in range(40))))
    assert forty.text.count("\n- model_") == 30
    assert "\n- 10 more\n" in forty.text


def test_hostile_names_and_cells_stay_text(message):
    facts = ("task_id", "run_id", "interval", "reason", "trace", "log_url", "advice", "failure", "client_id")
    row = Row(HOSTILE, HOSTILE, HOSTILE, 1, 2, HOSTILE)
    letter = render(message(**dict.fromkeys(facts, HOSTILE), rows=(row,)))
    assert Tags(letter.html).seen <= {
        *("html", "head", "meta", "title", "style", "body", "main", "p", "span", "h1", "h2", "ul", "li"),
        *("strong", "div", "code", "table", "tr", "th", "td", "pre"),
    }
    for text in (letter.text, letter.brief, letter.html, letter.subject):
        assert "49" not in text
        assert "\\x1b[31m \\u202e \\udcff" in text
        assert not set(text) & {"\x1b", "\u202e", "\udcff"}


def test_a_link_that_is_none_is_text(message):
    assert "href" not in render(message(log_url="javascript:alert(1)")).html


def test_what_is_long_is_cut_and_of_a_trace_the_end_is_kept(message):
    long = "\n".join(f"line {one}" for one in range(5_000))
    letter = render(message(reason=long, trace=long, rows=(Row("a" * 9_000, "b", long),)))
    assert "line 4999" in letter.text
    assert len(letter.text) < 12_000
    assert len(letter.brief) < 6_000


@pytest.mark.parametrize(
    ("kind", "severity", "tone"),
    [
        (TaskFailed, Severity.WARNING, "warn"),
        (TaskFailed, Severity.ERROR, "bad"),
        (TaskFailed, Severity.CRITICAL, "bad"),
        (Recovered, Severity.INFO, "good"),
    ],
)
def test_the_colour_says_how_bad_it_is(message, kind, severity, tone):
    assert f'<main class="{tone}">' in render(message(kind, severity=severity)).html
