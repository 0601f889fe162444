"""Backfills as a small Airflow answers for them over a transport; what a live one does is in tests/e2e."""

import io
import json
from datetime import UTC, date, datetime

import httpx
import pytest
from rich.console import Console
from typer.testing import CliRunner

from medallion.airflow_api import AirflowClient
from medallion.airflow_api.backfills import active_backfill, create_backfill, runs_of_backfill
from medallion.embedded import backfill
from medallion.embedded import commands as embedded_commands
from medallion.embedded.backfill_screen import backfill_screen, backfill_table, describe, result_lines
from medallion.embedded.cli import app as commands
from medallion.embedded.follow import ClientRun, Progress, Score
from medallion.embedded.follow_backfill import BackfillProgress, BackfillRun, follow_backfill
from medallion.embedded.resting import lay_to_rest
from medallion.exceptions import RunnerError, ServerFailed
from medallion.pipeline.backfill import Again, Backfill
from small_shop import small_shop

DAG_ID = "client_shop_pipeline"


class Airflow:
    """Has one backfill of three days; every look at it, one more of its runs has ended."""

    def __init__(self, *ends):
        self.ends = list(ends)  # of the runs, in their order
        self.looks = 0
        self.locked = 0
        self.start = "success"
        self.backfill = {
            "id": 7,
            "dag_id": DAG_ID,
            "from_date": "2026-01-12T00:00:00Z",
            "to_date": "2026-01-14T23:59:59.999999Z",
            "created_at": "2026-02-01T10:00:00Z",
            "completed_at": None,
            "is_paused": False,
        }
        self.runs = [self.run(day) for day in (12, 13, 14)]
        self.told = []

    def run(self, day, queued="2026-02-01T10:00:01Z", kind="backfill"):
        return {
            "dag_run_id": f"backfill__{day}",
            "logical_date": f"2026-01-{day}T00:00:00Z",
            "run_type": kind,
            "queued_at": queued,
            "start_date": "2026-02-01T10:00:00Z",
            "end_date": None,
            "state": "queued",
        }

    def __call__(self, request):
        path, method = request.url.path.removeprefix("/api/v2"), request.method
        if path == "/auth/token":
            return httpx.Response(201, json={"access_token": "t"})
        if method in ("POST", "PUT", "PATCH"):
            return self.change(path, request)
        if path.endswith("/taskInstances"):
            end = "2026-02-01T10:00:30Z"
            tasks = [{"task_id": "extract_sales", "state": "failed", "end_date": end}]
            tasks += [{"task_id": "start", "state": self.start, "end_date": end}]
            return httpx.Response(200, json={"task_instances": tasks, "total_entries": 2})
        if path.endswith("/dagRuns"):
            self.step()
            states = request.url.params.get_list("state")
            runs = [run for run in self.runs if not states or run["state"] in states]
            return httpx.Response(200, json={"dag_runs": runs, "total_entries": len(runs)})
        if "/dagRuns/" in path:
            return httpx.Response(200, json=self.named(path.rsplit("/", 1)[1]))
        if path == "/backfills":
            return httpx.Response(200, json={"backfills": [self.backfill], "total_entries": 1})
        return httpx.Response(200, json=self.backfill)

    def change(self, path, request):
        if self.locked:
            self.locked -= 1
            return httpx.Response(503, json={"detail": "Database is locked."})
        self.told.append((request.method, path, json.loads(request.content or "{}")))
        if request.method == "PATCH":
            self.named(path.rsplit("/", 1)[1])["state"] = "failed"
        if path.endswith(("/cancel", "/pause")) and self.backfill["completed_at"]:
            return httpx.Response(409, json={"detail": "Backfill is already completed."})
        if path.endswith("/cancel"):
            self.backfill["completed_at"] = "2026-02-01T11:00:00Z"
            for run in self.runs:
                run["state"] = "failed" if run["state"] == "queued" else run["state"]
        return httpx.Response(200, json={"backfills": [], "task_instances": [], **self.backfill})

    def named(self, run_id):
        return next(run for run in self.runs if run["dag_run_id"] == run_id)

    def step(self):
        for run, end in zip(self.runs, self.ends[: self.looks], strict=False):
            run |= {"state": end, "end_date": "2026-02-01T10:00:40Z"}
        if self.looks < len(self.ends):
            self.runs[self.looks]["state"] = "running"
        self.looks += 1


