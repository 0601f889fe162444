"""A small client of Airflow's REST API: what running, following and testing clients' DAGs needs of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from tenacity import Retrying, retry_if_exception_type, retry_if_result, stop_after_delay, wait_exponential

from medallion.airflow_api.health import is_since
from medallion.exceptions import RunnerError, ServerFailed
from medallion.interval import Interval

_PAGE = 500
#: Airflow keeps no more of a note.
NOTE_CHARACTERS = 1000
#: States in which a run or a task stays.
RUN_ENDED = frozenset({"success", "failed"})
TASK_ENDED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})


class AirflowClient:
    """Talks to one Airflow as one user.

    Args:
        url: Airflow's address.
        username: who logs in, at the first request.
        password: the user's.
        transport: what carries requests; None for the network.
        patience: seconds in which a question is asked again of an API server that does not answer (one that
            starts again, or whose machine is busy) or fails (one that waits for its database). What changes
            something and got no answer is asked again only where it cannot have arrived.
    """

    def __init__(
        self,
        url: str,
        username: str,
        password: str,
        transport: httpx.BaseTransport | None = None,
        patience: float = 0.0,
    ) -> None:
        self.url = url
        self._login = {"username": username, "password": password}
        # To read the certificates, which plain HTTP has no use for, takes 40 ms of a core.
        tls = url.startswith("https:")
        # No proxy of the environment's can reach loopback.
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False, transport=transport, verify=tls)
        self.patience = patience

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def log_in(self) -> None:
        """Fetch a token.

        Raises:
            RunnerError: if Airflow refuses the user or the password.
        """
        answer = self._request("POST", "/auth/token", json=self._login)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise RunnerError(
                f"Airflow at {self.url} refuses user {self._login['username']!r}: wrong password"
            )
        self._http.headers["Authorization"] = f"Bearer {_checked(answer).json()['access_token']}"

    def health(self) -> dict[str, Any]:
        """Return the health of Airflow's parts and their last heartbeats; needs no login."""
        return dict(_checked(self._request("GET", "/api/v2/monitor/health")).json())

    # --- DAGs

    def dag(self, dag_id: str) -> dict[str, Any] | None:
        """Return a DAG; None while Airflow has not parsed it."""
        answer = self._send("GET", f"/dags/{dag_id}/details")
        return None if answer.status_code == httpx.codes.NOT_FOUND else dict(_checked(answer).json())

    def import_errors(self, since: float = 0.0) -> dict[str, str]:
        """Return what Airflow could not parse since a moment (seconds since 1970): file → traceback."""
        found = self._all("/importErrors", "import_errors")
        return {one["filename"]: one["stack_trace"] for one in found if is_since(one["timestamp"], since)}

    def parse_again(self, dag_id: str) -> None:
        """Have a DAG's file parsed now."""
        dag = self.dag(dag_id)
        if dag is None:
            raise RunnerError(f"Airflow has no DAG {dag_id}")
        _checked(self._send("PUT", f"/parseDagFile/{dag['file_token']}"))

    def pause(self, dag_id: str, paused: bool = True) -> None:
        """Pause a DAG, or let it go on."""
        _checked(self._send("PATCH", f"/dags/{dag_id}", json={"is_paused": paused}))

    def delete_dag(self, dag_id: str) -> None:
        """Delete what Airflow remembers of a DAG, its runs and their tasks; it may not know it."""
        answer = self._send("DELETE", f"/dags/{dag_id}")
        if answer.status_code != httpx.codes.NOT_FOUND:
            _checked(answer)

    # --- Runs

    def trigger(
        self,
        dag_id: str,
        interval: Interval | None = None,
        run_id: str | None = None,
        conf: Mapping[str, Any] | None = None,
    ) -> str:
        """Start a run.

        Args:
            dag_id: the DAG.
            interval: the data interval it runs for; None for the last complete one of its timetable.
            run_id: its id; None for one of Airflow's.
            conf: what the DAG's tasks read as the run's configuration.

        Returns:
            The run's id.
        """
        # A DAG has one run a logical date: for one asked for by hand that is the moment of asking.
        now = datetime.now(UTC)
        # Named here, it is the same run if Airflow fails and is asked again.
        named = run_id or f"manual__{now.isoformat()}"
        body: dict[str, Any] = {
            "dag_run_id": named,
            "logical_date": now.isoformat(),
            "conf": dict(conf or {}),
        }
        if interval:
            body["data_interval_start"] = interval.start.isoformat()
            body["data_interval_end"] = interval.end.isoformat()
        answer = self._send("POST", f"/dags/{dag_id}/dagRuns", json=body)
        if answer.status_code != httpx.codes.CONFLICT or not self._is_there(dag_id, named, now):
            _checked(answer)
        return named

    def _is_there(self, dag_id: str, run_id: str, logical_date: datetime) -> bool:
        """Whether Airflow made a run although it failed at saying so: none but ours has its date."""
        found = self._send("GET", f"/dags/{dag_id}/dagRuns/{run_id}")
        made = found.json()["logical_date"] if found.is_success else None
        return made is not None and datetime.fromisoformat(made) == logical_date

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """Return a run."""
        return dict(_checked(self._send("GET", f"/dags/{dag_id}/dagRuns/{run_id}")).json())

    def runs(self, dag_id: str, **filters: Any) -> list[dict[str, Any]]:
        """Return the runs of a DAG, those that Airflow's filters leave: all of them without any."""
        return self._all(f"/dags/{dag_id}/dagRuns", "dag_runs", **filters)

    def runs_since(self, dag_id: str, since: datetime) -> list[dict[str, Any]]:
        """Return the runs of a DAG that were due since a moment; none if Airflow does not know the DAG."""
        known = self.dag(dag_id) is not None
        return self.runs(dag_id, run_after_gte=since.isoformat()) if known else []

    def last_runs(self, dag_id: str, count: int, **filters: Any) -> list[dict[str, Any]]:
        """Return the last runs of a DAG, the newest first; none if Airflow does not know the DAG."""
        newest = {"limit": count, "order_by": "-run_after", **filters}
        found = self._send("GET", f"/dags/{dag_id}/dagRuns", params=newest)
        return [] if found.status_code == httpx.codes.NOT_FOUND else list(_checked(found).json()["dag_runs"])

    def runs_in_flight(self, dag_id: str) -> list[str]:
        """Return the ids of a DAG's runs that have not ended; none if Airflow does not know the DAG."""
        found = self._send(
            "GET", f"/dags/{dag_id}/dagRuns", params={"state": ["queued", "running"], "limit": _PAGE}
        )
        if found.status_code == httpx.codes.NOT_FOUND:
            return []
        return [run["dag_run_id"] for run in _checked(found).json()["dag_runs"]]

    def count_tasks(self, state: str, queue: str) -> int:
        """Count the tasks of all runs that are in a state and a queue."""
        wanted = {"state": state, "queue": queue, "limit": 1}
        found = _checked(self._send("GET", "/dags/~/dagRuns/~/taskInstances", params=wanted))
        return int(found.json()["total_entries"])

    def end_run(self, dag_id: str, run_id: str) -> None:
        """Have a run fail now; what it has running is stopped."""
        _checked(self._send("PATCH", f"/dags/{dag_id}/dagRuns/{run_id}", json={"state": "failed"}))

    def tasks(self, dag_id: str, run_id: str) -> dict[str, dict[str, Any]]:
        """Return the tasks of a run by their id."""
        found = self._all(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances", "task_instances")
        return {task["task_id"]: task for task in found}

    def note(self, dag_id: str, run_id: str, task_id: str | None, text: str) -> None:
        """Put a note on a task of a run, or on the run itself, as Markdown; what is too long is cut off."""
        path = _noted(dag_id, run_id, task_id)
        _checked(self._send("PATCH", path, json={"note": text[:NOTE_CHARACTERS]}))

    def noted(self, dag_id: str, run_id: str, task_id: str | None) -> str:
        """Return the note on a task of a run, or on the run itself; empty if there is none."""
        found = _checked(self._send("GET", _noted(dag_id, run_id, task_id))).json()
        return str(found["note"] or "")

    def clear(
        self, dag_id: str, run_id: str, task_ids: Iterable[str] | None = None, *, downstream: bool = False
    ) -> list[str]:
        """Clear tasks of a run, so that they run again.

        Args:
            dag_id: the DAG.
            run_id: the run.
            task_ids: which; None for all.
            downstream: also what follows them.

        Returns:
            The ids of the tasks that were cleared.
        """
        body: dict[str, Any] = {
            "dag_run_id": run_id,
            "dry_run": False,
            "only_failed": False,
            "reset_dag_runs": True,
            "include_downstream": downstream,
        }
        if task_ids is not None:
            body["task_ids"] = list(task_ids)
        answer = _checked(self._send("POST", f"/dags/{dag_id}/clearTaskInstances", json=body))
        return [task["task_id"] for task in answer.json()["task_instances"]]

    def log(self, dag_id: str, run_id: str, task_id: str, attempt: int = 1) -> str:
        """Return what a task wrote to its log in one of its attempts, a line an event."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{attempt}"
        answer = _checked(self._send("GET", path, headers={"Accept": "application/json"}))
        return "\n".join(_line(event) for event in answer.json()["content"])

    # --- Backfills

    def backfill_dates(self, backfill: Mapping[str, Any]) -> list[str]:
        """Return the logical dates that a backfill would run, in its order; nothing is created."""
        answer = self._send("POST", "/backfills/dry_run", json=dict(backfill))
        return [one["logical_date"] for one in _checked(answer).json()["backfills"]]

    def create_backfill(self, backfill: Mapping[str, Any]) -> dict[str, Any]:
        """Create a backfill: all its runs, queued. A server that fails at it is not asked again.

        Args:
            backfill: ``dag_id``, ``from_date``, ``to_date``, ``run_backwards``, ``reprocess_behavior``,
                ``max_active_runs`` and ``dag_run_conf``.

        Raises:
            ServerFailed: if Airflow failed; it may have created the backfill without its runs.
        """
        answer = self._send("POST", "/backfills", once=True, json=dict(backfill))
        return dict(_checked(answer).json())

    def backfills(self, dag_id: str) -> list[dict[str, Any]]:
        """Return all backfills of a DAG, the oldest first."""
        return self._all("/backfills", "backfills", dag_id=dag_id, order_by="id")

    def backfill(self, backfill_id: int) -> dict[str, Any]:
        """Return a backfill."""
        return dict(_checked(self._send("GET", f"/backfills/{backfill_id}")).json())

    def pause_backfill(self, backfill_id: int) -> None:
        """Let no further run of a backfill begin; those that have begun go on."""
        _checked(self._send("PUT", f"/backfills/{backfill_id}/pause"))

    def unpause_backfill(self, backfill_id: int) -> None:
        """Let a backfill go on."""
        _checked(self._send("PUT", f"/backfills/{backfill_id}/unpause"))

    def end_backfill(self, backfill_id: int) -> None:
        """End a backfill: its queued runs fail. One that has ended is left as it is."""
        answer = self._send("PUT", f"/backfills/{backfill_id}/cancel")
        if answer.status_code != httpx.codes.CONFLICT:
            _checked(answer)

    # --- HTTP

    def _send(self, method: str, path: str, *, once: bool = False, **arguments: Any) -> httpx.Response:
        if "Authorization" not in self._http.headers:
            self.log_in()
        answer = self._request(method, f"/api/v2{path}", once=once, **arguments)
        if answer.status_code == httpx.codes.UNAUTHORIZED:  # the token is a day old
            self.log_in()
            answer = self._request(method, f"/api/v2{path}", once=once, **arguments)
        return answer

    def _request(self, method: str, path: str, *, once: bool = False, **arguments: Any) -> httpx.Response:
        """Send a request, again where nothing answers or the server fails, and return the last answer.

        Args:
            method: of HTTP.
            path: what is asked.
            once: a server that fails is not asked again: it may have done half of it.
            arguments: what httpx sends with it.

        Raises:
            RunnerError: if nothing answers.
        """
        failed = retry_if_result(lambda answer: answer.is_server_error and not once)
        lost = httpx.TransportError if method == "GET" or path == "/auth/token" else httpx.ConnectError
        patiently = Retrying(
            retry=retry_if_exception_type(lost) | failed,
            wait=wait_exponential(multiplier=0.1, max=5),
            stop=stop_after_delay(self.patience),
            # An answer that is still a failure is one for whoever asked; an error is raised.
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        try:
            return patiently(self._http.request, method, path, **arguments)
        except httpx.TransportError as error:
            said = str(error) or type(error).__name__
            raise RunnerError(f"Airflow at {self.url} does not answer {method} {path}: {said}") from error

    def _all(self, path: str, key: str, **filters: Any) -> list[dict[str, Any]]:
        """Return the entries of all pages."""
        return list(_pages(lambda offset: self._page(path, offset, filters), key))

    def _page(self, path: str, offset: int, filters: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._send("GET", path, params={"limit": _PAGE, "offset": offset, **filters})
        return dict(_checked(answer).json())


def _noted(dag_id: str, run_id: str, task_id: str | None) -> str:
    run = f"/dags/{dag_id}/dagRuns/{run_id}"
    return f"{run}/taskInstances/{task_id}" if task_id else run


def _pages(page: Callable[[int], dict[str, Any]], key: str) -> Iterable[dict[str, Any]]:
    offset = 0
    while True:
        found = page(offset)
        yield from found[key]
        offset += len(found[key])
        if not found[key] or offset >= found["total_entries"]:
            return


def _checked(answer: httpx.Response) -> httpx.Response:
    """Raise what Airflow says is wrong as an error of ours."""
    if answer.is_success:
        return answer
    request = answer.request
    kind = ServerFailed if answer.is_server_error else RunnerError
    raise kind(
        f"Airflow answered {request.method} {request.url.path} with {answer.status_code}: {answer.text[:500]}"
    )


def _line(event: Any) -> str:
    if isinstance(event, str):
        return event
    time, level = event.get("timestamp") or "", event.get("level") or ""
    raised = [f"{one['exc_type']}: {one['exc_value']}" for one in event.get("error_detail") or []]
    return " ".join(part for part in (time, level.upper(), str(event.get("event", "")), *raised) if part)
