"""What goes wrong, on a live Airflow: tasks end in their true colour, and green runs have delivered."""

import json

import pytest
from endings import check_ending
from live_airflow import until
from runs import Runs
from shop import SWITCHED

from medallion.exceptions import RunnerError
from medallion.pipeline import dag_id_of

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def run(shop, airflow):
    return Runs(shop, airflow)


@pytest.fixture(scope="module")
def steady(run):
    """A run that went well, for tests to clear parts of: its id, and its tasks' states."""
    run_id, state, states = run.whole("steady")
    assert state == "success"
    return run_id, states


def test_a_run_without_trouble_delivers_and_repeats_itself(run, shop, request):
    parsed = run.parsed("steady")
    first, state, states = run.whole("steady")
    assert state == "success"
    assert set(states.values()) == {"success"}
    assert run.parsed("steady") == parsed  # a node's end has nobody read the DAG again
    assert shop.last_delivery("steady") == (first, 9)  # one of ten is in quarantine
    again, _ = request.getfixturevalue("steady")
    assert shop.last_delivery("steady") == (again, 9)
    log = run.log("steady", again, f"silver.clean.{SWITCHED}.run")
    assert f"steady_silver.{SWITCHED}" in log


def test_what_the_form_asks_for_is_done_and_reported(run, shop):
    days = {"day": "2026-01-12", "until": "2026-01-14"}
    run_id, state, _ = run.whole("asked", **days, rebuild=["silver"], reason="orders <came> late")
    assert (state, shop.last_delivery("asked")) == ("success", (run_id, 9))
    landed = sorted((shop.settings.landing / "asked" / "shop" / "orders").rglob("day=*"))
    assert [path.name for path in landed] == ["day=12", "day=13", "day=14"]
    report = shop.settings.reports / "asked" / "year=2026" / "month=01" / "day=14" / "run_report.json"
    figures = json.loads(report.read_text())
    checks = [(one["check"], one["found"], one["intervals"], one["state"]) for one in figures["checks"]]
    assert checks == [("min_rows", 10, 3, "passed"), ("not_null", 0, 3, "passed")]
    told = figures["run"]
    assert (told["interval_start"], told["interval_end"]) == ("2026-01-12T00:00:00Z", "2026-01-15T00:00:00Z")
    assert (told["asked_by"], told["reason"]) == ("admin", "orders <came> late")
    assert told["rebuild"] == ["silver"]

    shop.sell("asked", amounts=(1, 2, 3, 4, 5, 6))
    before = report.read_bytes()
    dry, state, states = run.whole("asked", day="2026-01-14", dry_run=True)
    assert state == "success"
    skipped = {"load_to_data_warehouse", "cleanup_old_data", "end"}
    assert {task for task, one in states.items() if one == "skipped"} == skipped
    assert shop.last_delivery("asked") == (run_id, 9)
    assert report.read_bytes() == before
    figures = json.loads(report.with_name("dry_run_report.json").read_text())
    assert (figures["run"]["run_id"], figures["verdict"]["outcome"]) == (dry, "dry run")

    wrong = run.start("asked", until="2026-01-14")
    state, states = run.end("asked", wrong, reported=False)
    assert (state, states["start"], states["daily_report"]) == ("failed", "failed", "failed")
    assert "until: is the last of several days; day, the first, is missing" in run.log(
        "asked", wrong, "start"
    )
    assert shop.last_delivery("asked") == (run_id, 9)
    with pytest.raises(RunnerError, match="platinum"):
        run.start("asked", rebuild=["platinum"])


def test_a_model_that_does_not_compile_fails_at_once(run, shop):
    run_id, state, states = run.whole("no_compile")
    assert state == "failed"
    assert states[f"silver.clean.{SWITCHED}.run"] == "failed"
    assert states["silver.clean.clean_shop__people.run"] == "success"
    assert states["silver.validate.validate_shop__orders.run"] == "failed"
    assert states["gold.shop.shop_orders.run"] == "upstream_failed"
    assert [(layer, state) for layer, state, _ in shop.builds("no_compile", run_id)] == [
        ("bronze", "success"),
        ("silver", "failed"),
    ]
    assert shop.failed_tries("no_compile", run_id, "silver.build") == [(1, "SQL wrong", False)]
    assert shop.failed_tries("no_compile", run_id, "silver.gate") == [(1, "gate breached", False)]
    assert run.told("no_compile", 1) == ["failed: silver.build"]
    assert "there is no such column" in run.log("no_compile", run_id, f"silver.clean.{SWITCHED}.run")
    below = run.log("no_compile", run_id, "silver.validate.validate_shop__orders.run")
    assert f"not built: {SWITCHED} ended error" in below
    assert shop.last_delivery("no_compile") is None


