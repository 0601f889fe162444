"""When a file of the bundle is what Airflow runs, so that "update, then trigger" runs the new one."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any

from medallion.airflow_api import AirflowClient
from medallion.airflow_api.health import is_since
from medallion.exceptions import NotLiveError, RegistryError
from medallion.registry import DagFiles

_POLL_SECONDS = 0.5
#: Airflow's next look at the file may be long off if it read the one before a moment ago.
_PARSE_AGAIN_SECONDS = 20.0
#: Airflow ends a reading after 50 s, and looks for changes of the bundle every few.
_LONGEST_PARSE_SECONDS = 60.0


def wait_until_live(
    airflow: AirflowClient,
    files: DagFiles,
    dag_id: str,
    path: str,
    *,
    version: str,
    since: float,
    seconds: float,
) -> None:
    """Wait until a run that is triggered now would run a file as it is in a version of the bundle.

    Airflow writes what it has parsed down under the version that the bundle has by then, also where it had
    begun to parse before the bundle changed: the first answer that looks right is believed once the file has
    been parsed once more, or if Airflow did not know the DAG before.

    Args:
        airflow: Airflow's API.
        files: the bundle's.
        dag_id: the DAG that the file makes.
        path: the file, inside the bundle.
        version: the one that the caller made; a later one with the same file is as good.
        since: when it was changed, in seconds since 1970: older import errors are not about it.
        seconds: how long at most.

    Raises:
        NotLiveError: if Airflow cannot import the file, it was changed meanwhile, or it takes too long.
    """
    wanted, end = _checksum(files, version, path), time.monotonic() + seconds
    again = time.monotonic() + _PARSE_AGAIN_SECONDS
    # A version's files never change: each is asked for once.
    contains = cache(lambda version: _checksum(files, version, path) == wanted)
    half_read = "" if airflow.dag(dag_id) is None else None
    while True:
        dag = airflow.dag(dag_id)
        if dag and _is_live(dag, path, contains):
            parsed = dag["last_parsed_time"]
            if half_read is None and not is_since(parsed, since + _LONGEST_PARSE_SECONDS):
                half_read = parsed
                airflow.parse_again(dag_id)
            elif parsed != half_read:
                return
        for file, trace in airflow.import_errors(since).items():
            if file.endswith(path):
                raise NotLiveError(f"Airflow cannot import {path}:\n{trace}")
        if files.tree().get(path) != wanted:
            raise NotLiveError(f"{dag_id} was changed or deleted by someone else meanwhile")
        if time.monotonic() > end:
            raise NotLiveError(
                f"Airflow does not have {dag_id} as it is in {path} after {seconds:.0f} s: does the file "
                "make a DAG with that dag_id, and does the DAG processor run?"
            )
        if dag and time.monotonic() > again:
            again = time.monotonic() + _PARSE_AGAIN_SECONDS
            airflow.parse_again(dag_id)
        time.sleep(_POLL_SECONDS)


def is_live(airflow: AirflowClient, files: DagFiles, dag_id: str, path: str) -> bool:
    """Say whether a run that is triggered now would run a file as it is now."""
    wanted = files.tree().get(path)
    return _is_live(airflow.dag(dag_id), path, lambda version: _checksum(files, version, path) == wanted)


def _is_live(dag: dict[str, Any] | None, path: str, contains: Callable[[str], bool]) -> bool:
    """Both are asked for: a run takes its tasks from the DAG's version, and its code from the bundle's."""
    if dag is None or dag["is_stale"] or dag["relative_fileloc"] != path:
        return False
    versions = ((dag.get("latest_dag_version") or {}).get("bundle_version"), dag["bundle_version"])
    return all(version is not None and contains(version) for version in versions)


def _checksum(files: DagFiles, version: str, path: str) -> str | None:
    try:
        return files.tree(files.number_of(version)).get(path)
    except RegistryError:  # a version of another bundle, from before the file was here
        return None
