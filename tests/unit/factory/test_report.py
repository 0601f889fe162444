"""A round as the note on the factory's task."""

from medallion.airflow_api import NOTE_CHARACTERS
from medallion.factory import Line, Report
from medallion.factory import report as say

UPDATES = [Line(f"client_{one:02}", say.UPDATED, "schedule_interval: 6h → 12h") for one in range(40)]


def note(*lines):
    return Report.of("default", "v1", lines).markdown()


def test_all_is_shown_that_has_room():
    shown = note(Line("shop", say.UPDATED, "retries: 0 → 1"), Line("small", say.UNCHANGED))
    assert shown.splitlines() == [
        "**default**, bundle `v1`: 1 updated, 1 unchanged",
        "",
        "| client | | |",
        "| --- | --- | --- |",
        "| shop | updated | retries: 0 → 1 |",
    ]
    assert note() == "**default**, bundle `v1`: no client"


def test_what_needs_a_look_comes_first_and_what_has_no_room_is_counted():
    shown = note(*UPDATES, Line("broken", say.INVALID, "broken.yml:3: must be …"))
    rows = [row for row in shown.splitlines() if row.startswith("| ")][2:]
    assert rows[0].startswith("| broken | invalid | broken.yml:3")
    assert shown.endswith(f"\n\n… {41 - len(rows)} more in the task's log")
    assert NOTE_CHARACTERS - 60 < len(shown) <= NOTE_CHARACTERS


def test_a_long_reason_leaves_room_for_the_next():
    shown = note(*(Line(name, say.FAILED, "a|b " * 1000) for name in ("one", "two")))
    assert "| one | failed | a\\|b" in shown
    assert "| two | failed | a\\|b" in shown
    assert shown.count("…") == 2
    assert len(shown) <= NOTE_CHARACTERS
