"""Changes of one client that no file asks for: by command, or through the API."""

from __future__ import annotations

from medallion.clients import Catalog
from medallion.exceptions import RegistryError
from medallion.registry.check import check_definition
from medallion.registry.records import ACTIVE, DISABLED, DRAINING, REMOVED, Configuration
from medallion.registry.store import Registry
from medallion.registry.sync import leaving_status, with_dag
from medallion.settings import Settings

#: The audit log's word for a removal that is to take the DAG's history in Airflow along.
FORGET = "forget"


def roll_back(
    registry: Registry,
    client_id: str,
    revision: int,
    catalog: Catalog,
    settings: Settings,
    *,
    origin: str,
    actor: str,
    why: str = "",
    expected: int | None = None,
) -> Configuration:
    """Make a client what it was at one of its revisions, as a revision of its own.

    Args:
        registry: of the client's platform.
        client_id: whose.
        revision: the one to go back to.
        catalog: what ``configs/`` declares today.
        settings: where the dbt project is.
        origin: cli or api.
        actor: who wants it.
        why: in their words.
        expected: the revision it was when they looked; None for the one it is now.

    Raises:
        RegistryError: if there is no such client or revision, or it was not running then.
        ConfigError: if the project could not run it any more.
        ConflictError: if someone changed it meanwhile.
    """
    live = _known(registry, client_id)
    wanted = registry.revision(client_id, revision)
    if wanted is None:
        raise RegistryError(
            f"{client_id} has the revisions 1 to {live.revision}, and none of number {revision}"
        )
    if wanted.status not in (ACTIVE, DISABLED):
        raise RegistryError(f"at revision {revision} {client_id} was {wanted.status}; choose an earlier one")
    if wanted.definition is None:
        raise RegistryError(
            f"this Medallion does not understand {client_id} at revision {revision}: {wanted.problem}"
        )
    check_definition(wanted.definition, catalog, settings)
    return registry.put(
        client_id,
        wanted.definition,
        status=wanted.status,
        origin=origin,
        actor=actor,
        why=why or f"back to revision {revision}",
        expected=live.revision if expected is None else expected,
        action="rolled back",
    )


def disable(
    registry: Registry, client_id: str, *, origin: str, actor: str, why: str = "", expected: int | None = None
) -> Configuration:
    """Let a client have no new runs; those in flight end.

    Raises:
        RegistryError: if there is no such client, or it is being removed or was.
        ConflictError: if someone changed it meanwhile.
    """
    _known(registry, client_id, DRAINING, REMOVED)
    return registry.set_status(client_id, DISABLED, origin=origin, actor=actor, why=why, expected=expected)


def enable(
    registry: Registry,
    client_id: str,
    catalog: Catalog,
    settings: Settings,
    *,
    origin: str,
    actor: str,
    why: str = "",
    expected: int | None = None,
) -> Configuration:
    """Let a client run that is disabled, is being removed, or was.

    Raises:
        RegistryError: if there is no such client.
        ConfigError: if the project could not run it any more.
        ConflictError: if someone changed it meanwhile.
    """
    check_definition(_known(registry, client_id).definition, catalog, settings)
    return registry.set_status(
        client_id, ACTIVE, origin=origin, actor=actor, why=why, expected=expected, action="enabled"
    )


def remove(
    registry: Registry,
    client_id: str,
    *,
    origin: str,
    actor: str,
    why: str = "",
    expected: int | None = None,
    forget: bool = False,
) -> Configuration:
    """Take a client out: it drains until its runs in flight have ended, or is removed at once without a DAG.

    Args:
        registry: of the client's platform.
        client_id: whose.
        origin: cli or api.
        actor: who wants it.
        why: in their words.
        expected: the revision it was when they looked; None for the one it is now.
        forget: ask for the history of its DAG in Airflow to go as well.

    Raises:
        RegistryError: if there is no such client, or it was removed.
        ConflictError: if someone changed it meanwhile.
    """
    _known(registry, client_id, REMOVED)
    status = leaving_status(client_id, with_dag(registry))
    made = registry.set_status(client_id, status, origin=origin, actor=actor, why=why, expected=expected)
    if forget:
        registry.audit(client_id, FORGET, actor, {"why": why})
    return made


def _known(registry: Registry, client_id: str, *refused: str) -> Configuration:
    live = registry.configuration(client_id)
    if live is None:
        raise RegistryError(f"there is no client {client_id!r} in the registry")
    if live.status in refused:
        raise RegistryError(f"{client_id} is {live.status}; `medallion enable {client_id}` brings it back")
    return live
