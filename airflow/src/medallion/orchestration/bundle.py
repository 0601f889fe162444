"""The bundle that Airflow reads clients' DAGs from."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil
from airflow.dag_processing.bundles.base import BaseDagBundle, BundleVersion, get_bundle_tracking_dir

from medallion.bundle.publish import client_of, files_of
from medallion.bundle.versions import Last, Versions, differing
from medallion.exceptions import RegistryError
from medallion.pipeline import realtime_dag_id_of
from medallion.registry import DagFiles, open_registry
from medallion.registry.files import EMPTY
from medallion.settings import DEFAULT_PLATFORM, load_settings

log = logging.getLogger(__name__)

#: How often it is said that the registry is away.
_SAID_SECONDS = 60.0
#: How often it is asked which streams nobody watches.
_WATCHED_SECONDS = 5.0
#: After this the dag-processor has ended whatever it still parses.
_PARSED_SECONDS = 60.0


class ClientBundle(BaseDagBundle):
    """The DAG files of one platform, versioned by their content.

    The registry holds the files; this fills a host's folders from it. While the registry is away, the last
    version that the host had goes on serving, so that no DAG is lost.

    Args:
        platform: whose clients.
        keep_seconds: how long a version stays on this host after it was last used.
        kwargs: those of every bundle: name, refresh_interval, version.
    """

    supports_versioning = True

    def __init__(
        self, *, platform: str = DEFAULT_PLATFORM, keep_seconds: float = 3600.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.platform = platform
        self.keep_seconds = keep_seconds
        self._versions = Versions(self.base_dir)
        self._current: Last | None = None
        self._tree: dict[str, str] = {}
        self._half_read = _HalfRead()
        self._unwatched = _Unwatched(platform)
        self._said = -_SAID_SECONDS
        self._next_try = 0.0

    def initialize(self) -> None:
        """Have the pinned version here, or the newest one; while the registry is away, the last one.

        Raises:
            RegistryError: if the registry is away, and what is needed is not here.
        """
        if self.version:
            self._have(self.version)
        else:
            self._half_read = _HalfRead(_children())
            self._start()
        super().initialize()

    @property
    def path(self) -> Path:
        """The folder of the pinned version, or the one that always has the newest."""
        return self._versions.path(self.version) if self.version else self._versions.live

    def get_current_version(self) -> BundleVersion:
        """Return the version that :attr:`path` has."""
        last = self._current or self._versions.last()
        return BundleVersion(version=self.version or (last.version if last else EMPTY))

    def refresh(self) -> None:
        """Follow the registry: one query where nothing changed; while it is away, all stays as it is."""
        if self.version or time.monotonic() < self._next_try:
            return
        began = time.monotonic()
        try:
            self._follow()
        except Exception as error:
            # A registry that takes its time to fail would hold up the dag-processor at every refresh.
            self._next_try = time.monotonic() + 5 * (time.monotonic() - began)
            self._say(error)

    def _start(self) -> None:
        last = self._versions.last()
        try:
            self._follow(afresh=True)
        except Exception as error:
            if last is None or not self._serve(last):
                raise RegistryError(
                    f"{self.name}: the registry is away, and no version of the bundle is here: {error}"
                ) from error
            self._say(error)

    def _serve(self, last: Last) -> bool:
        """Go on with the last version of this host; mend what is live from its folder."""
        with self.lock():
            if self._versions.is_whole(last.version):
                self._versions.go_live(last)
        self._current, self._tree = last, self._versions.tree(last.version)
        return self._versions.live.is_dir()

    def _follow(self, *, afresh: bool = False) -> None:
        files, before = self._files(), self._current or self._versions.last()
        newest = Last(*files.current())
        if before and before.number and not newest.number:
            raise RegistryError(f"it never had a version, and {before.version} was live: is it another one?")
        if (
            afresh
            or self._current is None
            or newest.version != self._current.version
            or not self.path.is_dir()
        ):
            self._bring(files, newest)
        self._current = newest
        self._versions.touch(self._half_read.to_read_again() | self._unwatched.to_read_again(self._tree))

    def _bring(self, files: DagFiles, newest: Last) -> None:
        """Have the newest version here, live."""
        tree = files.tree(newest.number)
        with self.lock():
            self._versions.fill(newest.version, tree, files.contents)
            self._versions.go_live(newest)
            self._versions.clean(get_bundle_tracking_dir(self.name), self.keep_seconds)
        if self._current:
            changed = differing(self._tree, tree)
            self._versions.touch(changed)
            self._half_read.add(changed)
        self._tree = tree

    def _have(self, version: str) -> None:
        """Have a version here; one that is whole needs no registry."""
        if not self._versions.is_whole(version):
            files = self._files()
            tree = files.tree(files.number_of(version))
            with self.lock():
                self._versions.fill(version, tree, files.contents)
        self._versions.use(version)

    def _files(self) -> DagFiles:
        settings = load_settings()
        return files_of(open_registry(settings.database_url, self.platform, settings.fernet_keys))

    def _say(self, error: Exception) -> None:
        now = time.monotonic()
        if now - self._said >= _SAID_SECONDS:
            self._said = now
            serving = self.get_current_version().version
            log.warning("%s: version %s goes on, the registry is away: %s", self.name, serving, error)


class _HalfRead:
    """Files that changed while the dag-processor had processes reading files.

    Airflow reads a file again that is younger than its last reading's end. One whose reading had begun before
    it changed, and ended after, would count as read: it is touched again once those processes have ended.

    Args:
        others: children of this process that read no files.
    """

    def __init__(self, others: Iterable[int] = ()) -> None:
        self._others = set(others)
        self._paths: set[str] = set()
        self._readers: set[int] = set()
        self._until = 0.0

    def add(self, paths: Iterable[str]) -> None:
        """Note files that have changed just now."""
        if readers := _children() - self._others:
            self._paths.update(paths)
            self._readers |= readers
            self._until = time.monotonic() + _PARSED_SECONDS

    def to_read_again(self) -> set[str]:
        """Hand out the files once whoever may have half read them has ended, and was seen to have."""
        if not self._paths:
            return set()
        if not self._readers:
            paths, self._paths = self._paths, set()
            return paths
        self._readers &= _children() if time.monotonic() < self._until else set()
        return set()


class _Unwatched:
    """Files of streams that nobody watches yet.

    Airflow 3.3 gives an asset its watchers when it reads a DAG whose asset is active, and makes a new DAG's
    asset active only after that: until the file is read again, which may be in an hour, nothing is watched.

    Args:
        platform: whose clients.
    """

    def __init__(self, platform: str) -> None:
        self._platform = platform
        self._next = 0.0

    def to_read_again(self, tree: Iterable[str]) -> set[str]:
        """Hand out the files of streams whose asset is active and has no watcher; asks every few seconds."""
        if time.monotonic() < self._next:
            return set()
        self._next = time.monotonic() + _WATCHED_SECONDS
        paths = {
            realtime_dag_id_of(client_id, self._platform): path
            for path in tree
            if (client_id := client_of(path))
        }
        return {paths[name] for name in _active_without_watcher() if name in paths}


def _active_without_watcher() -> list[str]:
    """The names of assets that a DAG is scheduled by and that nobody watches."""
    from airflow.models.asset import AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    unwatched = select(AssetModel.name).where(
        AssetModel.active.has(), AssetModel.scheduled_dags.any(), ~AssetModel.watchers.any()
    )
    try:
        with create_session() as session:
            return list(session.scalars(unwatched.where(AssetModel.uri.like("medallion://%"))))
    except Exception as error:  # whoever serves files without Airflow's database watches nothing
        log.debug("Airflow does not say which streams are watched: %s", error)
        return []


def _children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}
