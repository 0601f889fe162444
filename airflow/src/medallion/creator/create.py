"""From a request to a DAG in the registry, and on to one that Airflow runs."""

from __future__ import annotations

import re
import secrets

from medallion.airflow_api import AirflowClient
from medallion.creator.request import DagRequest
from medallion.creator.store import CreatedDags, Made
from medallion.creator.templates import read_template
from medallion.exceptions import CreatorError
from medallion.registry import Registry
from medallion.settings import Settings


def create_dag(settings: Settings, registry: Registry, request: DagRequest, *, actor: str) -> Made:
    """Render a DAG and put it into the registry, whose bundle brings it to Airflow.

    Args:
        settings: where the templates are.
        registry: the platform's.
        request: what is asked for.
        actor: who asks.

    Raises:
        CreatorError: if the template is missing or broken, or the id another DAG's; nothing is written.
    """
    content = read_template(settings, request.template).render(request)
    return CreatedDags(registry).put(request, content, actor=actor)


def unique_id(template: str, owner: str) -> str:
    """Make an id for an owner's DAG that no other has: ``cleanup_dag__project_42__1f3a5c7e``."""
    readable = re.sub(r"[^a-z0-9]+", "_", owner.lower()).strip("_")[:80]
    return "__".join(part for part in (template, readable, secrets.token_hex(4)) if part)


def refuse_foreign(airflow: AirflowClient, request: DagRequest) -> None:
    """Refuse an id that is the DAG of another file.

    Raises:
        CreatorError: if Airflow has such a DAG.
    """
    dag = airflow.dag(request.dag_id)
    if dag and not dag["is_stale"] and dag["relative_fileloc"] != request.path:
        raise CreatorError(
            f"dag_id: {request.dag_id} is a DAG of the file {dag['relative_fileloc']} in "
            f"{dag['bundle_name']}; choose another id"
        )
