"""From a request to a DAG in the registry, and on to one that Airflow runs."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

from medallion.creator.errors import CreatorError, NotLiveError
from medallion.creator.request import DagRequest
from medallion.creator.store import CreatedDags, Made
from medallion.creator.templates import read_template
from medallion.exceptions import RegistryError
from medallion.registry import Registry
from medallion.settings import Settings

_POLL_SECONDS = 0.5
#: Airflow leaves an update alone that comes too soon after the last one, and says so nowhere.
_PARSE_AGAIN_SECONDS = 15.0


class Airflow(Protocol):
    """What is asked of Airflow's REST API."""

    def dag(self, dag_id: str) -> dict[str, Any] | None:
        """Return a DAG; None while Airflow has not parsed it."""

    def import_errors(self, since: float = 0.0) -> dict[str, str]:
        """Return what Airflow could not parse since a moment: file → traceback."""

    def parse_again(self, dag_id: str) -> None:
        """Have a DAG's file parsed now."""


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


def refuse_foreign(airflow: Airflow, request: DagRequest) -> None:
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


def wait_until_live(
    airflow: Airflow, dags: CreatedDags, made: Made, *, since: float, seconds: float = 120.0
) -> None:
    """Wait until a run that is triggered now would run what was made.

    Args:
        airflow: Airflow's API.
        dags: where it was made.
        made: what is waited for.
        since: when the request came, in seconds since 1970: older import errors are not about it.
        seconds: how long at most.

    Raises:
        NotLiveError: if Airflow cannot import the file, the DAG was changed meanwhile, or it takes too long.
    """
    path, end = made.dag.path, time.monotonic() + seconds
    again = time.monotonic() + _PARSE_AGAIN_SECONDS
    # A version's files never change: each is asked for once.
    contains = cache(lambda version: _checksum(dags, version, path) == made.checksum)
    while not _is_live(airflow.dag(made.dag.dag_id), path, contains):
        for file, trace in airflow.import_errors(since).items():
            if file.endswith(path):
                raise NotLiveError(f"Airflow cannot import {path}:\n{trace}")
        if dags.files.tree().get(path) != made.checksum:
            raise NotLiveError(f"{made.dag.dag_id} was changed or deleted by someone else meanwhile")
        if time.monotonic() > end:
            raise NotLiveError(
                f"Airflow does not have {made.dag.dag_id} as it is in {path} after {seconds:.0f} s: does the "
                "template make a DAG with that dag_id, and does the DAG processor run?"
            )
        if time.monotonic() > again and airflow.dag(made.dag.dag_id):
            again = time.monotonic() + _PARSE_AGAIN_SECONDS
            airflow.parse_again(made.dag.dag_id)
        time.sleep(_POLL_SECONDS)


def _is_live(dag: dict[str, Any] | None, path: str, contains: Callable[[str], bool]) -> bool:
    """Both are asked for: a run takes its tasks from the DAG's version, and its code from the bundle's."""
    if dag is None or dag["is_stale"] or dag["relative_fileloc"] != path:
        return False
    versions = ((dag.get("latest_dag_version") or {}).get("bundle_version"), dag["bundle_version"])
    return all(version is not None and contains(version) for version in versions)


def _checksum(dags: CreatedDags, version: str, path: str) -> str | None:
    try:
        return dags.files.tree(dags.files.number_of(version)).get(path)
    except RegistryError:  # a version of another bundle, from before the file was here
        return None
