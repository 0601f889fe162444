"""Nothing invalid is stored: what comes through API or command line is held against what there is today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medallion.clients import Catalog, Client
from medallion.clients.check import checked
from medallion.clients.declared import read_built
from medallion.clients.known import Known
from medallion.clients.loader import one_writer, unfit
from medallion.clients.problem import Flaw, dotted, shown
from medallion.clients.reading import named
from medallion.exceptions import ConfigError
from medallion.registry.definition import Definition
from medallion.settings import Settings


def check_config(
    client_id: str, config: Mapping[str, Any], catalog: Catalog, settings: Settings, *, platform: str
) -> Definition:
    """Make a definition from a plain dict of the shape of a client's file.

    Args:
        client_id: the client's id.
        config: its keys; what it leaves out is inherited from ``defaults.yml``.
        catalog: what ``configs/`` declares today.
        settings: where the dbt project is.
        platform: whose client it is to be.

    Returns:
        The client with its sources and destination.

    Raises:
        ConfigError: if something is wrong; the text has a line for each problem, with its key.
    """
    if not isinstance(config, Mapping):
        raise ConfigError(f"client {shown(client_id)}: must be a map of keys, is {shown(config)}")
    own, flaws = named("id", client_id, config)
    own, moved = _on(platform, own)
    known = Known(catalog.sources, catalog.destinations, catalog.rules or None, one_writer(settings.target))
    client, wrong = checked(Client, {**catalog.defaults, **own}, known)
    built = read_built(settings.dbt_project) or frozenset[str]()
    flaws += [*moved, *wrong, *(unfit(client, catalog.rules, built) if client else [])]
    if client is None or flaws:
        told = [f"client {shown(client_id)}: {dotted(flaw.loc)}: {flaw.message}" for flaw in flaws]
        raise ConfigError("\n".join(told))
    return Definition.of(client, catalog)


def check_definition(definition: Definition, catalog: Catalog, settings: Settings) -> None:
    """Hold a definition from the past against what there is today.

    Args:
        definition: a client as it once was, with sources and destination as they once were.
        catalog: what ``configs/`` declares today.
        settings: where the dbt project is.

    Raises:
        ConfigError: if the project could not run it any more; the text has a line for each problem.
    """
    client = definition.client
    facts = client.model_dump(mode="json")
    check_config(client.id, facts, catalog, settings, platform=client.platform)


def _on(platform: str, own: Mapping[str, Any]) -> tuple[dict[str, Any], list[Flaw]]:
    """Put a client on a platform; to name another one is a flaw."""
    said = own.get("platform", platform)
    text = f"must be {platform!r}, the platform it is written to, is {shown(said)}"
    return {**own, "platform": platform}, [] if said == platform else [Flaw(("platform",), text)]
