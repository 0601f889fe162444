"""Two things about the callbacks that Airflow 3.3 has its DAG processor make, each of which costs a core.

It asks for one of every task that a trigger ends (``handle_event_submit`` in ``airflow.models.trigger``),
whether the task has one or not, and the DAG processor parses the client's file for it. Nodes' tasks have
none; the layer's build tells what there is to tell. So these requests are not written down.

One of a versioned bundle makes the DAG processor parse the client's file for ever, twice a second: it notes
no time of a parse for a callback (``process_parse_results`` in ``airflow.dag_processing.manager``), takes a
file with a version for another one than the live file, and finds that one's missing time when it asks when
the live file was parsed. So requests are written down without their version: the live file answers them.
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

        if not event.contains(Session, "before_flush", mend):
            event.listen(Session, "before_flush", mend)


def mend(session: Session, *_: Any) -> None:
    """Go through the requests for callbacks that are about to be written."""
    from airflow.models.callback import DagProcessorCallback

    for one in [one for one in session.new if isinstance(one, DagProcessorCallback)]:
        request = one.get_callback_request()
        if _is_of_node(request, session):
            session.expunge(one)
        elif request.bundle_version:
            live = request.model_copy(update={"bundle_version": None})
            one.data = {**one.data, "req_data": live.to_json()}


def _is_of_node(request: Any, session: Session) -> bool:
    from airflow.callbacks.callback_requests import TaskCallbackRequest
    from airflow.models.taskinstance import TaskInstance

    from medallion.orchestration.nodes import DbtNodeTask

    if not isinstance(request, TaskCallbackRequest):
        return False
    # The session has the task at hand: it was read to be ended.
    task = session.get(TaskInstance, request.ti.id)
    return task is not None and task.operator == DbtNodeTask.__name__
