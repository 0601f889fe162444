"""The whole fleet: each client with its last runs, the worst first.

=================  =======================================================================================
``format``         2; grows with any change of the keys: an index of another format is made anew
``written_at``     when this was written
``counts``         of clients by how their last run ended: ``clients``, ``delivered``, ``failed``,
                   ``no_report``
``clients``        each: ``id``; ``status``, None unless somebody who knows said it; ``unreported``: a run
                   that has started and has no report yet, None or ``run_id``, ``interval_start``,
                   ``started_at``; ``missing``: intervals that did not land, each: ``hole`` (later ones did),
                   ``intervals``: how many, ``first``, ``last``: their starts, ``sources``, ``said``: in a
                   sentence, ``todo``: the commands that run them; ``looked_at``: when that was looked for,
                   or None; ``runs``, newest first, each: ``run_id``, ``interval_start``,
                   ``interval_end``, ``started_at``, ``ended_at``, ``seconds``, ``outcome``: delivered or
                   failed, ``reason``: the first, ``score``: the least of the layers', ``threshold``: what
                   that is held to, ``page``: the report, from the client's folder, ``daily``: that of its
                   day, None if there is none, ``timezone``: whose clocks the client runs by
=================  =======================================================================================

Times are ISO 8601 in UTC. What is not known is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from medallion.database import utcnow
from medallion.ledger import Ledger, tables
from medallion.reports.history import Facts

FORMAT = 2
Runs = Mapping[str, Sequence[Facts]]
Statuses = Mapping[str, str]
#: Of a client ``missing`` and ``looked_at``.
Missing = Mapping[str, Facts]


def fleet_facts(
    ledger: Ledger, runs: Runs, statuses: Statuses | None = None, missing: Missing | None = None
) -> Facts:
    """Put the fleet together; the module says which facts there are.

    Args:
        ledger: knows of runs that have no report, or none yet.
        runs: the last runs of each client that has a report, newest first.
        statuses: what the registry says of clients, by id; clients it names are listed without any run, too.
        missing: what did not land of clients, by id.
    """
    started = _last_started(ledger)
    said = statuses or {}
    ids = {*runs, *started, *said}
    unseen: Facts = {"missing": [], "looked_at": None}
    clients = [
        _client(one, runs.get(one, ()), started.get(one), said.get(one)) | (missing or {}).get(one, unseen)
        for one in ids
    ]
    clients.sort(key=_worst_first)
    return {
        "format": FORMAT,
        "written_at": _text(utcnow()),
        "counts": counts_of(clients),
        "clients": clients,
    }


def counts_of(clients: Iterable[Facts]) -> dict[str, int]:
    """How many clients there are, by what became of their last run."""
    ends = [one["runs"][0]["outcome"] if one["runs"] else "" for one in clients]
    return {
        "clients": len(ends),
        "delivered": ends.count("delivered"),
        "failed": ends.count("failed"),
        "no_report": ends.count(""),
    }


def _last_started(ledger: Ledger) -> dict[str, Facts]:
    """The run of each client that was started last."""
    run = tables.run.c
    # A dry run is none of the fleet's: it delivers nothing, and its report lies apart.
    last = select(func.max(run.id)).where(run.dry_run == 0).group_by(run.client_id)
    query = select(run.client_id, run.run_id, run.interval_start, run.started_at).where(run.id.in_(last))
    with ledger.engine.connect() as connection:
        return {
            row.client_id: {
                "run_id": row.run_id,
                "interval_start": _text(row.interval_start),
                "started_at": _text(row.started_at),
            }
            for row in connection.execute(query)
        }


def _client(client_id: str, runs: Sequence[Facts], started: Facts | None, status: str | None) -> Facts:
    # A run that is cleared keeps its id, and one of an older interval may be started later.
    waits = started and all(one["run_id"] != started["run_id"] for one in runs)
    later = started and (not runs or (runs[0]["started_at"] or "") < started["started_at"])
    return {
        "id": client_id,
        "status": status,
        "unreported": started if waits and later else None,
        "runs": list(runs),
    }


def _worst_first(client: Facts) -> tuple[Any, ...]:
    """Failed runs, then those without any report, then by how little room the score has left."""
    if not client["runs"]:
        return 1, 0.0, client["id"]
    last = client["runs"][0]
    room = 1.0 if last["score"] is None else last["score"] - last["threshold"]
    return 0 if last["outcome"] == "failed" else 2, room, client["id"]


def _text(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