def test_a_model_that_fails_once_heals_on_the_retry(run, shop):
    shop.switch("heals", "off")
    run_id = run.start("heals")
    until(
        "the first try to fail",
        lambda: ("silver", "retry") in [one[:2] for one in shop.builds("heals", run_id)],
    )
    shop.switch("heals")
    state, states = run.end("heals", run_id)
    assert (state, set(states.values())) == ("success", {"success"})
    _, first, second, _ = shop.builds("heals", run_id)
    assert first[:2] == ("silver", "retry")
    assert second[:2] == ("silver", "success")
    assert shop.failed_tries("heals", run_id, "silver.build") == [(1, "not delivered", True)]
    note = run.airflow.client.noted(dag_id_of("heals"), run_id, "silver.build")
    assert note.startswith("Medallion, failed tries: **not delivered**")
    assert "in try 1 of 3, tried again in 2 s." in note
    assert "clean_shop__people" in first[2]
    assert "clean_shop__people" not in second[2]  # it was good already
    assert {SWITCHED, "validate_shop__orders"} <= set(second[2])
    assert shop.last_delivery("heals") == (run_id, 9)
    assert run.told("heals", 2) == [
        "will try silver.build again: try 1 of 3 failed",
        "recovered: silver.build",
    ]


def test_a_hard_test_that_fails_ends_the_run_at_once_and_leaves_the_last_good_delivery(run, shop):
    good, state, _ = run.whole("hard_test")
    assert (state, shop.last_delivery("hard_test")) == ("success", (good, 9))
    shop.sell("hard_test", twice=True)
    run_id, state, states = run.whole("hard_test")
    assert state == "failed"
    assert states[f"silver.clean.{SWITCHED}.run"] == "success"
    assert states[f"silver.clean.{SWITCHED}.test"] == "failed"
    assert states["silver.gate"] == "failed"
    assert len(shop.builds("hard_test", run_id)) == 2  # bronze, silver: no second try
    assert shop.failed_tries("hard_test", run_id, "silver.build") == [(1, "data wrong", False)]
    assert run.told("hard_test", 1) == ["failed: silver.build"]
    assert shop.last_delivery("hard_test") == (good, 9)


def test_a_gate_below_its_threshold_names_the_rule_and_nothing_is_delivered(run, shop):
    run_id, state, states = run.whole("strict")
    assert state == "failed"
    assert states["silver.gate"] == "failed"
    assert states["silver.validate.validate_shop__orders.test"] == "success"  # a rule's test only measures
    assert states["gold.begin"] == "upstream_failed"
    assert states["load_to_data_warehouse"] == "upstream_failed"
    log = run.log("strict", run_id, "silver.gate")
    assert f"amount_is_positive: 1 of 10 rows of {SWITCHED} fail, score 0.90000 < 0.95" in log
    assert shop.last_delivery("strict") is None
    assert run.told("strict", 1) == ["stopped at silver.gate: amount_is_positive is below its threshold"]


def test_a_missing_file_is_named_and_landing_keeps_what_it_had(run, shop):
    (shop.settings.samples / "no_file" / "shop" / "orders.csv").unlink()
    run_id, state, states = run.whole("no_file")
    assert state == "failed"
    assert states["extract_shop"] == "failed"
    assert states["bronze.begin"] == "upstream_failed"
    assert states[f"silver.clean.{SWITCHED}.run"] == "upstream_failed"
    assert "orders.csv" in run.log("no_file", run_id, "extract_shop", 3)
    assert shop.failed_tries("no_file", run_id, "extract_shop") == [
        (number, "not delivered", number < 3) for number in (1, 2, 3)
    ]
    assert not (shop.settings.landing / "no_file").exists()
    assert shop.last_delivery("no_file") is None
    again = "will try extract_shop again: try 1 of 3 failed"
    assert run.told("no_file", 2) == [again, "failed: extract_shop"]  # the second try was held back


