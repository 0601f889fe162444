"""The stack of docker-compose.yml on a real engine: built, run, killed, restarted. `make test-docker`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from stack import ROOT, Stack, eventually, stand_in_for, why_no_engine

from medallion.airflow_api import AirflowClient
from medallion.clients import load_catalog
from medallion.exceptions import RunnerError
from medallion.pipeline import calendar_of, dag_id_of, last_complete_interval

pytestmark = [pytest.mark.docker, pytest.mark.skipif(bool(why_no_engine()), reason=why_no_engine() or "-")]

#: A killed try is tried again in seconds, and no schedule starts runs that a test did not ask for.
QUICK = {"retry_delay": "5s", "enabled": "true"}
CLIENTS = {"acme_corp": {**QUICK, "schedule_interval": "1d"}, "startup_inc": QUICK}
#: What the stand-in base images of a machine without registry are larger by is not ours.
LIMITS = {"medallion-airflow": 1_500, "medallion-dbt": 700}
OFFICIAL_BASE = 125
_COUNTS = """
import duckdb, json, pathlib
found = {}
for file in pathlib.Path("/var/lib/medallion/destinations").glob("*.duckdb"):
    with duckdb.connect(file, read_only=True) as connection:
        connection.execute("select table_schema, table_name from information_schema.tables")
        for schema, name in connection.fetchall():
            if not name.startswith("_"):
                connection.execute(f'select count(*) from "{schema}"."{name}"')
                found[f"{schema}.{name}"] = connection.fetchone()[0]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(
        tmp_path_factory.mktemp("stack"),
        CLIENTS,
        {"MEDALLION_SAMPLE_ROWS": "500", "API_WORKERS": "1", "WORKER_TASKS": "2", "WAREHOUSE_TASKS": "2"},
    )
    stand_in_for("mail")
    try:
        made.up()
        yield made
    except BaseException:
        print(made.logs())
        raise
    finally:
        made.down()


@pytest.fixture
def airflow(stack: Stack) -> Iterator[AirflowClient]:
    with stack.airflow() as made:
        yield made


def ended(airflow: AirflowClient, dag_id: str, run_id: str, seconds: float = 900) -> str:
    """Wait until a run has ended; its state."""
    for attempt in eventually(seconds):
        with attempt:
            state = str(airflow.run(dag_id, run_id)["state"])
            assert state in ("success", "failed"), f"{run_id} of {dag_id} is {state}"
    return state


def trigger(stack: Stack, airflow: AirflowClient, client_id: str, run_id: str) -> str:
    """Start a run for the client's last complete interval."""
    client = load_catalog(stack.folder / "configs").clients[client_id]
    interval = last_complete_interval(calendar_of(client), datetime.now(UTC))
    return airflow.trigger(dag_id_of(client_id), interval, run_id)


def wait_for_build(airflow: AirflowClient, client_id: str, run_id: str) -> None:
    """Wait until a run builds silver; what comes next has the few seconds that it takes."""
    for attempt in eventually(600, every=0.3):
        with attempt:
            build = airflow.tasks(dag_id_of(client_id), run_id)["silver.build"]
            assert build["state"] == "running"


def delivered(stack: Stack) -> dict[str, int]:
    """Rows of each delivered table: read in the dbt image, where the volume is."""
    return dict(json.loads(stack.compose("exec", "-T", "dbt", "/opt/venv/bin/python", "-c", _COUNTS)))


# -- What was built and started


def test_everything_is_healthy_and_setup_has_ended_well(stack: Stack) -> None:
    found = stack.containers()
    assert found.pop("setup")["State"]["ExitCode"] == 0
    assert {name for name, one in found.items() if not one["State"]["Running"]} == set()
    health = {name: one["State"].get("Health", {}).get("Status") for name, one in found.items()}
    assert {name: said for name, said in health.items() if said != "healthy"} == {}


def test_none_of_ours_is_root_may_write_its_image_or_has_a_capability(stack: Stack) -> None:
    for name, one in stack.containers().items():
        host = one["HostConfig"]
        assert "no-new-privileges:true" in host["SecurityOpt"], name
        assert host["CapDrop"] == ["ALL"], name
        assert host["Memory"] > 0, name
        assert host["NanoCpus"] > 0, name
        assert host["ReadonlyRootfs"], name
        if name not in ("postgres", "redis", "mail"):
            assert one["Config"]["User"] == "50000:0", name
            assert host["CapAdd"] is None, name