def client_of(airflow, **options):
    return AirflowClient("http://airflow", "admin", "right", httpx.MockTransport(airflow), **options)


def follow(airflow, client=None):
    told = io.StringIO()
    with backfill_screen(Console(file=told, width=200)) as screen:
        progress = follow_backfill(client_of(airflow), client or small_shop(), airflow.backfill, screen)
    return progress, told.getvalue().splitlines()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr("medallion.embedded.follow.POLL_SECONDS", 0.0)


def test_a_backfill_is_followed_until_its_last_run_has_ended():
    progress, told = follow(Airflow("success", "failed", "success"))
    assert [run.state for run in progress.runs] == ["success", "failed", "success"]
    assert (progress.done, progress.over, progress.succeeded) == (True, True, False)
    assert progress.failures["backfill__13"].failed == ("extract_sales",)
    assert told == [
        "shop: 2026-01-12 success in 0:40; 1 of 3 intervals ran well, 0 failed, 1 still to run",
        "shop: 2026-01-13 failed in 0:40; 1 of 3 intervals ran well, 1 failed",
        "shop: 2026-01-14 success in 0:40; 2 of 3 intervals ran well, 1 failed",
    ]


def test_a_stopped_backfill_is_followed_until_what_is_at_work_has_ended():
    airflow = Airflow("success")
    airflow.backfill["is_paused"] = True
    progress, _ = follow(airflow)
    assert [run.state for run in progress.runs] == ["success", "queued", "queued"]
    assert (progress.done, progress.over) == (False, True)


def test_where_runs_depend_on_the_past_the_first_failed_one_is_the_last():
    airflow = Airflow("failed")
    airflow.runs[1]["state"] = "running"  # it waits for the first
    airflow.start = None
    progress, _ = follow(airflow, small_shop(depends_on_past=True))
    assert [run.state for run in progress.runs] == ["failed", "failed", "failed"]
    told = [path.rsplit("/", 1)[1] for _, path, _ in airflow.told]
    assert told == ["pause", "backfill__13", "clearTaskInstances", "cancel"]


def test_a_run_at_work_behind_a_failed_one_goes_on():
    airflow = Airflow("failed", "success", "success")
    follow(airflow, small_shop(depends_on_past=True))
    assert [path for _, path, _ in airflow.told] == ["/backfills/7/pause", "/backfills/7/cancel"]


def test_what_an_earlier_backfill_ran_is_none_of_this_ones():
    airflow = Airflow()
    airflow.runs[1]["queued_at"] = "2026-02-01T09:59:59Z"
    found = runs_of_backfill(client_of(airflow), airflow.backfill)
    assert [run["dag_run_id"] for run in found] == ["backfill__12", "backfill__14"]


def test_a_backfill_that_has_ended_is_active_no_more():
    airflow = Airflow()
    assert active_backfill(client_of(airflow), DAG_ID) == airflow.backfill
    airflow.backfill["completed_at"] = "2026-02-01T11:00:00Z"
    assert active_backfill(client_of(airflow), DAG_ID) is None


def test_what_a_locked_database_refused_is_asked_for_again():
    airflow = Airflow()
    airflow.locked = 2
    client_of(airflow, patience=60).pause_backfill(7)
    assert airflow.told == [("PUT", "/backfills/7/pause", {})]
    airflow.locked = 1
    with pytest.raises(RunnerError, match=r"503.*locked"):
        client_of(airflow).pause_backfill(7)


