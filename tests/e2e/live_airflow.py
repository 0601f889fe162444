"""A live Airflow on a copy of the project that tests may break, and short words for using it."""

import shutil
import time

from medallion.airflow_api import RUN_ENDED, TASK_ENDED
from medallion.settings import Settings, load_settings
from sharing import share_airflow_tables, share_manifests

#: Whoever asks more often slows down what is waited for: Airflow and its answers share two cores.
POLL_SECONDS = 1.0
TINY = """
from airflow.sdk import DAG, task

with DAG("tiny", schedule=None, is_paused_upon_creation=False):
    @task
    def hello():
        print("hello from the task")

    @task
    def fail():
        raise ValueError("this task fails on purpose")

    hello()
    fail()

with DAG("tiny_good", schedule=None, is_paused_upon_creation=False):
    hello()
"""


def copy_project(folder, clients=("acme_corp",), tables=True):
    """Copy what an installation needs of the project, with some of its clients, or all if None.

    Returns the copy's settings, its home inside; with the tables of an Airflow, unless it shall make its own.
    """
    real = load_settings()
    for name in ("configs", "dbt", "airflow/dags"):
        shutil.copytree(
            real.project / name, folder / name, ignore=shutil.ignore_patterns("target", "__pycache__")
        )
    for file in (folder / "configs" / "clients").iterdir():
        if clients is not None and file.stem not in clients:
            file.unlink()
    (folder / "airflow" / "dags" / "tiny.py").write_text(TINY)
    home = folder / "var"
    share_manifests(home)
    settings = Settings(project=folder, home=home, database_url=f"sqlite:///{home / 'registry.db'}")
    if tables:
        share_airflow_tables(settings)
    return settings


class Live:
    """An embedded Airflow and short words for what tests do with it."""

    def __init__(self, settings, airflow):
        self.settings = settings
        self.airflow = airflow
        self.client = airflow.client

    def trigger(self, dag_id, interval=None):
        return self.client.trigger(dag_id, interval)

    def wait(self, dag_id, run_id, seconds=300):
        """Wait until a run and all its tasks have ended; returns the run's state and its tasks' states."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.airflow.check()
            state = self.client.run(dag_id, run_id)["state"]
            if state in RUN_ENDED:
                states = {name: task["state"] for name, task in self.client.tasks(dag_id, run_id).items()}
                if TASK_ENDED.issuperset(states.values()):
                    return state, states
            time.sleep(POLL_SECONDS)
        raise AssertionError(
            f"{dag_id} {run_id} has not ended after {seconds} s\n{self.explain(dag_id, run_id)}"
        )

    def run(self, dag_id, interval=None, seconds=300):
        """Start a run and wait for its end; returns its id, its state and its tasks' states."""
        run_id = self.trigger(dag_id, interval)
        return run_id, *self.wait(dag_id, run_id, seconds)

    def clear(self, dag_id, run_id, task_ids=None, *, downstream=False):
        return self.client.clear(dag_id, run_id, task_ids, downstream=downstream)

    def log(self, dag_id, run_id, task_id, attempt=1):
        return self.client.log(dag_id, run_id, task_id, attempt)

    def explain(self, dag_id, run_id, lines=15):
        """What a person would look at first: the tasks' states, and the ends of the logs."""
        tasks = self.client.tasks(dag_id, run_id)
        told = [f"{name}: {task['state']}" for name, task in tasks.items()]
        for name, task in tasks.items():
            if task["state"] not in ("success", None, "scheduled"):
                log = self.log(dag_id, run_id, name, max(task["try_number"], 1)).splitlines()
                told += [f"--- {name}", *log[-lines:]]
        for part in ("scheduler", "triggerer", "dag-processor", "supervisor"):
            file = self.airflow.log_of(part)
            told += [
                f"--- {file}",
                *(file.read_text().splitlines()[-lines:] if file.is_file() else ["no log"]),
            ]
        return "\n".join(told)


def until(what, found, seconds=180.0):
    """Wait for something to be found, and return it."""
    deadline = time.monotonic() + seconds
    while not (thing := found()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        time.sleep(POLL_SECONDS)
    return thing
