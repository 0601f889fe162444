"""Whether a run delivered, and the reasons why not."""

import pytest

from figures import layer, rule


def test_a_run_that_went_well_is_delivered(story):
    told = story()
    told.all_well(has_address={"failing": 41})
    figures = told.figures()
    assert figures["verdict"] == {"outcome": "delivered", "reasons": []}
    assert [(one["name"], one["state"], one["gate"]) for one in figures["layers"]] == [
        ("bronze", "passed", "passed"),
        ("silver", "passed", "passed"),
        ("gold", "passed", "passed"),
    ]
    assert layer(figures, "silver")["nodes"] == {"expected": 4, "done": 4, "failed": 0, "not_built": 0}
    assert layer(figures, "silver")["tests"] == {"expected": 1, "done": 1, "failed": 0, "not_built": 0}
    assert (layer(figures, "silver")["score"], layer(figures, "silver")["threshold"]) == (0.959, 0.95)


def test_a_breach_is_the_reason_and_what_came_of_it_is_not(story):
    told = story()
    told.start()
    told.land()
    told.build("bronze")
    told.build("silver", has_address={"failing": 51}, has_phone={"failing": 900})
    for gate in ("bronze", "silver", "gold"):
        told.judge(f"{gate}.gate", passed=gate == "bronze")
    figures = told.figures()
    assert figures["verdict"] == {
        "outcome": "failed",
        "reasons": ["silver: has_address: 51 of 1,000 rows of clean_crm__people fail, score 0.94900 < 0.95"],
    }
    assert [one["state"] for one in figures["layers"]] == ["passed", "blocked", "not built"]
    assert [one["gate"] for one in figures["layers"]] == ["passed", "not passed", "not passed"]
    assert layer(figures, "silver")["breaches"] == ["has_address"]
    assert rule(figures, "has_address")["state"] == "breached"
    assert (figures["delivery"], figures["cleanup"]) == (None, None)


@pytest.mark.parametrize(("allow_empty", "outcome"), [(True, "delivered"), (False, "failed")])
def test_a_rule_without_rows_is_not_measured(story, project, allow_empty, outcome):
    told = story(project(allow_empty=allow_empty))
    told.all_well(has_address={"population": 0})
    figures = told.figures()
    assert figures["verdict"]["outcome"] == outcome
    assert rule(figures, "has_address")["state"] == ("not measured" if allow_empty else "breached")
    assert rule(figures, "has_address")["score"] is None


def test_a_hard_test_that_fails_is_the_reason_and_is_listed(story):
    told = story()
    told.start()
    told.land()
    told.build("bronze")
    failing = {"status": "fail", "failing": 3, "message": "Got 3 results,\n  configured to fail if != 0"}
    told.build(
        "silver", state="failed", people_unique=failing, has_address={"status": "skipped", "population": None}
    )
    figures = told.figures()
    assert figures["verdict"]["reasons"] == [
        "silver: people_unique ended fail: Got 3 results, configured to fail if != 0"
    ]
    assert layer(figures, "silver")["state"] == "failed"
    assert layer(figures, "silver")["nodes"] == {"expected": 4, "done": 2, "failed": 1, "not_built": 1}
    assert rule(figures, "has_address")["state"] == "not run"
    assert figures["tests"] == {
        "expected": 3,
        "done": 1,
        "failed": 1,
        "not_built": 1,
        "failing": [
            {
                "name": "people_unique",
                "model": "clean_crm__people",
                "layer": "silver",
                "status": "fail",
                "rows": 3,
                "message": "Got 3 results,\n  configured to fail if != 0",
            }
        ],
    }


def test_a_source_that_was_not_landed_is_the_reason(story):
    told = story(data_sources=["crm", "sales"])
    told.start()
    told.land()
    assert told.figures()["verdict"]["reasons"] == ["sales was not landed: see the log of extract_sales"]


def test_a_build_that_was_killed_is_the_reason(story):
    told = story()
    told.start()
    told.land()
    told.build("bronze", state="running", only=["bronze_crm__people"])
    figures = told.figures()
    assert figures["verdict"]["reasons"] == [
        "bronze: 1 of 2 nodes have no good result of this run; "
        "its last build ended running: bronze went wrong"
    ]
    assert layer(figures, "bronze")["state"] == "incomplete"


def test_gates_that_passed_are_no_delivery(story):
    told = story()
    told.start()
    told.land()
    for name in ("bronze", "silver", "gold"):
        told.build(name)
    assert told.figures()["verdict"]["reasons"] == [
        "nothing reached data_warehouse: see the logs of quality_validation and load_to_data_warehouse"
    ]


def test_of_a_gate_that_judged_twice_the_last_word_counts(story):
    told = story()
    told.judge("bronze.gate", passed=False)
    told.judge("bronze.gate", passed=True)
    told.judge("quality_validation", passed=False)
    assert layer(told.figures(), "bronze")["gate"] == "passed"


def test_what_was_built_again_after_the_delivery_is_not_delivered(story):
    told = story()
    told.all_well()
    told.build("gold", series=0, only=["gold_people"])
    assert told.figures()["verdict"] == {
        "outcome": "failed",
        "reasons": ["gold was built again since the last delivery to data_warehouse"],
    }
    told.deliver()
    assert told.figures()["verdict"]["outcome"] == "delivered"


def test_a_delivery_whose_cleanup_failed_says_so(story):
    told = story()
    told.start()
    told.land()
    for name in ("bronze", "silver", "gold"):
        told.build(name)
    told.deliver()
    assert told.figures()["verdict"] == {
        "outcome": "delivered",
        "reasons": ["landing was not cleaned up: see the log of cleanup_old_data"],
    }


def test_a_run_of_which_nothing_is_known_has_a_report(story):
    figures = story().figures()
    assert figures["verdict"]["outcome"] == "failed"
    assert figures["run"]["started_at"] is None
    assert len(figures["run"]["config_version"]) == 12
    assert {model["status"] for model in figures["models"]} == {"not built"}
    assert (figures["builds"], figures["extraction"]) == ([], [])


def test_a_layer_with_nothing_to_build_passes(story, project):
    told = story(project(without="silver"))
    told.all_well()
    assert layer(told.figures(), "silver")["state"] == "nothing to build"
    assert told.figures()["verdict"]["outcome"] == "delivered"


def test_many_causes_are_cut_short(story, project):
    told = story(project(models=8))
    told.start()
    told.land()
    told.build(
        "bronze", **{f"model_{number}": {"status": "error", "message": "x" * 900} for number in range(8)}
    )
    reasons = told.figures()["verdict"]["reasons"]
    assert len(reasons) == 6
    assert reasons[-1] == "bronze: 3 more"
    assert all(len(reason) < 350 for reason in reasons)
