"""Takes a client's DAG out of Airflow while runs of it may be in flight.

Neither pausing it nor taking its file away would do: Airflow examines no run of a paused DAG, and schedules
no task of a run whose file is gone, so that a run in flight would hang for ever. Instead the DAG's next
version is a closed one: without a schedule, and with one task that refuses. Runs in flight go on with the
version they began with; once the last has ended, the file goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

from medallion.airflow_api import AirflowClient
from medallion.bundle import client_path
from medallion.bundle.live import is_live
from medallion.database import utcnow
from medallion.exceptions import ConflictError, RunnerError
from medallion.factory.report import CONFLICT, DRAINING, ENDED, FAILED, REMOVED, Line
from medallion.pipeline import dag_id_of, realtime_dag_id_of
from medallion.registry import ACTIVE, CLI, DagFiles, FileChange, Head, Registry
from medallion.registry import DRAINING as LEAVING
from medallion.registry import REMOVED as GONE
from medallion.registry.by_hand import FORGET

#: How often the closed files are written anew because a client changed meanwhile.
_ATTEMPTS = 5
_CLOSED = '''\
"""{client} takes no new runs; those in flight go on with the version of this DAG that they began with."""

from airflow.sdk import DAG  # noqa: F401  (by it Airflow knows a file with a DAG)

from medallion.orchestration.closed import closed_dag

dag = closed_dag({dag_id!r}, {client!r}, {reason!r})
'''
_CLOSED_STREAM = """
stream = closed_dag({stream!r}, {client!r}, {reason!r})
"""


@dataclass(frozen=True)
class Drain:
    """Closes the DAGs of clients that are disabled or being removed, and removes them once that hurts no run.

    Args:
        registry: the platform's.
        files: its bundle's files.
        airflow: where the DAGs are.
        actor: the audit log's.
        patience: how long runs in flight of a client that is being removed may go on.
    """

    registry: Registry
    files: DagFiles
    airflow: AirflowClient
    actor: str
    patience: timedelta

    def close(self) -> list[Line]:
        """Write the closed version of every DAG whose client is not active; it stays while it is disabled.

        Raises:
            ConflictError: if clients change faster than that can be done.
        """
        again = retry_if_exception_type(ConflictError)
        return Retrying(retry=again, stop=stop_after_attempt(_ATTEMPTS), reraise=True)(self._close)

    def _close(self) -> list[Line]:
        made_from, lines, changes = self.files.made_from(), [], []
        closed: dict[str, Head] = {}
        for client_id, head in self.registry.heads().items():
            path = client_path(client_id)
            mark = f"closed {head.revision}"
            if head.status in (ACTIVE, GONE) or path not in made_from or made_from[path] == mark:
                continue
            changes.append(FileChange(path, self._closed(client_id, head.status), mark))
            lines.append(Line(client_id, DRAINING, f"{head.status}: no new runs"))
            closed[client_id] = head
        if changes:
            self.files.change(changes, lambda connection: self._still(connection, closed))
        return lines

    def remove(self) -> list[Line]:
        """Remove the clients that are to go and have no run in flight; say what the others wait for."""
        leaving = [
            (key, head.revision) for key, head in self.registry.heads().items() if head.status == LEAVING
        ]
        return [line for key, revision in leaving for line in self._remove(key, revision)]

    def _remove(self, client_id: str, revision: int) -> Iterator[Line]:
        dag_id = dag_id_of(client_id, self.registry.platform)
        if not self._is_closed(client_id, dag_id):
            yield Line(client_id, DRAINING, "Airflow has not read the closed DAG yet")
            return
        streams = realtime_dag_id_of(client_id, self.registry.platform)
        of_dag = {run: one for one in (dag_id, streams) for run in self.airflow.runs_in_flight(one)}
        runs = list(of_dag)
        if runs and not self._out_of_patience(client_id):
            yield Line(client_id, DRAINING, f"waits for {', '.join(runs)}")
            return
        for run_id in runs:
            self.airflow.end_run(of_dag[run_id], run_id)
            self.registry.audit(client_id, "run ended", self.actor, {"run": run_id})
            yield Line(client_id, ENDED, f"{run_id} did not end within {self.patience}")
        try:
            yield from self._let_go(client_id, dag_id, revision)
        except ConflictError as conflict:
            yield Line(client_id, CONFLICT, f"is not removed: {conflict}")

    def _let_go(self, client_id: str, dag_id: str, revision: int) -> Iterator[Line]:
        """Remove it as it was when this round looked: whoever brought it back meanwhile is not overruled."""
        forgotten = self._to_forget(client_id)
        why = "no run is in flight" + ("; its history in Airflow goes" if forgotten else "")
        signed = {"origin": CLI, "actor": self.actor, "why": why}
        made = self.registry.set_status(client_id, GONE, expected=revision, **signed)
        gone = {client_id: Head(made.status, made.revision, made.checksum, made.origin)}
        self.files.change(
            [FileChange(client_path(client_id), None)], lambda connection: self._still(connection, gone)
        )
        yield Line(client_id, REMOVED, why)
        for one in (dag_id, realtime_dag_id_of(client_id, self.registry.platform)) if forgotten else ():
            try:
                self.airflow.delete_dag(one)
            except RunnerError as error:  # nobody tries again: it is removed
                yield Line(client_id, FAILED, f"{one} is still to be deleted in Airflow by hand: {error}")

    def _still(self, connection: Connection, looked_at: Mapping[str, Head]) -> bool:
        """Are clients what they were when this round looked at them?"""
        now = self.registry.heads_in(connection)
        return all(now.get(client_id) == head for client_id, head in looked_at.items())

    def _is_closed(self, client_id: str, dag_id: str) -> bool:
        """Until Airflow has read the closed version, a schedule may still start a run.

        The description tells that it has: a version's name alone may stand at what was read before.
        """
        dag, reason = self.airflow.dag(dag_id), _reason(client_id, LEAVING)
        live = is_live(self.airflow, self.files, dag_id, client_path(client_id))
        return dag is None or (live and dag["description"] == reason)

    def _out_of_patience(self, client_id: str) -> bool:
        known = self.registry.configuration(client_id)
        return known is not None and utcnow() - known.updated_at > self.patience

    def _to_forget(self, client_id: str) -> bool:
        """Was its history asked to go by this removal? One that was called off had a beginning of its own."""
        words = [event.action for event in self.registry.events(client_id)]
        last = max((place for place, word in enumerate(words) if word == LEAVING), default=0)
        return FORGET in words[last:]

    def _closed(self, client_id: str, status: str) -> bytes:
        dag_id = dag_id_of(client_id, self.registry.platform)
        stream = realtime_dag_id_of(client_id, self.registry.platform)
        text = _CLOSED if self.airflow.dag(stream) is None else _CLOSED + _CLOSED_STREAM
        reason = _reason(client_id, status)
        return text.format(client=client_id, dag_id=dag_id, stream=stream, reason=reason).encode()


def _reason(client_id: str, status: str) -> str:
    return f"{client_id} is {'being removed' if status == LEAVING else status}: it takes no new runs"