class Halfway(Airflow):
    """Fails at creating a backfill: after it stored it, and before or after its runs."""

    def __init__(self, fails, with_runs):
        super().__init__()
        self.fails, self.with_runs = fails, with_runs
        self.stored, self.created = [], 0

    def __call__(self, request):
        if request.url.path.endswith("/backfills") and request.method == "GET":
            return httpx.Response(200, json={"backfills": self.stored, "total_entries": len(self.stored)})
        return super().__call__(request)

    def change(self, path, request):
        if path != "/backfills":
            ended = next((one for one in self.stored if path == f"/backfills/{one['id']}/cancel"), None)
            if ended:
                ended["completed_at"] = "2026-02-01T11:00:00Z"
            return super().change(path, request)
        if any(not one["completed_at"] for one in self.stored):
            return httpx.Response(409, json={"detail": "There is already a running backfill"})
        self.created += 1
        self.stored.append({**self.backfill, "id": self.created, "completed_at": None})
        failed = self.created <= self.fails
        self.runs = [self.run(12)] if self.with_runs or not failed else []
        return httpx.Response(503 if failed else 200, json=self.stored[-1])


@pytest.mark.parametrize(("with_runs", "created"), [(False, 3), (True, 1)])
def test_a_backfill_that_failed_midway_is_created_again_unless_its_runs_are_there(with_runs, created):
    airflow = Halfway(fails=2, with_runs=with_runs)
    backfill = create_backfill(client_of(airflow, patience=60), {"dag_id": DAG_ID})
    assert (backfill["id"], airflow.created) == (created, created)
    assert [one["id"] for one in airflow.stored if not one["completed_at"]] == [created]


def test_a_backfill_that_keeps_failing_leaves_none_that_is_active():
    airflow = Halfway(fails=100, with_runs=False)
    with pytest.raises(ServerFailed, match="POST /api/v2/backfills with 503"):
        create_backfill(client_of(airflow, patience=0.3), {"dag_id": DAG_ID})
    assert airflow.created > 1
    assert all(one["completed_at"] for one in airflow.stored)


def test_a_backfill_that_ended_by_itself_can_be_ended():
    airflow = Airflow()
    airflow.backfill["completed_at"] = "2026-02-01T11:00:00Z"
    client_of(airflow).end_backfill(7)
    assert airflow.told == [("PUT", "/backfills/7/cancel", {})]


def test_a_backfill_rests_with_what_was_at_work_queued_anew():
    airflow = Airflow()
    airflow.looks = 9  # nothing moves
    airflow.runs[0]["state"] = "success"
    airflow.runs[1]["state"] = "running"
    airflow.runs.append(airflow.run(20, kind="manual") | {"state": "running"})
    lay_to_rest(client_of(airflow), DAG_ID)
    run = f"/dags/{DAG_ID}/dagRuns"
    assert [(path, said.get("state") or said.get("dag_run_id")) for _, path, said in airflow.told] == [
        ("/backfills/7/pause", None),
        (f"{run}/backfill__13", "failed"),
        (f"/dags/{DAG_ID}/clearTaskInstances", "backfill__13"),
        (f"{run}/backfill__20", "failed"),
    ]


def test_without_a_backfill_all_that_was_at_work_is_given_up():
    airflow = Airflow()
    airflow.looks = 9
    airflow.backfill["completed_at"] = "2026-02-01T11:00:00Z"
    airflow.runs[1]["state"] = airflow.runs[2]["state"] = "success"
    lay_to_rest(client_of(airflow), DAG_ID)
    assert [path for _, path, _ in airflow.told] == [f"/dags/{DAG_ID}/dagRuns/backfill__12"]


def at(day, hour=0):
    return datetime(2026, 1, day, hour, tzinfo=UTC)


def order(schedule="@daily", **how):
    days = {"first": date(2026, 1, 12), "last": date(2026, 1, 14)}
    return Backfill(client=small_shop(schedule_interval=schedule), **{**days, "again": Again.MISSING, **how})


