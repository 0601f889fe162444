"""One client as ``medallion show`` prints it: live, with what its file says beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from medallion.clients import Catalog, status_of
from medallion.clients.catalog import Origin
from medallion.clients.render import client_panel
from medallion.registry.changes import Changes, changes_between
from medallion.registry.definition import Definition
from medallion.registry.find import live_client, live_ids, registry_of
from medallion.registry.records import Configuration, Revision
from medallion.registry.render import STYLES, change_lines
from medallion.settings import Settings


@dataclass(frozen=True)
class Showing:
    """A client with all that is to be said of it.

    Attributes:
        definition: what is shown: the live one, or the file's where it is not live.
        status: the registry's, or the file's.
        file: its file; blank if it has none that can be read.
        origins: where its values are set, if they are its file's.
        live: the registry's entry; None while it is not applied.
        last: the revision that is live.
        waiting: what the file says otherwise, by key.
    """

    definition: Definition
    status: str
    file: str
    origins: Mapping[str, Origin]
    live: Configuration | None
    last: Revision | None
    waiting: Changes

    def facts(self) -> dict[str, Any]:
        """Return it as plain values."""
        client = self.definition.client
        places = {ref.name: self.definition.catalog.location(client, ref.name) for ref in client.data_sources}
        return {
            "id": client.id,
            "status": self.status,
            "config": client.model_dump(mode="json"),
            "locations": places,
            "file": self.file or None,
            "origins": {key: origin._asdict() for key, origin in self.origins.items()},
            "registry": self._registry(),
            "file_says": {key: {"live": one.old, "file": one.new} for key, one in self.waiting.items()},
        }

    def parts(self) -> Iterator[RenderableType]:
        """Draw it: the values, then what the file says otherwise."""
        yield client_panel(self.definition.client, self.status, self._heading(), self.origins)
        if self.waiting:
            yield Text(f"{self.file} says otherwise:", "magenta")
            yield from change_lines(self.waiting, ("live ", "file "))

    def _heading(self) -> Text:
        style = STYLES.get(self.status, "green" if self.status == "enabled" else "yellow")
        rows = [("status", Text(self.status, style)), ("file", Text(self.file or "none"))]
        if self.live is None:
            rows.append(("live", Text("not yet: `medallion apply`", "yellow")))
        elif self.last:
            by = f"revision {self.live.revision} by {self.last.actor} ({self.last.origin})"
            rows.append(("live", Text(f"{by}, {self.last.created_at:%Y-%m-%d %H:%M:%S} UTC")))
            rows.append(("why", Text(self.last.why)))
        return Text("\n").join(Text.assemble((f"{name:8}", "dim"), said) for name, said in rows)

    def _registry(self) -> dict[str, Any] | None:
        if self.live is None or self.last is None:
            return None
        return {
            "platform": self.live.platform,
            "revision": self.live.revision,
            "origin": self.last.origin,
            "actor": self.last.actor,
            "why": self.last.why,
            "at": f"{self.last.created_at:%Y-%m-%d %H:%M:%S}",
        }


def showing(client_id: str, catalog: Catalog, settings: Settings) -> Showing:
    """Look a client up in registry and files.

    Raises:
        ConfigError: if there is no such client, or only a broken file of it.
    """
    live = live_client(settings, client_id)
    if live is None:
        client = catalog.client(client_id, live_ids(settings))
        definition, status = Definition.of(client, catalog), status_of(client, catalog, settings)
        origins = catalog.origins[client_id]
        return Showing(definition, status, catalog.file(client_id), origins, None, None, {})
    last = registry_of(settings, live.platform).revision(client_id, live.revision)
    if client_id not in catalog.clients:
        problems = catalog.problems_of(client_id)
        file = f"{problems[0].file}, which is broken: `medallion validate`" if problems else ""
        return Showing(live.definition, live.status, file, {}, live, last, {})
    wanted = Definition.of(catalog.clients[client_id], catalog)
    same = wanted.checksum == live.checksum
    origins = catalog.origins[client_id] if same else {}
    waiting = {} if same else changes_between(live.definition, wanted)
    return Showing(live.definition, live.status, catalog.file(client_id), origins, live, last, waiting)
