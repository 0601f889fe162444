"""A client with everything its DAG is made from: no other file is read for it any more."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medallion.clients import Catalog, Client, Destination, SourceContract


@dataclass(frozen=True)
class Definition:
    """A valid client, the contracts of its sources and its destination.

    A revision of the registry is one of these, so that going back to it brings back all of it.
    """

    client: Client
    sources: Mapping[str, SourceContract]
    destination: Destination

    @classmethod
    def of(cls, client: Client, catalog: Catalog) -> Definition:
        """Take from a catalog what a client of it names."""
        names = sorted(source.name for source in client.data_sources)
        sources = {name: catalog.sources[name] for name in names}
        return cls(client, sources, catalog.destinations[client.destination])

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Definition:
        """Read what :meth:`facts` gave.

        Raises:
            pydantic.ValidationError: if it is not what this version of Medallion understands.
        """
        return cls(
            Client.model_validate(facts["client"]),
            {name: SourceContract.model_validate(said) for name, said in facts["sources"].items()},
            Destination.model_validate(facts["destination"]),
        )

    def facts(self, *, defaults: bool = True) -> dict[str, Any]:
        """Return plain values that JSON can carry: ``client``, ``sources`` by name, ``destination``.

        Args:
            defaults: whether also those that are what they are unless somebody says otherwise.
        """
        how: dict[str, Any] = {"mode": "json", "exclude_defaults": not defaults}
        return {
            "client": self.client.model_dump(**how),
            "sources": {name: said.model_dump(**how) for name, said in self.sources.items()},
            "destination": self.destination.model_dump(**how),
        }

    def text(self) -> str:
        """Return the facts as JSON, the same text for equal definitions."""
        return _text(self.facts())

    @property
    def checksum(self) -> str:
        """SHA-256, in hexadecimal, of what differs from the defaults.

        A field that a later version of Medallion adds leaves it as it is: a sync compares by it, and would
        take every client for changed, and undo what was done by hand.
        """
        return hashlib.sha256(_text(self.facts(defaults=False)).encode()).hexdigest()

    @property
    def catalog(self) -> Catalog:
        """The definition as a catalog of its own, as the DAG asks for sources and destination."""
        return Catalog(
            {self.client.id: self.client}, dict(self.sources), {self.destination.name: self.destination}
        )


def _text(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
