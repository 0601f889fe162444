"""A project for DAGs made by request: templates of its own, a client, and DAGs that are none of theirs."""

import json
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from live_airflow import TINY, Live

from medallion.clients import client_from_dict, load_catalog
from medallion.embedded import EmbeddedAirflow, runner
from medallion.embedded.environment import AirflowOptions, airflow_home
from medallion.embedded.secrets import passwords_file, write_private
from medallion.pipeline import shape_of
from medallion.registry import ACTIVE, FILE, Definition, open_registry
from medallion.settings import Settings, load_settings
from medallion.transform import prepare
from sharing import share_airflow_tables

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


def creator_project(folder):
    """A project of one model with a live client."""
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
    (folder / "airflow" / "dags" / "tiny.py").write_text(TINY)
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


@contextmanager
def airflow_with_viewer(settings):
    """Its Airflow, with a second user, who may look at everything and start nothing."""
    real = runner.airflow_environment

    def with_viewer(*arguments):
        users = {"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"admin:ADMIN,{VIEWER[0]}:VIEWER"}
        return real(*arguments) | users

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "airflow_environment", with_viewer)
        with EmbeddedAirflow(settings, AirflowOptions(schedules=True)) as airflow:
            airflow.wait_for_dags(["dag_creator", "somebody_elses", "tiny", "tiny_good"])
            passwords = passwords_file(airflow_home(settings))
            known = json.loads(passwords.read_text())
            write_private(passwords, json.dumps(known | {VIEWER[0]: VIEWER[1]}))
            yield Live(settings, airflow)
