"""Registry → the bundle's files: only what is behind is made anew, and one that fails holds up no other."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from medallion.bundle.render import render_client, template_stamp
from medallion.clients import Client
from medallion.exceptions import ConflictError, MedallionError
from medallion.pipeline import Shape, make_plan, shape_of
from medallion.registry import ACTIVE, DagFiles, FileChange, Head, Registry, tables
from medallion.settings import Settings

#: Days after which a manifest that no live file names is deleted; runs that began with it have ended by then.
_MANIFEST_DAYS = 30


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


def manifest_path(key: str) -> str:
    """Where the slim manifest of that name is in the bundle."""
    return f"manifests/{key}.json"


def files_of(registry: Registry) -> DagFiles:
    """The files of a platform's bundle."""
    return DagFiles(registry.engine, registry.platform, registry.cipher)


@retry(
    retry=retry_if_exception_type(ConflictError),
    wait=wait_random_exponential(multiplier=0.1, max=2),
    stop=stop_after_attempt(10),
    reraise=True,
)
def publish(settings: Settings, registry: Registry) -> Published:
    """Make the files of the active clients that are behind, and their manifests, as one new version.

    The file of a client that is not active any more is left as it is: the factory closes it.

    Args:
        settings: where the dbt project, its manifests and the template are.
        registry: of the platform.

    Raises:
        ConflictError: if others change the registry faster than files can be made.
    """
    files, heads = files_of(registry), registry.heads()
    active = {client_id: head for client_id, head in heads.items() if head.status == ACTIVE}
    work = _Work(settings, registry, files.made_from())
    work.look_at(active)
    work.drop_old_manifests(len(active))
    if not work.changes:
        return Published(*files.current(), failures=work.failures)
    rendered = tuple(sorted(work.rendered))
    wanted = {client_id: active[client_id].checksum for client_id in rendered}
    number, version = files.change(work.changes, lambda connection: _still(connection, registry, wanted))
    _forget_manifests(settings, files)
    return Published(number, version, rendered, work.failures)


def withdraw(registry: Registry, paths: Iterable[str]) -> tuple[int, str]:
    """Take files out of the bundle, and return its newest version."""
    return files_of(registry).change([FileChange(path, None) for path in paths])


class _Work:
    """One look at the active clients: which files are behind, and what they are to be."""

    def __init__(self, settings: Settings, registry: Registry, made_from: Mapping[str, str]) -> None:
        self.settings = settings
        self.registry = registry
        self.made_from = made_from
        self.stamp = template_stamp(settings)
        self.rendered: list[str] = []
        self.failures: dict[str, str] = {}
        self.changes: list[FileChange] = []
        self.manifests: dict[Shape, str] = {}
        self.slim: dict[Shape, dict[str, Any]] = {}

    def look_at(self, active: Mapping[str, Head]) -> None:
        from medallion.transform.manifest import project_key

        project = project_key(self.settings)
        stamps = {
            client_id: hashlib.sha256(f"{head.checksum} {project} {self.stamp}".encode()).hexdigest()
            for client_id, head in active.items()
        }
        for client_id, stamp in stamps.items():
            if self.made_from.get(client_path(client_id)) == stamp:
                continue
            try:
                self._render(client_id, active[client_id], stamp)
            except (MedallionError, OSError) as error:
                self.failures[client_id] = str(error)

    def _render(self, client_id: str, head: Head, stamp: str) -> None:
        known = self.registry.configuration(client_id)
        if known is None or known.checksum != head.checksum:
            raise ConflictError(f"{client_id} changed while its DAG was made")
        manifest = self._manifest(shape_of(known.definition.client))
        self._plan(known.definition.client)
        content = render_client(self.settings, known.definition, manifest)
        self.changes.append(FileChange(client_path(client_id), content, stamp))
        self.rendered.append(client_id)

    def _manifest(self, shape: Shape) -> str:
        from medallion.transform import manifest_key, prepare

        if shape not in self.manifests:
            (slim,) = prepare(self.settings, [shape])
            path = manifest_path(manifest_key(self.settings, shape))
            self.manifests[shape] = path
            if path not in self.made_from:
                self.changes.append(FileChange(path, slim.read_bytes(), path))
        return self.manifests[shape]

    def drop_old_manifests(self, active: int) -> None:
        """Once every active client's file is made anew, no file names the manifests of before."""
        if len(self.rendered) == active and not self.failures:
            old = [path for path in self.made_from if path.startswith("manifests/")]
            kept = set(self.manifests.values())
            self.changes += [FileChange(path, None) for path in old if path not in kept]

    def _plan(self, client: Client) -> None:
        """Try the plan: a threshold of a rule that the client's run does not measure is found here."""
        from medallion.transform import load_slim

        shape = shape_of(client)
        if shape not in self.slim:
            self.slim[shape] = load_slim(self.settings, shape)
        make_plan(client, self.slim[shape])


def _still(connection: Connection, registry: Registry, wanted: Mapping[str, str]) -> bool:
    """Are the clients still what their files were made from?"""
    c = tables.configuration.c
    query = select(c.stream_key, c.checksum).where(c.platform == registry.platform, c.status == ACTIVE)
    now = {row.stream_key: row.checksum for row in connection.execute(query)}
    return all(now.get(client_id) == checksum for client_id, checksum in wanted.items())


def _forget_manifests(settings: Settings, files: DagFiles) -> None:
    """Delete the folders of manifests that no file of the bundle names, once no run can need them."""
    live = {path.removeprefix("manifests/").removesuffix(".json") for path in files.tree()}
    oldest = time.time() - _MANIFEST_DAYS * 86_400
    for folder in settings.manifests.glob("*"):
        if folder.name not in live and folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)
