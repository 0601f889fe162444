"""The bundle that Airflow reads clients' DAGs from."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from airflow.dag_processing.bundles.base import BaseDagBundle, BundleVersion, get_bundle_tracking_dir
from sqlalchemy.exc import SQLAlchemyError

from medallion.bundle.publish import files_of
from medallion.bundle.versions import Versions
from medallion.exceptions import RegistryError
from medallion.registry import DagFiles, open_registry
from medallion.registry.files import EMPTY
from medallion.settings import DEFAULT_PLATFORM, load_settings

log = logging.getLogger(__name__)

#: A version that is not the newest may go this long after it was filled.
_KEPT_SECONDS = 3600.0
#: How often it is said that the registry is away.
_SAID_SECONDS = 60.0


class ClientBundle(BaseDagBundle):
    """The DAG files of one platform, versioned by their content.

    The registry holds the files; this fills ``versions/<version>/`` from it. While the registry is away, the
    last version that this host had goes on serving, so that no DAG is lost.

    Args:
        platform: whose clients.
        kwargs: those of every bundle: name, refresh_interval, version.
    """

    supports_versioning = True

    def __init__(self, *, platform: str = DEFAULT_PLATFORM, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.platform = platform
        self._versions = Versions(self.versions_dir)
        self._current = EMPTY
        self._said = 0.0

    def initialize(self) -> None:
        """Have the pinned version here, or the newest one.

        Raises:
            RegistryError: if a pinned version is not here and the registry does not have it.
        """
        if self.version:
            if not self._versions.is_whole(self.version):
                self._fill(self.version)
        else:
            self._current = self._versions.last() or EMPTY
            self.refresh()
            self._versions.path(self._current).mkdir(parents=True, exist_ok=True)
        super().initialize()

    @property
    def path(self) -> Path:
        """The folder of the pinned version, or of the newest one."""
        return self._versions.path(self.version or self._current)

    def get_current_version(self) -> BundleVersion:
        """Return the version that :attr:`path` is of."""
        return BundleVersion(version=self.version or self._current)

    def refresh(self) -> None:
        """Have the newest version here: one query where nothing changed; nothing changes while that fails."""
        if self.version:
            return
        try:
            files = self._files()
            number, version = files.current()
            if version == self._current:
                return
            if not self._versions.is_whole(version):
                self._versions.fill(version, files.tree(number), files)
        except (SQLAlchemyError, RegistryError, OSError) as error:
            self._say(error)
            return
        self._versions.set_last(version)
        self._current = version
        self._versions.clean(version, get_bundle_tracking_dir(self.name), _KEPT_SECONDS)

    def _fill(self, version: str) -> None:
        files = self._files()
        self._versions.fill(version, files.tree(files.number_of(version)), files)

    def _files(self) -> DagFiles:
        settings = replace(load_settings(), platforms=(self.platform,))
        registry = open_registry(settings.database_url, self.platform, settings.fernet_keys)
        return files_of(registry)

    def _say(self, error: Exception) -> None:
        now = time.monotonic()
        if not self._said or now - self._said > _SAID_SECONDS:
            self._said = now
            log.warning("%s: the registry is away, version %s serves: %s", self.name, self._current, error)