def test_what_will_run_is_told_by_stretches():
    assert describe(order(), [at(12), at(14)]) == (
        "shop: runs 2 intervals that never ran, oldest first\n  2026-01-12\n  2026-01-14"
    )
    starts = [at(13, 6), at(13), at(12, 18)]
    assert describe(order("0 */6 * * *", again=Again.ALL, backwards=True), starts) == (
        "shop: runs 3 intervals again, newest first\n  2026-01-12 18:00 to 2026-01-13 06:00: 3 intervals"
    )
    many = [at(day, hour) for day in range(1, 30) for hour in (0, 12)]
    assert describe(order("0 */6 * * *"), many).splitlines()[-1] == "  … and 38 more stretches"
    assert describe(order(), []).endswith("that never ran: nothing to do")


def progress(*states, **more):
    runs = [BackfillRun(f"r{n}", at(12 + n), state, 40) for n, state in enumerate(states)]
    return BackfillProgress(small_shop(), DAG_ID, tuple(runs), seconds=80, **more)


def one(run_id, **more):
    return Progress(ClientRun("shop", run_id, DAG_ID), "running", "silver", 3, 7, 20, **more)


def drawn(table):
    text = io.StringIO()
    Console(file=text, width=200).print(table)
    return text.getvalue()


def test_a_backfill_is_one_row_with_what_is_at_work():
    table = drawn(backfill_table(progress("failed", "running", "queued", current=(one("r1"),))))
    row = next(line for line in table.splitlines() if "shop" in line)
    assert [cell.strip() for cell in row.split("│")[1:-1] if "━" not in cell] == [
        *("shop", "1 of 3", "1", "2026-01-13", "silver", "3 of 7", "1:20"),
    ]
    assert "waits for Airflow" in drawn(backfill_table(progress("queued")))
    assert "stopping" in drawn(backfill_table(progress("queued", paused=True)))


def test_the_result_names_each_run_that_failed_and_why():
    breached = one("r0", scores={"silver": Score(0.8, 0.9, ("amount_is_positive",))})
    broken = one("r1", failed=("extract_sales", "bronze.gate"))
    failures = {"r0": breached, "r1": broken}
    again = "medallion run shop --from 2026-01-12 --to 2026-01-13"
    assert result_lines(progress("failed", "failed", "success", failures=failures)) == [
        ("shop: 2026-01-12 failed: silver: amount_is_positive", "red"),
        ("shop: 2026-01-13 failed: extract_sales; bronze.gate", "red"),
        ("shop: 1 of 3 intervals ran well, 2 failed in 1:20", "red"),
        (f"shop: once it is repaired, `{again} --again failed`", ""),
    ]
    assert result_lines(progress("success"))[-1] == (
        "shop: 1 of 1 interval ran well, 0 failed in 1:20",
        "green",
    )
    assert result_lines(progress("success", "queued")) == [
        ("shop: 1 of 2 intervals ran well, 0 failed, 1 still to run in 1:20", "yellow"),
        ("shop: go on with `medallion run shop --resume`", ""),
    ]


@pytest.mark.parametrize(
    "more", [["--rebuild", "bronze"], ["--dry-run"], ["--reason", "why"], ["--backwards"]]
)
def test_a_backfill_that_goes_on_is_not_asked_for_anything_new(more):
    told = CliRunner().invoke(commands, ["run", "shop", "--resume", *more])
    assert told.exit_code == 1
    assert "--resume is about the backfill there is" in told.stderr


@pytest.mark.parametrize(
    ("wish", "state", "said"),
    [
        ("stop", "stopped", "shop: the backfill of 2026-01-12 begins no further run; go on with --resume\n"),
        ("cancel", "cancelled", "shop: the backfill of 2026-01-12 is given up\n"),
    ],
)
def test_what_ends_a_backfill_says_so_to_people_and_to_programs(wish, state, said, monkeypatch):
    monkeypatch.setattr(backfill, f"{wish}_backfill", lambda *_: "2026-01-12")
    monkeypatch.setattr(embedded_commands, "ready_client", lambda *_: None)
    told = [CliRunner().invoke(commands, ["run", "shop", f"--{wish}", *more]) for more in ([], ["--json"])]
    assert told[0].stdout == said
    assert json.loads(told[1].stdout) == {"client": "shop", "days": "2026-01-12", "state": state}
