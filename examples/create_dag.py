"""Has a DAG made over Airflow's REST API, runs it, changes it, and runs it again.

    python examples/create_dag.py http://127.0.0.1:8080 admin PASSWORD

The DAG cleans a table of a client's warehouse: first it trims texts, then it also fills the blanks.
All that is needed beside Python is httpx.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import httpx

DAG_ID = "example_tidy_customers"
ENDED = ("success", "failed")


def log_in(url: str, user: str, password: str) -> httpx.Client:
    """Fetch a token; every request of the client that is returned carries it."""
    answer = httpx.post(f"{url}/auth/token", json={"username": user, "password": password}, timeout=30)
    answer.raise_for_status()
    token = answer.json()["access_token"]
    return httpx.Client(base_url=f"{url}/api/v2", headers={"Authorization": f"Bearer {token}"}, timeout=30)


def run(airflow: httpx.Client, dag_id: str, conf: dict[str, Any]) -> str:
    """Start a run of a DAG, follow it to its end, and return the run's id."""
    # Without a logical date any number of runs may start at the same moment.
    answer = airflow.post(f"/dags/{dag_id}/dagRuns", json={"logical_date": None, "conf": conf})
    if answer.is_error:  # a conf that does not fit the DAG's form is refused here, before there is a run
        sys.exit(f"{dag_id}: {answer.status_code}: {answer.text}")
    run_id = answer.json()["dag_run_id"]
    while (state := airflow.get(f"/dags/{dag_id}/dagRuns/{run_id}").json()["state"]) not in ENDED:
        time.sleep(0.5)
    print(f"{dag_id} {run_id}: {state}")
    if state == "failed":
        tasks = airflow.get(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances").json()["task_instances"]
        sys.exit("\n".join(f"{task['task_id']}: {task['state']}: {task['note'] or ''}" for task in tasks))
    return run_id


def result(airflow: httpx.Client, dag_id: str, run_id: str, task_id: str) -> Any:
    """What a task of a run returned."""
    path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
    answer = airflow.get(path, params={"deserialize": True})
    answer.raise_for_status()
    return answer.json()["value"]


def main() -> None:
    """Log in, create, trigger, update, trigger."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for argument in ("url", "user", "password"):
        parser.add_argument(argument)
    parser.add_argument("--schema-id", default="acme_corp_silver", help="<client>_<layer>")
    parser.add_argument("--dataset-id", default="enrich_crm__customers", help="the table")
    parser.add_argument("--column", default="phone", help="a column of text: its name, or its number from 1")
    given = parser.parse_args()

    with log_in(given.url.rstrip("/"), given.user, given.password) as airflow:
        table = {"schema_id": given.schema_id, "dataset_id": given.dataset_id}
        request = {
            "dag_id": DAG_ID,
            "template": "cleanup_dag",
            "namespace": "examples",
            "run": False,  # only prepare it; True starts it once, as soon as Airflow has read it
        }

        # Create it. The run of dag_creator ends when the DAG is live ...
        trim = {"operation_dict": {given.column: [3]}, **table}
        run(airflow, "dag_creator", {**request, "master_dict": trim})
        # ... so it can be triggered at once.
        print(result(airflow, DAG_ID, run(airflow, DAG_ID, {}), "clean"))

        # The same id again updates it, and the next run works by the new master_dict.
        fill = {"operation_dict": {given.column: [3, 2]}, "values_dict": {given.column: "unknown"}, **table}
        run(airflow, "dag_creator", {**request, "master_dict": fill})
        print(result(airflow, DAG_ID, run(airflow, DAG_ID, {}), "clean"))


if __name__ == "__main__":
    main()
