"""Keeps Airflow from calling back for each dbt node's task.

Airflow 3.3 asks the DAG processor for a callback of every task that a trigger ends, whether it has one or not
(``handle_event_submit`` in ``airflow.models.trigger``), and for these the DAG processor parses the client's
file again and again: a core, for as long as the run takes. Nodes' tasks have no callbacks; the layer's build
tells what there is to tell. So these requests are not written down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@hookimpl
def on_starting(component: Any) -> None:
    """Watch what a part of Airflow writes to Airflow's database.

    Args:
        component: the part's job; it is told of before it knows whether it is the triggerer's. Of a task,
            which has no database, something else.
    """
    if hasattr(component, "job_type"):
        from sqlalchemy import event
        from sqlalchemy.orm import Session

        if not event.contains(Session, "before_flush", leave_out):
            event.listen(Session, "before_flush", leave_out)


def leave_out(session: Session, *_: Any) -> None:
    """Take the requests for callbacks of nodes' tasks out of what is about to be written."""
    from airflow.models.callback import DagProcessorCallback

    for one in [one for one in session.new if isinstance(one, DagProcessorCallback)]:
        if _is_of_node(one.get_callback_request(), session):
            session.expunge(one)


def _is_of_node(request: Any, session: Session) -> bool:
    from airflow.callbacks.callback_requests import TaskCallbackRequest
    from airflow.models.taskinstance import TaskInstance

    from medallion.orchestration.nodes import DbtNodeTask

    if not isinstance(request, TaskCallbackRequest):
        return False
    # The session has the task at hand: it was read to be ended.
    task = session.get(TaskInstance, request.ti.id)
    return task is not None and task.operator == DbtNodeTask.__name__
