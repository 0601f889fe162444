"""DAGs made over the REST API of a live Airflow; whoever asks for something else changes nothing."""

import json
import subprocess
import sys
import time

import duckdb
import httpx
import pytest
from creator_project import ROOT, VIEWER
from live_airflow import until

from medallion.airflow_api import RUN_ENDED
from medallion.creator import CreatedDags
from medallion.embedded.environment import airflow_home
from medallion.embedded.secrets import passwords_file
from medallion.registry import open_registry

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def settings(creator):
    return creator.settings


@pytest.fixture(scope="module")
def airflow(creator):
    return creator.airflow


@pytest.fixture(scope="module")
def registry(settings):
    return open_registry(settings.database_url, "default")


@pytest.fixture
def create(airflow):
    """Asks dag_creator; returns how its run ended, and what it noted."""

    def ask(**changed):
        conf = {"dag_id": "made", "template": "prints", "namespace": "tests", "run": False} | changed
        run_id = airflow.client.trigger("dag_creator", conf=conf)
        state = until("dag_creator to end", lambda: ended(airflow, "dag_creator", run_id), 90)
        return state, airflow.client.tasks("dag_creator", run_id)["create_dag"]["note"] or ""

    return ask


@pytest.fixture
def unchanged(registry):
    """Nothing was written: the same files and the same DAGs as before."""
    dags = CreatedDags(registry)
    before = dags.files.current(), dags.find()
    yield
    assert (dags.files.current(), dags.find()) == before


def ended(airflow, dag_id, run_id):
    state = airflow.client.run(dag_id, run_id)["state"]
    return state if state in RUN_ENDED else None


def test_the_example_updates_what_it_runs(settings, airflow, registry):
    warehouse = settings.warehouse("acme")
    with duckdb.connect(warehouse) as connection:
        connection.execute("create schema acme_silver")
        connection.execute("create table acme_silver.customers (id integer, name varchar)")
        connection.execute("insert into acme_silver.customers values (1, ' Ann '), (2, null)")
    password = json.loads(passwords_file(airflow_home(settings)).read_text())["admin"]
    command = [sys.executable, ROOT / "examples" / "create_dag.py", airflow.url, "admin", password]
    table = ["--schema-id", "acme_silver", "--dataset-id", "customers", "--column", "2"]
    done = subprocess.run([*command, *table], capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(warehouse) as connection:
        assert connection.execute("select * from acme_silver.customers").fetchall() == [
            (1, "Ann"),
            (2, "unknown"),
        ]
    cleaned = [event for event in registry.events("acme") if event.action == "table cleaned"]
    assert [[step["operation"] for step in event.detail["steps"]] for event in cleaned] == [
        ["trim"],
        ["trim", "fill_blanks"],
    ]
    told = [(event.action, event.actor) for event in registry.events("example_tidy_customers")]
    assert told == [("dag created", "admin"), ("dag updated", "admin")]


def test_a_dag_starts_as_soon_as_it_is_detected(airflow, create):
    literal = "{'operation_dict': {22: [4]}, 'code': \"__import__('os')._exit(1)\"}"
    assert create(dag_id="starts.itself", master_dict=literal, run=True)[0] == "success"
    runs = until("the run", lambda: airflow.client.runs("starts.itself"), 30)
    until("its end", lambda: ended(airflow, "starts.itself", runs[0]["dag_run_id"]), 60)
    answer = airflow.client.run("starts.itself", runs[0]["dag_run_id"])
    assert (answer["state"], answer["run_type"]) == ("success", "scheduled")


def test_a_prepared_dag_waits(airflow, create):
    state, note = create(dag_id="waits")
    assert (state, note.startswith("**waits**, revision 1, is live")) == ("success", True)
    time.sleep(3)
    assert airflow.client.runs("waits") == []


def test_a_file_that_airflow_cannot_import_fails_the_request(create, registry):
    state, note = create(dag_id="unimportable", template="unimportable")
    assert state == "failed"
    assert "Airflow cannot import tests/unimportable.py" in note
    assert "No module named 'no_such_module'" in note
    assert registry.events("unimportable")[-1].action == "dag not live"


@pytest.mark.usefixtures("unchanged")
def test_what_the_form_does_not_allow_has_no_run(airflow, create):
    before = len(airflow.client.runs("dag_creator"))
    for changed in (
        {"template": "no_such"},
        {"template": "../../configs/clients"},
        {"namespace": "../up"},
        {"namespace": "tests\u0000"},
        {"dag_id": "../made"},
        {"dag_id": "m\u0430de"},
        {"master_dict": 5},
        {"run": "__import__('os')"},
    ):
        with pytest.raises(Exception, match=f"400: .*{next(iter(changed))}"):
            create(**changed)
    assert len(airflow.client.runs("dag_creator")) == before


@pytest.mark.usefixtures("unchanged")
def test_what_the_request_does_not_allow_fails_its_run_at_once(create, registry):
    for changed, message in (
        ({"dag_id": "somebody_elses"}, "is a DAG of the file foreign.py"),
        ({"master_dict": "x" * 10_000_000}, "is 10,000,000 characters long"),
    ):
        state, note = create(**changed)
        assert (state, message in note) == ("failed", True), note
    assert registry.events("somebody_elses")[-1].action == "dag refused"


@pytest.mark.usefixtures("unchanged")
def test_who_may_not_start_runs_may_not_make_dags(airflow):
    with httpx.Client(base_url=airflow.url, trust_env=False, timeout=30) as http:
        path = "/api/v2/dags/dag_creator/dagRuns"
        body = {"logical_date": None, "conf": {"dag_id": "a", "template": "prints", "namespace": "b"}}
        assert http.post(path, json=body).status_code == 401
        assert http.post(path, json=body, headers={"Authorization": "Bearer nonsense"}).status_code == 403
        login = dict(zip(("username", "password"), VIEWER, strict=True))
        token = http.post("/auth/token", json=login).json()["access_token"]
        viewer = {"Authorization": f"Bearer {token}"}
        assert http.get("/api/v2/dags/dag_creator", headers=viewer).status_code == 200
        assert http.post(path, json=body, headers=viewer).status_code == 403
