"""Runs of the shop's clients on a live Airflow, as tests start them and wait for them."""

import time

import psutil
from live_airflow import until
from shop import DAY

from medallion.pipeline import dag_id_of


class Runs:
    """Runs of the shop's clients, started and waited for."""

    def __init__(self, shop, airflow):
        self.shop = shop
        self.airflow = airflow
        self.told_so_far = {}  # by client

    def start(self, client, **conf):
        return self.airflow.client.trigger(dag_id_of(client), DAY, conf=conf)

    def end(self, client, run_id, seconds=300, **checked):
        """Wait for a run's end; returns its state and its tasks' states."""
        dag = dag_id_of(client)
        ended = until(
            f"{client} to end",
            lambda: (
                (state := self.airflow.client.run(dag, run_id)["state"]) in ("success", "failed") and state
            ),
            seconds,
        )
        tasks = until(f"the last tasks of {client}", lambda: self._all_ended(dag, run_id))
        self.shop.check_colours(client, run_id, tasks, **checked)
        return ended, {task_id: task["state"] for task_id, task in tasks.items()}

    def whole(self, client, seconds=300, **conf):
        run_id = self.start(client, **conf)
        return run_id, *self.end(client, run_id, seconds)

    def until_it_builds(self, client, run_id):
        """Wait until the run has built one model of silver, and waits at the switch with the next."""
        until(
            f"the first model of silver of {client}",
            lambda: [one for one in self.shop.builds(client, run_id) if "clean_shop__people" in one[2]],
        )
        return until(f"the builder of {client}", lambda: self.shop.builder(client))

    def process_of(self, client, run_id, task_id):
        """The process that a task runs in; Airflow names it after the try's id. None while there is none."""
        title = f"airflow worker -- {self.airflow.client.tasks(dag_id_of(client), run_id)[task_id]['id']}"
        # A process that has just ended has no command line.
        named = (one for one in psutil.process_iter(["cmdline"]) if title in (one.info["cmdline"] or []))
        return next(named, None)

    def clear(self, client, run_id, tasks, **options):
        return self.airflow.client.clear(dag_id_of(client), run_id, tasks, **options)

    def parsed(self, client):
        return self.airflow.client.dag(dag_id_of(client))["last_parsed_time"]

    def is_let_be(self, client, seconds=5):
        """Whether nobody reads the client's DAG in some seconds."""
        before = self.parsed(client)
        time.sleep(seconds)
        return self.parsed(client) == before

    def told(self, client, count):
        """What the client's people were told; a task's state is known before they are."""
        until("the mails", lambda: len(self.shop.told(client)) >= count, 60)
        return self.shop.told(client)

    def log(self, client, run_id, task_id, attempt=1):
        return self.airflow.client.log(dag_id_of(client), run_id, task_id, attempt)

    def _all_ended(self, dag, run_id):
        tasks = self.airflow.client.tasks(dag, run_id)
        return (
            tasks
            if not any(
                task["state"] in (None, "deferred", "running", "scheduled", "queued")
                for task in tasks.values()
            )
            else None
        )