def test_only_the_ui_and_the_mail_are_reached_and_from_this_machine_alone(stack: Stack) -> None:
    ports = {name: one["HostConfig"]["PortBindings"] for name, one in stack.containers().items()}
    assert {name for name, bound in ports.items() if bound} == {"api-server", "mail"}
    assert {one["HostIp"] for bound in ports.values() for all_ in (bound or {}).values() for one in all_} == {
        "127.0.0.1"
    }


def test_the_images_are_small_and_dbts_has_no_airflow(stack: Stack) -> None:
    base = _megabytes("python:3.11-slim-bookworm")
    for name, limit in LIMITS.items():
        assert _megabytes(f"{name}:local") - max(0, base - OFFICIAL_BASE) < limit
    program = "import importlib.util as u; print(u.find_spec('airflow'), u.find_spec('cosmos'))"
    assert stack.compose("exec", "-T", "dbt", "/opt/venv/bin/python", "-c", program).split() == ["None"] * 2


def _megabytes(image: str) -> float:
    done = subprocess.run(
        ["docker", "image", "inspect", "--format", "{{.Size}}", image], check=True, capture_output=True
    )
    return int(done.stdout) / 1e6


def test_what_is_installed_is_the_lock(stack: Stack) -> None:
    lock = (ROOT / "requirements.lock").read_text()
    locked = {
        line.split()[0] for line in lock.splitlines() if "==" in line and not line.startswith((" ", "#"))
    }
    program = (
        "from importlib.metadata import distributions as d\n"
        "print(*sorted(f\"{one.name.lower().replace('_', '-')}=={one.version}\" for one in d()))"
    )
    for service in ("worker", "dbt"):
        installed = set(stack.compose("exec", "-T", service, "/opt/venv/bin/python", "-c", program).split())
        installed -= {one for one in installed if one.startswith("medallion==")}
        assert len(installed) > 50
        assert {one.replace(".", "-") for one in installed} <= {one.replace(".", "-") for one in locked}


def test_admin_logs_in_with_the_password_that_was_made_and_no_other(
    stack: Stack, airflow: AirflowClient
) -> None:
    assert airflow.import_errors() == {}
    with (
        closing(AirflowClient(stack.url, "admin", "admin")) as guesses,
        pytest.raises(RunnerError, match="wrong password"),
    ):
        guesses.log_in()


# -- Runs


def test_two_clients_run_through_rest_to_gold(stack: Stack, airflow: AirflowClient) -> None:
    runs = {name: trigger(stack, airflow, name, "by_rest") for name in CLIENTS}
    for name, run_id in runs.items():
        assert ended(airflow, dag_id_of(name), run_id) == "success"
        found = airflow.tasks(dag_id_of(name), run_id)
        states = {task: one["state"] for task, one in found.items() if one["state"] != "success"}
        assert states == {}
        queues = {task: one["queue"] for task, one in found.items()}
        assert queues["bronze.build"] == queues["daily_report"] == "warehouse"
        assert queues["start"] == "default"
        assert any(task.endswith(".run") for task in found)
    rows = delivered(stack)
    assert {name.partition(".")[0] for name in rows} == set(CLIENTS)
    assert sum(rows.values()) > 100


def test_what_a_run_leaves_is_seen_by_cli_and_ui(stack: Stack, airflow: AirflowClient) -> None:
    said = json.loads(stack.compose("exec", "-T", "dbt", "medallion", "report", "--json"))
    assert {one["id"] for one in said["clients"]} == set(CLIENTS)
    assert "bronze" in airflow.log(dag_id_of("startup_inc"), "by_rest", "bronze.build")
    page = airflow._request("GET", "/medallion/")
    assert page.status_code == httpx.codes.OK
    assert "acme_corp" in page.text


def test_dbt_lists_builds_and_documents_on_a_workbench_of_its_own(stack: Stack) -> None:
    before = delivered(stack)
    listed = stack.compose("exec", "-T", "dbt", "dbt", "ls", "--quiet", "--resource-type", "model")
    assert "medallion.bronze.sales.bronze_sales__orders" in listed
    assert "bronze_erp__" not in listed
    assert "Completed successfully" in stack.compose("exec", "-T", "dbt", "dbt", "build", "-s", "tag:bronze")
    assert "Catalog written" in stack.compose("exec", "-T", "dbt", "dbt", "docs", "generate")
    assert delivered(stack) == before


