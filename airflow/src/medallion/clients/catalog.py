"""Everything ``configs/`` declares, after reading: what is good, what is wrong, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from medallion.clients.contracts import SourceContract
from medallion.clients.declared import DeclaredRule
from medallion.clients.destinations import Destination
from medallion.clients.model import Client
from medallion.clients.problem import Problem, hint, listed, shown
from medallion.exceptions import ConfigError
from medallion.settings import Settings

ENABLED = "enabled"
DISABLED = "disabled"
NO_DATA = "disabled: no data"
BROKEN = "broken"


class Origin(NamedTuple):
    """Where a client's value came from (``client``, ``defaults``, ``built in``) and the line that says so."""

    layer: str
    at: str


@dataclass(frozen=True)
class Catalog:
    """The good clients, sources and destinations, every problem of every file, and notes on the good ones.

    Attributes:
        clients: by id; a file with ``for_each`` makes several.
        broken: what is wrong with a client's file, by the file's name without its ending.
        platforms: of those files the platform, where that much can be read.
        origins: of each client where its values come from.
        defaults: what ``defaults.yml`` says.
        rules: the rules that the dbt project declares.
    """

    clients: dict[str, Client]
    sources: dict[str, SourceContract]
    destinations: dict[str, Destination]
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    broken: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    platforms: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, Mapping[str, Origin]] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    rules: Mapping[str, DeclaredRule] = field(default_factory=dict)

    def client(self, client_id: str, others: Iterable[str] = ()) -> Client:
        """Return one good client.

        Args:
            client_id: whose.
            others: further ids that may have been meant, such as those the registry alone knows.

        Raises:
            ConfigError: it is broken (the text lists its problems) or not there (the nearest id is named).
        """
        if client_id in self.clients:
            return self.clients[client_id]
        if client_id in self.broken:
            raise ConfigError("\n".join(str(problem) for problem in self.broken[client_id]))
        ids = sorted({*self.clients, *self.broken, *others})
        near = hint(client_id, ids) or f"; known are {listed(ids)}"
        raise ConfigError(f"there is no client {shown(client_id)}{near}")

    def problems_of(self, client_id: str) -> tuple[Problem, ...]:
        """Return what is wrong with the file that makes a client; with ``for_each`` it makes several."""
        stems = [stem for stem in self.broken if client_id == stem or client_id.startswith(f"{stem}__")]
        return self.broken[max(stems, key=len)] if stems else ()

    def file(self, client_id: str) -> str:
        """Return the file of a good client, as a person at the project's root writes it."""
        return self.origins[client_id]["id"].at

    def location(self, client: Client, source: str) -> str:
        """Return where the client's data of a source is: its own override, or the contract's location."""
        own = next((ref.location for ref in client.data_sources if ref.name == source), None)
        return own or self.sources[source].location or ""


def status_of(client: Client, catalog: Catalog, settings: Settings) -> str:
    """Say whether a client runs here.

    Args:
        client: one of the catalog's clients.
        catalog: what the configs declare.
        settings: this installation, which may lack the AdventureWorks files.

    Returns:
        ``enabled``, ``disabled`` (its file says so) or ``disabled: no data`` (a source's files are not here).
    """
    if not client.enabled:
        return DISABLED
    places = [catalog.location(client, ref.name) for ref in client.data_sources]
    lacking = settings.adventureworks is None and any("{adventureworks}" in place for place in places)
    return NO_DATA if lacking else ENABLED
