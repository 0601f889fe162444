"""An Airflow that answers over a transport what a look for runs asks it."""

from datetime import datetime

import httpx

from medallion.airflow_api import AirflowClient
from medallion.bundle import client_path
from medallion.pipeline import dag_id_of


class FewAnswers:
    """Knows DAGs, runs, import errors and its own health, as a test sets them."""

    def __init__(self, version):
        self.version = version
        self.dags = {}
        self.runs = {}
        self.errors = {}
        self.parts = dict.fromkeys(("scheduler", "triggerer", "dag_processor"), "healthy")
        self.asked = []

    def client(self):
        return AirflowClient("http://airflow", "admin", "x", httpx.MockTransport(self))

    def dag(self, client_id, **facts):
        known = {"is_paused": False, "is_stale": False, "bundle_version": self.version}
        known |= {"latest_dag_version": {"bundle_version": self.version}}
        known |= {"relative_fileloc": client_path(client_id)}
        self.dags[dag_id_of(client_id)] = known | facts

    def run(self, dag_id, interval, *, run_type="scheduled", state="success", ended=None, run_id=None):
        self.runs.setdefault(dag_id, []).append(
            {
                "dag_run_id": run_id or f"{run_type}__{interval.end.isoformat()}",
                "run_type": run_type,
                "state": state,
                "data_interval_start": interval.start.isoformat(),
                "run_after": interval.end.isoformat(),
                "end_date": ended.isoformat() if ended else None,
            }
        )

    def __call__(self, request):
        path = request.url.path
        self.asked.append(path)
        if path == "/auth/token":
            return httpx.Response(201, json={"access_token": "t"})
        if path.endswith("/health"):
            parts = {
                name: {"status": status, f"latest_{name}_heartbeat": "2026-01-20T08:59:59Z"}
                for name, status in self.parts.items()
            }
            return httpx.Response(200, json={"metadatabase": {"status": "healthy"}} | parts)
        if path.endswith("/importErrors"):
            found = [
                {"filename": file, "stack_trace": trace, "timestamp": "2026-01-20T08:00:00Z"}
                for file, trace in self.errors.items()
            ]
            return httpx.Response(200, json={"import_errors": found, "total_entries": len(found)})
        dag_id = path.split("/")[4]
        if path.endswith("/details"):
            known = self.dags.get(dag_id)
            return httpx.Response(200, json=known) if known else httpx.Response(404)
        found = [run for run in self.runs.get(dag_id, []) if _wanted(run, request.url.params)]
        found.sort(key=lambda run: run["run_after"], reverse=True)
        page = found[: int(request.url.params.get("limit", 50))]
        return httpx.Response(200, json={"dag_runs": page, "total_entries": len(page)})


def _wanted(run, params):
    least = {"run_after_gte": "run_after", "end_date_gte": "end_date"}
    late = all(
        run[key] and datetime.fromisoformat(run[key]) >= datetime.fromisoformat(params[name])
        for name, key in least.items()
        if name in params
    )
    states, kinds = params.get_list("state"), params.get_list("run_type")
    return late and (not states or run["state"] in states) and (not kinds or run["run_type"] in kinds)