def test_prometheus_scrapes_what_the_runs_left(stack: Stack) -> None:
    stand_in_for("prometheus")
    parts = ("exporter", "prometheus")
    stack.compose("--profile", "metrics", "up", "--detach", "--no-recreate", "--wait", *parts)

    def asked(query: str) -> str:
        ask = ("promtool", "query", "instant", "http://127.0.0.1:9090", query)
        return stack.compose("--profile", "metrics", "exec", "-T", "prometheus", *ask)

    for attempt in eventually(120):
        with attempt:
            assert "=> 1 @" in asked("medallion_airflow_up")
    for name in CLIENTS:
        assert f'client="{name}"' in asked("medallion_runs_total")
    stack.compose("--profile", "metrics", "rm", "--stop", "--force", *parts)


def test_a_worker_that_is_killed_in_the_middle_costs_a_try_and_the_run_delivers(
    stack: Stack, airflow: AirflowClient
) -> None:
    before = delivered(stack)
    run_id = trigger(stack, airflow, "acme_corp", "through_a_kill")
    wait_for_build(airflow, "acme_corp", run_id)
    started = stack.containers()["warehouse-worker"]["State"]["StartedAt"]
    # From inside, as a worker dies that is out of memory: what Docker itself stops it does not start again.
    stack.compose("exec", "-T", "warehouse-worker", "sh", "-c", "kill -9 -1", check=False)
    assert ended(airflow, dag_id_of("acme_corp"), run_id) == "success"
    assert stack.containers()["warehouse-worker"]["State"]["StartedAt"] > started
    assert airflow.tasks(dag_id_of("acme_corp"), run_id)["silver.build"]["try_number"] == 2
    assert delivered(stack) == before
    for attempt in eventually(120):
        with attempt:
            mails = httpx.get(f"{stack.mail_url}/api/v1/messages").json()["messages"]
            subjects = [one["Subject"] for one in mails if one["To"][0]["Address"] == "acme@example.com"]
            assert any("silver.build" in one for one in subjects), subjects


def test_a_worker_that_is_stopped_ends_its_task_first(stack: Stack, airflow: AirflowClient) -> None:
    run_id = trigger(stack, airflow, "startup_inc", "through_a_stop")
    wait_for_build(airflow, "startup_inc", run_id)
    stack.compose("stop", "warehouse-worker")
    build = airflow.tasks(dag_id_of("startup_inc"), run_id)["silver.build"]
    assert (build["state"], build["try_number"]) == ("success", 1)
    stack.compose("start", "warehouse-worker")
    assert ended(airflow, dag_id_of("startup_inc"), run_id) == "success"


def test_three_workers_are_three(stack: Stack) -> None:
    stack.compose("up", "--detach", "--no-recreate", "--wait", "--scale", "worker=3", "worker")
    assert len(stack.compose("ps", "--quiet", "worker").split()) == 3
    stack.compose("up", "--detach", "--no-recreate", "--scale", "worker=1", "worker")


def test_the_documented_commands_work_where_they_are_documented(stack: Stack, airflow: AirflowClient) -> None:
    def medallion(*command: str) -> Any:
        return json.loads(stack.compose("exec", "-T", "worker", "medallion", *command, "--json"))

    assert {one["level"] for one in medallion("doctor")["findings"]} <= {"ok", "warn"}
    assert "medallion_airflow_up 1.0" in stack.compose("exec", "-T", "worker", "medallion", "metrics")
    assert medallion("backup")
    file = stack.folder / "configs" / "clients" / "startup_inc.yml"
    file.write_text(file.read_text() + "tags: [changed]\n")
    stack.compose("exec", "-T", "worker", "medallion", "apply")
    for attempt in eventually(120):
        with attempt:
            dag = airflow.dag(dag_id_of("startup_inc")) or {}
            assert "changed" in [tag["name"] for tag in dag["tags"]]


def test_after_a_restart_of_everything_all_is_as_it_was(stack: Stack) -> None:
    before = delivered(stack)
    with stack.airflow() as airflow:
        runs = _runs(airflow)
    stack.compose("down", "--timeout", "60")
    stack.up()
    assert delivered(stack) == before
    with stack.airflow() as airflow:
        assert _runs(airflow) >= runs
        run_id = trigger(stack, airflow, "startup_inc", "after_restart")
        assert ended(airflow, dag_id_of("startup_inc"), run_id) == "success"
    assert delivered(stack) == before


def _runs(airflow: AirflowClient) -> set[tuple[str, str]]:
    """The runs of clients that delivered."""
    return {
        (name, one["dag_run_id"])
        for name in CLIENTS
        for one in airflow.runs(dag_id_of(name))
        if one["state"] == "success"
    }
