import io

import pytest
from rich.console import Console

from medallion.embedded.follow import ClientRun, Progress, Score, progress_of
from medallion.embedded.screen import progress_line, progress_table, results_table, screen

RUN = ClientRun("shop", "by_hand", "client_shop_pipeline")
NODES = [
    "bronze.shop.bronze_shop__orders.run",
    "bronze.shop.bronze_shop__orders.test",
    "gold.shop.orders.run",
]
FRAME = [
    *("start", "extract_shop", "bronze.begin", "bronze.build", "bronze.gate", "gold.begin", "gold.build"),
    *("gold.gate", "quality_validation", "load_to_lake", "cleanup_old_data", "end", "daily_report"),
]


def answer(state="running", end=None):
    return {"state": state, "start_date": "2026-01-15T00:00:00Z", "end_date": end}


def tasks(**states):
    """All tasks green but those named, whose dots are written as two underscores."""
    made = {name: {"state": "success", "end_date": "2026-01-15T00:01:00Z"} for name in [*FRAME, *NODES]}
    for name, state in states.items():
        made[name.replace("__", ".", 1)]["state"] = state
    return made


def test_nodes_are_counted_without_the_frame_around_them():
    made = tasks()
    made[NODES[0]]["state"] = "deferred"
    progress = progress_of(RUN, answer(), made, {})
    assert (progress.done, progress.total) == (2, 3)
    made[NODES[1]]["state"] = "upstream_failed"
    assert progress_of(RUN, answer("failed"), made, {}).done == 1


@pytest.mark.parametrize(
    ("open_", "stage"),
    [
        ("extract_shop", "extract"),
        ("bronze__build", "bronze"),
        ("gold__gate", "gold"),
        ("quality_validation", "quality_validation"),
        ("load_to_lake", "load"),
        ("daily_report", "end"),
    ],
)
def test_the_stage_is_the_first_that_has_not_ended(open_, stage):
    assert progress_of(RUN, answer(), tasks(**{open_: "running", "end": None}), {}).stage == stage


def test_what_failed_itself_is_named_in_order_and_what_followed_is_not():
    made = tasks(gold__gate="failed", extract_shop="failed", end="upstream_failed")
    made["extract_shop"]["end_date"] = "2026-01-15T00:00:10Z"
    progress = progress_of(RUN, answer("failed", "2026-01-15T00:02:05Z"), made, {})
    assert progress.failed == ("extract_shop", "gold.gate")
    assert (progress.ended, progress.succeeded, progress.seconds) == (True, False, 125)


def test_what_waits_for_its_next_try_is_said_so():
    found = progress_of(RUN, answer(), tasks(extract_shop="up_for_retry"), {})
    assert found.retrying == ("extract_shop",)
    assert "extract, extract_shop failed and will be tried again, 3 of 3 nodes" in progress_line(found)
    assert "tried again" in drawn(progress_table([found]))


def test_a_run_that_waits_for_its_turn_has_taken_no_time():
    waiting = {"state": "queued", "start_date": None, "end_date": None}
    assert progress_of(RUN, waiting, {}, {}).seconds == 0


def progress(state="running", stage="silver", **changes):
    scores = {"bronze": Score(None, 0.95), "silver": Score(0.955939, 0.95)}
    return Progress(RUN, state, stage, 3, 7, 65.9, **{"scores": scores, **changes})


def test_a_line_says_layer_nodes_scores_and_time():
    assert progress_line(progress()) == "shop: silver, 3 of 7 nodes, silver 0.95594 / 0.95, 1:05"


def test_elsewhere_than_on_a_terminal_a_line_is_printed_a_layer():
    out = io.StringIO()
    with screen(Console(file=out, force_terminal=False)) as plain:
        for one in (
            progress(),
            progress(),
            progress(stage="load"),
            progress(stage="gold"),
            progress("success"),
        ):
            plain([one])
    assert [text.split(",")[0] for text in out.getvalue().splitlines()] == [
        "shop: silver",
        "shop: gold",
        "shop: success",
    ]


def test_on_a_terminal_a_table_is_redrawn_in_place():
    out = io.StringIO()
    with screen(Console(file=out, force_terminal=True, width=100)) as live:
        live([progress()])
        live([progress(stage="gold")])
    assert "\x1b[" in out.getvalue()
    assert "3 of 7" in out.getvalue()


def drawn(table):
    out = io.StringIO()
    Console(file=out, width=140).print(table)
    return out.getvalue()


def test_the_table_shows_client_layer_nodes_score_against_threshold_and_time():
    for part in ("shop", "silver", "3 of 7", "silver 0.95594 / 0.95", "1:05"):
        assert part in drawn(progress_table([progress()]))


def test_results_name_the_rules_that_blocked_a_run_in_place_of_the_tasks_behind_them():
    blocked = progress(
        failed=("silver.gate", "gold.gate"), scores={"silver": Score(0.9, 0.95, ("line_has_order",))}
    )
    shown = drawn(results_table([blocked]))
    assert "silver: line_has_order" in shown
    assert "gold.gate" not in shown


def test_results_name_what_failed_and_never_what_a_client_wrote_as_markup():
    shown = drawn(results_table([Progress.never_started("shop", "[red]its file[/red] is broken")]))
    assert "[red]its file[/red] is broken" in shown
    assert "failed" in shown
