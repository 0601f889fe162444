"""One round: files → registry → bundle → Airflow, each only where it is behind the one before."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TypedDict

from medallion.airflow_api import AirflowClient
from medallion.bundle import Published, client_path, files_of, publish
from medallion.bundle.live import wait_until_live
from medallion.clients import Catalog, load_catalog
from medallion.creator import expire
from medallion.database import utcnow
from medallion.exceptions import MedallionError, NotLiveError
from medallion.factory import report as say
from medallion.factory.account import account, account_refusal
from medallion.factory.asked import Action, Asked
from medallion.factory.drain import Drain
from medallion.factory.report import Line, Report
from medallion.pipeline import dag_id_of
from medallion.registry import (
    ACTIVE,
    API,
    DRAINING,
    REMOVED,
    DagFiles,
    Registry,
    SyncPlan,
    by_hand,
    sync,
)
from medallion.registry.check import check_config
from medallion.registry.find import registry_of
from medallion.settings import Settings

#: Who did what nobody asked for, in the audit log.
ACTOR = "medallion_factory"
#: How long Airflow may take to read the files that a round changed.
_LIVE_SECONDS = 120.0


def bring_up_to_date(
    settings: Settings, catalog: Catalog, *, actor: str, why: str = "", confirmed: bool = False
) -> Report:
    """Take the files' changes into the registry, and make the DAG files that are behind; Airflow may be down.

    Args:
        settings: the installation; its first platform is meant.
        catalog: what the files say.
        actor: who wants it.
        why: in their words.
        confirmed: let even more clients leave than may go unasked.

    Returns:
        What was done, and what is wrong.
    """
    registry = registry_of(settings)
    done = sync(catalog, registry, settings, actor=actor, why=why, confirmed=confirmed)
    published = publish(settings, registry)
    return Report.of(settings.platform, published.version, [*_synced(done), *_published(published, done)])


def go_round(settings: Settings, airflow: AirflowClient, asked: Asked, *, actor: str) -> Report:
    """Do what was asked for, then bring files, registry, bundle and Airflow in step.

    Args:
        settings: the installation; its first platform is meant.
        airflow: the Airflow that runs the platform's bundle.
        asked: what a caller wants of one client.
        actor: who asks, for the audit log.

    Returns:
        What was found and done; the clients that changed are live when it returns.

    Raises:
        ConfigError: if what was asked for is not valid; nothing was changed by it.
        RegistryError: if there is no such client or revision, or someone changed it meanwhile.
    """
    started = time.time()
    registry, catalog = registry_of(settings), load_catalog(settings.configs)
    try:
        lines = list(_do(asked, registry, catalog, settings, actor))
    except MedallionError as error:
        account_refusal(registry, asked, error, actor=actor)
        raise
    done = sync(catalog, registry, settings, actor=actor, why=asked.why, confirmed=asked.confirmed)
    published = publish(settings, registry)
    drain = Drain(registry, files_of(registry), airflow, ACTOR, timedelta(seconds=settings.drain_seconds))
    closed = drain.close()
    lines += [*_synced(done), *_published(published, done), *closed]
    changed = [*published.rendered, *(line.subject for line in closed)]
    lines += [*_lagging(changed, drain.files, airflow, since=started, platform=registry.platform)]
    lines += drain.remove()
    gone = expire(registry, utcnow(), busy=lambda dag_id: bool(airflow.runs_in_flight(dag_id)), actor=ACTOR)
    lines += [Line(dag_id, say.EXPIRED) for dag_id in gone]
    told = {line.subject for line in lines}
    lines += [line for line in _behind(registry, airflow) if line.subject not in told]
    report = Report.of(settings.platform, drain.files.current()[1], _merged(lines))
    account(registry, report, actor=ACTOR)
    return report


def _do(asked: Asked, registry: Registry, catalog: Catalog, settings: Settings, actor: str) -> Iterator[Line]:
    """Make the change that was asked for."""
    if asked.action is Action.SYNC:
        return
    client_id = asked.client or ""
    before = registry.heads().get(client_id)
    signed = _Signed(origin=API, actor=actor, why=asked.why, expected=asked.expected)
    if asked.action is Action.PUT:
        config = dict(asked.config or {})
        definition = check_config(client_id, config, catalog, settings, platform=registry.platform)
        made = registry.put(client_id, definition, status=ACTIVE, **signed)
    elif asked.action is Action.ROLLBACK:
        made = by_hand.roll_back(registry, client_id, asked.revision or 0, catalog, settings, **signed)
    elif asked.action is Action.DISABLE:
        made = by_hand.disable(registry, client_id, **signed)
    elif asked.action is Action.ENABLE:
        made = by_hand.enable(registry, client_id, catalog, settings, **signed)
    else:
        made = by_hand.remove(registry, client_id, forget=asked.forget, **signed)
    words = {DRAINING: say.DRAINING, REMOVED: say.REMOVED}
    word = say.CREATED if before is None or before.status == REMOVED else say.UPDATED
    told = f"{asked.action.value} by {actor}: revision {made.revision}, {made.status}"
    yield Line(client_id, words.get(made.status, word), told)


class _Signed(TypedDict):
    origin: str
    actor: str
    why: str
    expected: int | None


def _synced(done: SyncPlan) -> Iterator[Line]:
    for step in done.steps:
        changes = ", ".join(f"{key}: {change.old} → {change.new}" for key, change in step.changes.items())
        yield Line(step.client_id, step.word, changes or step.file)
    for name, problems in done.invalid.items():
        yield Line(name, say.INVALID, "; ".join(problems))
    for name, reason in done.conflicts.items():
        yield Line(name, say.CONFLICT, reason)
    for name, reason in done.failed.items():
        yield Line(name, say.FAILED, reason)
    if done.refusal:
        yield Line(done.platform, say.REFUSED, done.refusal)
    for name in done.unchanged:
        yield Line(name, say.UNCHANGED)


def _published(published: Published, done: SyncPlan) -> Iterator[Line]:
    told = {step.client_id for step in done.steps}
    for name in published.rendered:
        if name not in told:
            yield Line(name, say.UPDATED, "its DAG is made anew")
    for name, reason in published.failures.items():
        yield Line(name, say.FAILED, reason)


def _lagging(
    client_ids: Iterable[str], files: DagFiles, airflow: AirflowClient, *, since: float, platform: str
) -> Iterator[Line]:
    """Wait until what changed is live, so that whoever triggers a run then gets the new version."""
    version = files.current()[1]
    for client_id in client_ids:
        place = (dag_id_of(client_id, platform), client_path(client_id))
        try:
            wait_until_live(airflow, files, *place, version=version, since=since, seconds=_LIVE_SECONDS)
        except NotLiveError as error:
            yield Line(client_id, say.FAILED, str(error))


def _behind(registry: Registry, airflow: AirflowClient) -> Iterator[Line]:
    """What Airflow makes of the active clients' files: a DAG that it cannot read has somebody's attention."""
    errors = airflow.import_errors()
    for client_id, head in registry.heads().items():
        path = client_path(client_id)
        told = next((error for file, error in errors.items() if file.endswith(path)), "")
        if head.status == ACTIVE and told:
            yield Line(client_id, say.FAILED, f"Airflow cannot read its DAG: {told.strip().splitlines()[-1]}")


def _merged(lines: list[Line]) -> list[Line]:
    """A client is not unchanged if anything else is said of it, and nothing is said twice."""
    changed = {line.subject for line in lines if line.word != say.UNCHANGED}
    kept = [line for line in lines if line.word != say.UNCHANGED or line.subject not in changed]
    return list(dict.fromkeys(kept))
