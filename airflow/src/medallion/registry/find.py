"""Where a command finds a client: live in the registry, else in its file."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from medallion.clients import load_catalog
from medallion.exceptions import ConfigError, RegistryError
from medallion.registry.definition import Definition
from medallion.registry.records import ACTIVE, REMOVED, Configuration
from medallion.registry.store import Registry, open_registry
from medallion.settings import Settings


def registry_of(settings: Settings, platform: str | None = None) -> Registry:
    """The registry of one of the installation's platforms; of the first if none is named.

    Raises:
        ConfigError: if the installation has no such platform.
        RegistryError: if its database does not answer.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import OperationalError

    from medallion.connections import shown

    if platform is not None and platform not in settings.platforms:
        known = ", ".join(settings.platforms)
        raise ConfigError(f"there is no platform {platform!r} here; MEDALLION_PLATFORMS names {known}")
    try:
        return open_registry(settings.database_url, platform or settings.platform, settings.fernet_keys)
    except OperationalError as error:
        place = shown(make_url(settings.database_url))
        raise RegistryError(f"the registry at {place} cannot be reached: {_first_line(error)}") from error


def find_live(
    settings: Settings, client_id: str, platform: str | None = None
) -> tuple[Registry, Configuration]:
    """A client of the registry, also a removed one, and the registry of its platform.

    Args:
        settings: the installation.
        client_id: whose.
        platform: where to look; None looks on all of the installation's, where it lives first.

    Raises:
        RegistryError: if the registry never had it, or this version does not understand it.
    """
    registry = find_registry(settings, client_id, platform)
    known = registry.configuration(client_id)
    assert known  # noqa: S101 - a client that is removed keeps its row
    return registry, known


def find_registry(settings: Settings, client_id: str, platform: str | None = None) -> Registry:
    """The registry of a client's platform, whatever it holds of it.

    Args:
        settings: the installation.
        client_id: whose.
        platform: where to look; None looks on all of the installation's, where it lives first.

    Raises:
        RegistryError: if the registry never had it.
    """
    registries = [registry_of(settings, name) for name in ([platform] if platform else settings.platforms)]
    heads = [(one, one.heads().get(client_id)) for one in registries]
    found = [(registry, head) for registry, head in heads if head]
    if not found:
        where = f" of the platform {platform}" if platform else ""
        raise RegistryError(
            f"there is no client {client_id!r} in the registry{where}; `medallion clients` lists them, "
            "`medallion apply` takes those in that have a file"
        )
    return min(found, key=lambda one: one[1].status == REMOVED)[0]


def find_client(settings: Settings, client_id: str) -> Definition:
    """A client with its sources and destination: as it is live, or as its file has it if it is not.

    Args:
        settings: the installation.
        client_id: whose.

    Raises:
        ConfigError: if there is no such client, or only a broken file of it; the text says what is wrong.
    """
    live = live_client(settings, client_id)
    if live:
        return live.definition
    catalog = load_catalog(settings.configs)
    return Definition.of(catalog.client(client_id, live_ids(settings)), catalog)


def live_client(settings: Settings, client_id: str) -> Configuration | None:
    """A client as it is live on any of the installation's platforms; None if it is not, or was removed."""
    for platform in settings.platforms:
        known = registry_of(settings, platform).configuration(client_id)
        if known and known.status != REMOVED:
            return known
    return None


def active_definitions(settings: Settings, but: Collection[str] = ()) -> Iterator[Definition]:
    """The clients of the installation's platforms that have runs now, but for some."""
    for platform in settings.platforms:
        registry = registry_of(settings, platform)
        for key, head in registry.heads().items():
            known = registry.configuration(key) if head.status == ACTIVE and key not in but else None
            if known:
                yield known.definition


def live_ids(settings: Settings) -> set[str]:
    """The ids of all clients that are live on the installation's platforms."""
    heads = [registry_of(settings, platform).heads() for platform in settings.platforms]
    return {key for of_platform in heads for key, head in of_platform.items() if head.status != REMOVED}


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", error)).strip().partition("\n")[0]