def test_what_a_contract_refuses_lands_nothing_and_is_told_on_task_and_run(run, shop):
    shop.sell("refused", amounts=())
    run_id, state, states = run.whole("refused")
    assert (state, states["extract_shop"], states["bronze.begin"]) == ("failed", "failed", "upstream_failed")
    assert not (shop.settings.landing / "refused").exists()
    said = "orders.csv: 0 rows; expected at least 1 (min_rows)"
    assert f"refused: shop.orders: {said}" in run.log("refused", run_id, "extract_shop", 3)
    on_task, on_run = (
        run.airflow.client.noted(dag_id_of("refused"), run_id, task) for task in ("extract_shop", None)
    )
    assert on_task.startswith("Medallion: **refused**: nothing landed. 1 check of the contract breached")
    assert f"shop was not landed: orders: {said}" in on_run.replace("\\", "")


@pytest.mark.faults
def test_a_killed_build_is_tried_again_and_does_only_what_is_missing(run, shop, steady):
    shop.switch("killed", "wait")
    run_id = run.start("killed")
    run.until_it_builds("killed", run_id).kill()
    shop.switch("killed")
    told = ["will try silver.build again: try 1 of 3 failed", "recovered: silver.build"]
    check_ending(run, "killed", [run_id], like="steady", told=told)
    _, first, second, _ = shop.builds("killed", run_id)
    assert first[:2] == ("silver", "running")  # it could not say any more
    assert shop.failed_tries("killed", run_id, "silver.build") == [(1, "killed", True)]
    assert not set(first[2]) & set(second[2])
    assert {SWITCHED, "validate_shop__orders"} <= set(second[2])
    until("Airflow to have read the DAG for the last time", lambda: run.is_let_be("killed"), 60)


@pytest.mark.faults
def test_a_triggerer_that_is_killed_comes_back_and_the_run_goes_on(run, shop, steady):
    shop.switch("waits", "wait")
    run_id = run.start("waits")
    run.until_it_builds("waits", run_id)
    killed = run.airflow.kill("triggerer")
    shop.go_on("waits")
    check_ending(run, "waits", [run_id], like="steady")
    assert run.airflow.pid_of("triggerer") != killed


@pytest.mark.parametrize(
    ("tasks", "downstream", "rebuilt"),
    [
        (["silver.clean.clean_shop__people.run"], False, [["clean_shop__people"]]),
        (
            [f"silver.clean.{SWITCHED}.run", f"silver.clean.{SWITCHED}.test"],
            True,
            [
                [
                    SWITCHED,
                    f"not_null_{SWITCHED}_id",
                    f"unique_{SWITCHED}_id",
                    "amount_is_positive",
                    "validate_shop__orders",
                    "unique_validate_shop__orders_id",
                ],
                ["shop_orders", "shop_total", "unique_shop_orders_id", "not_null_shop_total_orders"],
            ],
        ),
        ("silver.", False, ["silver"]),
    ],
    ids=["one node", "a node with its downstream", "a whole layer"],
)
def test_what_is_cleared_by_hand_is_rebuilt_once(run, shop, steady, tasks, downstream, rebuilt):
    run_id, states = steady
    before = len(shop.builds("steady", run_id))
    whole = [one for one in states if one.startswith("silver.")]
    cleared = run.clear("steady", run_id, whole if tasks == "silver." else tasks, downstream=downstream)
    assert cleared
    state, states = run.end("steady", run_id)
    assert (state, set(states.values())) == ("success", {"success"})
    silver = sorted(
        {name for layer, _, names in shop.builds("steady", run_id) for name in names if layer == "silver"}
    )
    built = [names for _, _, names in shop.builds("steady", run_id)[before:]]
    assert built == [silver if one == "silver" else sorted(one) for one in rebuilt]
    assert shop.last_delivery("steady")[1] == 9
