"""DAGs made over the REST API of a live Airflow; whoever asks for something else changes nothing."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import httpx
import pytest
from live_airflow import until

from medallion.airflow_api import RUN_ENDED
from medallion.clients import client_from_dict, load_catalog
from medallion.creator import CreatedDags
from medallion.embedded import EmbeddedAirflow, runner
from medallion.embedded.environment import AirflowOptions, airflow_home
from medallion.embedded.secrets import passwords_file, write_private
from medallion.pipeline import shape_of
from medallion.registry import ACTIVE, FILE, Definition, open_registry
from medallion.settings import Settings, load_settings
from medallion.transform import prepare
from sharing import share_airflow_tables

pytestmark = pytest.mark.live
ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "tests" / "fixtures" / "clients" / "configs"
VIEWER = ("viewer", "only looks")
CLIENT = {
    "description": "A shop",
    "schedule_interval": None,
    "data_sources": ["sales"],
    "transformations": ["clean"],
    "destination": "lake",
    "business_rules": {"data_retention_days": 30, "quality_threshold": 0.9},
}
PRINTS = """from airflow.sdk import DAG, task

with DAG({{ dag_id }}, schedule={{ schedule }}, is_paused_upon_creation=False):
    @task
    def say():
        return str({{ master_dict }})

    say()
"""
UNIMPORTABLE = "from airflow.sdk import DAG\nimport no_such_module\nvalues = {{ dag_id }}, {{ schedule }}\n"
FOREIGN = "from airflow.sdk import DAG\n\ndag = DAG('somebody_elses', schedule=None)\n"


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """A project of one model with templates of its own, a live client and a table of it."""
    folder = tmp_path_factory.mktemp("creator")
    shutil.copytree(CONFIGS, folder / "configs")
    left_out = shutil.ignore_patterns("models", "singular", "target")
    shutil.copytree(load_settings().dbt_project, folder / "dbt", ignore=left_out)
    model = folder / "dbt" / "models" / "bronze" / "sales" / "bronze_sales__orders.sql"
    model.parent.mkdir(parents=True)
    model.write_text("select 1 as id")
    shutil.copytree(ROOT / "airflow" / "templates", folder / "airflow" / "templates")
    (folder / "airflow" / "templates" / "prints.py.j2").write_text(PRINTS)
    (folder / "airflow" / "templates" / "unimportable.py.j2").write_text(UNIMPORTABLE)
    (folder / "airflow" / "dags").mkdir()
    shutil.copy(ROOT / "airflow" / "dags" / "dag_creator.py", folder / "airflow" / "dags")
    (folder / "airflow" / "dags" / "foreign.py").write_text(FOREIGN)
    home = folder / "var"
    settings = Settings(project=folder, home=home, database_url=f"sqlite:///{home / 'registry.db'}")
    share_airflow_tables(settings)
    client = client_from_dict("acme", CLIENT)
    prepare(settings, [shape_of(client)])
    definition = Definition.of(client, load_catalog(settings.configs))
    open_registry(settings.database_url, "default").put(
        "acme", definition, status=ACTIVE, origin=FILE, actor="test", why=""
    )
    return settings


@pytest.fixture(scope="module")
def airflow(settings):
    """An Airflow with a second user, who may look at everything and start nothing."""
    real = runner.airflow_environment

    def with_viewer(*arguments):
        found = real(*arguments)
        return found | {
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"admin:ADMIN,{VIEWER[0]}:VIEWER",
        }

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "airflow_environment", with_viewer)
        with EmbeddedAirflow(settings, AirflowOptions(schedules=True)) as airflow:
            airflow.wait_for_dags(["dag_creator", "somebody_elses"])
            passwords = passwords_file(airflow_home(settings))
            known = json.loads(passwords.read_text())
            write_private(passwords, json.dumps(known | {VIEWER[0]: VIEWER[1]}))
            yield airflow


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
