"""An Airflow to run clients on: the one that runs already, or one that lives as long as a command."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from rich.console import Console

from medallion.clients import Client
from medallion.embedded.resting import lay_to_rest
from medallion.embedded.runner import EmbeddedAirflow
from medallion.embedded.running import running_airflow
from medallion.exceptions import RunnerError
from medallion.pipeline import dag_id_of
from medallion.settings import Settings


def dag_of(client: Client) -> str:
    """The id of a client's DAG."""
    return dag_id_of(client.id, client.platform)


@contextmanager
def airflow_at_hand(
    settings: Settings, clients: Sequence[Client], console: Console
) -> Iterator[EmbeddedAirflow]:
    """The Airflow that runs already, or one that is stopped behind it.

    Args:
        settings: the installation.
        clients: whose DAGs it has when it is handed out. What an earlier command left of their runs in the
            middle is at rest by then, if the Airflow is a new one.
        console: shows what is waited for.

    Raises:
        RunnerError: if it does not start.
    """
    airflow = EmbeddedAirflow(settings)
    if running_airflow(settings):
        try:
            airflow.wait_for_dags(map(dag_of, clients))
            yield airflow
        finally:
            airflow.stop()  # our connections to it: it goes on
        return
    with stopped_by_signals():
        start_with(airflow, clients, console)
        try:
            for client in clients:
                lay_to_rest(airflow.client, dag_of(client))
            yield airflow
        finally:
            with console.status("stopping Airflow"):
                airflow.stop()


def start_with(airflow: EmbeddedAirflow, clients: Sequence[Client], console: Console) -> None:
    """Start an Airflow and wait until it has the DAGs of some clients; it is stopped if that fails."""
    with console.status("starting Airflow") as status:
        airflow.start(lambda missing: status.update(f"starting Airflow: {missing or 'ready'}"))
        status.update("reading the DAGs")
        try:
            airflow.wait_for_dags(map(dag_of, clients))
        except BaseException:
            airflow.stop()
            raise


def dag_that_runs(airflow: EmbeddedAirflow, client: Client) -> str:
    """Return the id of a client's DAG.

    Raises:
        RunnerError: if Airflow does not have it, or holds its runs back.
    """
    dag_id = dag_of(client)
    dag = airflow.client.dag(dag_id)
    if dag is None:
        raise RunnerError(f"Airflow has no DAG {dag_id}: `medallion validate` says why")
    if dag["is_paused"]:
        raise RunnerError(f"{dag_id} is paused: let it go on in Airflow's UI, at {airflow.url}/dags/{dag_id}")
    return dag_id


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end what is in progress as Ctrl-C does: tidily.

    What whoever started this chose to ignore stays ignored, as `nohup` does.
    """

    def interrupt(number: int, _: FrameType | None) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    heeded = [one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) != signal.SIG_IGN]
    before = {one: signal.signal(one, interrupt) for one in heeded}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
