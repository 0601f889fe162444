"""Registry → the bundle's files: only what is behind is made anew, and one that fails holds up no other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, select
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from medallion.bundle.render import render_client, template_stamp
from medallion.bundle.shapes import MANIFESTS, Shapes, manifest_path, sweep_manifests
from medallion.exceptions import ConfigError, ConflictError, MedallionError
from medallion.ledger import open_ledger
from medallion.ledger.streams import has_streamed
from medallion.pipeline import make_plan, shape_of
from medallion.registry import ACTIVE, REMOVED, DagFiles, FileChange, Registry, tables
from medallion.settings import Settings

#: How long whoever is overtaken by others tries again, in seconds.
_PATIENCE = 60.0
_PART = 500


@dataclass(frozen=True)
class Published:
    """What became of the bundle.

    Attributes:
        number: of its newest version.
        version: that version's name.
        rendered: the clients whose file is new or changed.
        failures: the clients whose file could not be made, with the reason; the one they had stays.
    """

    number: int
    version: str
    rendered: tuple[str, ...] = ()
    failures: Mapping[str, str] = field(default_factory=dict)


def client_path(client_id: str) -> str:
    """Where a client's DAG file is in the bundle."""
    return f"clients/client_{client_id}_pipeline.py"


def client_of(path: str) -> str | None:
    """Whose DAG file a path of the bundle is; None if it is no client's."""
    name = path.removeprefix("clients/client_").removesuffix("_pipeline.py")
    return name if path == client_path(name) else None


def files_of(registry: Registry) -> DagFiles:
    """The files of a platform's bundle."""
    return DagFiles(registry.engine, registry.platform, registry.cipher)


def publish(settings: Settings, registry: Registry) -> Published:
    """Make the files of the active clients that are behind, and their manifests, as one new version.

    The file of a client that is not active any more is left as it is, because runs of it may be in flight:
    the factory closes it. That of one which is removed is taken away.

    Args:
        settings: where the dbt project, its manifests and the template are.
        registry: of the platform.

    Raises:
        ConflictError: if others change the registry faster than files can be made.
    """
    work = _Work(settings, registry)
    retrying = Retrying(
        retry=retry_if_exception_type(ConflictError),
        wait=wait_random_exponential(multiplier=0.1, max=2),
        stop=stop_after_delay(_PATIENCE),
        reraise=True,
    )
    published = retrying(work.publish)
    sweep_manifests(settings, work.files)
    return published


@dataclass(frozen=True)
class _File:
    """A client's file: from which definition, its content, and the manifest that it names."""

    checksum: str
    content: bytes
    manifest: str


class _Work:
    """Tries to publish; what one try has made, the next one need not make again."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self.settings = settings
        self.registry = registry
        self.files = files_of(registry)
        self.shapes = Shapes(settings)
        self.made: dict[str, _File] = {}
        self.broken: ConfigError | None = None
        try:
            self.template = template_stamp(settings)
        except ConfigError as error:
            self.template, self.broken = "", error

    def publish(self) -> Published:
        """Look at what is live, make what is behind.

        Raises:
            ConflictError: if someone changed it meanwhile.
        """
        number, version = self.files.current()
        made_from, heads = self.files.made_from(), self.registry.heads()
        failures: dict[str, str] = {}
        behind = {
            client_id: head.checksum
            for client_id, head in heads.items()
            if head.status == ACTIVE and _stamp(made_from, client_id) != self._wanted(head.checksum)
        }
        for client_id, checksum in behind.items():
            try:
                self._make(client_id, checksum)
            except ConflictError:
                raise
            except (MedallionError, OSError) as error:
                failures[client_id] = str(error)
        good = {client_id: self.made[client_id] for client_id in behind if client_id not in failures}
        gone = [
            key for key, head in heads.items() if head.status == REMOVED and client_path(key) in made_from
        ]
        changes = self._changes(made_from, good, gone)
        if not changes:
            return Published(number, version, failures=failures)
        before = self.files.tree()
        wanted = {client_id: file.checksum for client_id, file in good.items()}
        number, version = self.files.change(
            changes, lambda connection: _still(connection, self.registry, wanted), expected=number
        )
        rendered = [one for one, file in good.items() if before.get(client_path(one)) != _sha(file.content)]
        return Published(number, version, tuple(sorted(rendered)), failures)

    def _wanted(self, checksum: str) -> str:
        """What a file is made from: its client's definition, the dbt project, and the template."""
        return _sha(f"{checksum} {self.shapes.project} {self.template}".encode())[:40]

    def _make(self, client_id: str, checksum: str) -> None:
        if client_id in self.made and self.made[client_id].checksum == checksum:
            return
        if self.broken:
            raise self.broken
        known = self.registry.configuration(client_id)
        if known is None or known.checksum != checksum:
            raise ConflictError(f"{client_id} has changed while its DAG was made")
        client = known.definition.client
        manifest = self.shapes.manifest(shape_of(client))
        make_plan(client, manifest.slim)  # refuses thresholds of rules that the client's run does not measure
        content = render_client(
            self.settings,
            known.definition,
            manifest_path(manifest.key),
            streamed=not client.business_rules.enable_real_time
            and has_streamed(open_ledger(self.settings.database_url), client_id),
        )
        self.made[client_id] = _File(checksum, content, manifest.key)

    def _changes(
        self, made_from: Mapping[str, str], good: Mapping[str, _File], gone: Iterable[str]
    ) -> list[FileChange]:
        """The clients' files, the manifests that they need, and what no file needs any more."""
        named = {path: said.partition(":")[0] for path, said in made_from.items()}
        changes = []
        for client_id, file in good.items():
            path = client_path(client_id)
            named[path] = file.manifest
            changes.append(FileChange(path, file.content, f"{file.manifest}:{self._wanted(file.checksum)}"))
        for client_id in gone:
            named.pop(client_path(client_id))
            changes.append(FileChange(client_path(client_id), None))
        needed = {manifest_path(key) for path, key in named.items() if path.startswith("clients/")}
        for path, manifest in self.shapes.files().items():
            if path in needed and path not in made_from:
                changes.append(FileChange(path, manifest, path))
        there = [path for path in made_from if path.startswith(MANIFESTS)]
        return changes + [FileChange(path, None) for path in there if path not in needed]


def _stamp(made_from: Mapping[str, str], client_id: str) -> str:
    """What the live file of a client was made from; it stands behind the manifest that the file names."""
    return made_from.get(client_path(client_id), "").partition(":")[2]


def _still(connection: Connection, registry: Registry, wanted: Mapping[str, str]) -> bool:
    """Are the clients still what their files were made from, and active?"""
    c, keys = tables.configuration.c, list(wanted)
    now: dict[str, str] = {}
    for start in range(0, len(keys), _PART):
        query = select(c.stream_key, c.checksum).where(
            c.platform == registry.platform,
            c.status == ACTIVE,
            c.stream_key.in_(keys[start : start + _PART]),
        )
        now |= {row.stream_key: row.checksum for row in connection.execute(query)}
    return now == wanted


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
