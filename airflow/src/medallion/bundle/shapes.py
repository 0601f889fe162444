"""The manifests of the shapes of a bundle's clients: made once, kept while a file or a run may need them."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from medallion.database import utcnow
from medallion.exceptions import TransformError
from medallion.pipeline import Shape
from medallion.registry import DagFiles
from medallion.settings import Settings

#: Where they are in the bundle.
MANIFESTS = "manifests/"
#: How long a manifest that no live file names is kept: runs that began with it have ended by then.
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class ShapeManifest:
    """The manifest of a shape: its name, and the slim one as bytes and as data."""

    key: str
    content: bytes
    slim: Mapping[str, Any]


def manifest_path(key: str) -> str:
    """Where the slim manifest of that name is in the bundle."""
    return f"{MANIFESTS}{key}.json"


class Shapes:
    """Makes each shape's manifest at most once, and remembers also that it could not be made.

    Args:
        settings: where the dbt project and its manifests are.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._made: dict[Shape, ShapeManifest | TransformError] = {}

    @cached_property
    def project(self) -> str:
        """All that a manifest is made from but its shape."""
        from medallion.transform.manifest import project_key

        return project_key(self._settings)

    def manifest(self, shape: Shape) -> ShapeManifest:
        """The manifest of a shape.

        Raises:
            TransformError: if the dbt project does not parse for that shape.
        """
        if shape not in self._made:
            self._made[shape] = self._same_for_all() or self._prepared(shape)
        made = self._made[shape]
        if isinstance(made, TransformError):
            raise made
        return made

    def files(self) -> dict[str, bytes]:
        """The manifests that were made, by their paths in the bundle."""
        made = [one for one in self._made.values() if isinstance(one, ShapeManifest)]
        return {manifest_path(one.key): one.content for one in made}

    def _same_for_all(self) -> TransformError | None:
        """What two shapes failed of and none was spared: trying the others would take seconds each."""
        texts = {str(one) for one in self._made.values()}
        first = next(iter(self._made.values()), None)
        alike = len(self._made) > 1 and len(texts) == 1 and isinstance(first, TransformError)
        return first if alike and isinstance(first, TransformError) else None

    def _prepared(self, shape: Shape) -> ShapeManifest | TransformError:
        from medallion.transform import prepare

        try:
            (path,) = prepare(self._settings, [shape])
        except TransformError as error:
            return error
        content = path.read_bytes()
        return ShapeManifest(path.parent.name, content, json.loads(content))


def sweep_manifests(settings: Settings, files: DagFiles) -> list[str]:
    """Delete the folders of manifests that no file of any platform has named for a long time.

    Args:
        settings: where the manifests are.
        files: of any platform's bundle.

    Returns:
        The names of those that are gone.
    """
    oldest = time.time() - KEPT.total_seconds()
    old = [one for one in settings.manifests.glob("*") if one.is_dir() and _changed_at(one) < oldest]
    if not old:
        return []
    needed = {PurePosixPath(path).stem for path in files.paths_since(MANIFESTS, utcnow() - KEPT)}
    gone = [folder for folder in old if folder.name not in needed]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return [folder.name for folder in gone]


def _changed_at(folder: Path) -> float:
    with suppress(OSError):
        return float(folder.stat().st_mtime)
    return time.time()
