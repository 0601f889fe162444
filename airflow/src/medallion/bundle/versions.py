"""Versions of a bundle as folders on this host: filled whole or not at all, from the registry alone."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from medallion.registry import DagFiles

#: Lists a version's files with their checksums; its name keeps Airflow from looking for DAGs in it.
_TREE = ".tree.json"
#: Names the version that this host had last: it serves while the registry is away.
_LAST = "last"


class Versions:
    """The folders of one platform's bundle.

    Args:
        folder: holds one folder a version; other processes may use it at the same time.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, version: str) -> Path:
        """Where a version is, or would be."""
        return self.folder / version

    def last(self) -> str | None:
        """The version that this host had last; None if it never had one."""
        with suppress(FileNotFoundError):
            version = (self.folder / _LAST).read_text().strip()
            return version if self.is_whole(version) else None
        return None

    def is_whole(self, version: str) -> bool:
        """Say whether a version is here, none of its files missing, cut off or changed."""
        try:
            tree: dict[str, str] = json.loads((self.path(version) / _TREE).read_text())
            return all(_checksum(self.path(version) / path) == found for path, found in tree.items())
        except (OSError, ValueError):
            return False

    def fill(self, version: str, tree: Mapping[str, str], files: DagFiles) -> None:
        """Make a version's folder, unless it is here.

        A file that the last version had too is a link to it: the same bytes, and the same time, by which
        Airflow knows that it need not be parsed again.

        Args:
            version: its name.
            tree: the checksums of its files by path.
            files: the registry's, asked for what no folder here has.

        Raises:
            RegistryError: if the registry lacks a file's content.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        before = self.last()
        known = self._tree(before) if before else {}
        missing = {found for path, found in tree.items() if known.get(path) != found}
        contents = files.contents(missing)
        scratch = Path(tempfile.mkdtemp(prefix=".filling-", dir=self.folder))
        try:
            for path, found in tree.items():
                target = scratch / path
                target.parent.mkdir(parents=True, exist_ok=True)
                if before and known.get(path) == found:
                    os.link(self.path(before) / path, target)
                else:
                    target.write_bytes(contents[found])
            (scratch / _TREE).write_text(json.dumps(dict(sorted(tree.items()))))
            self._put(scratch, version)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _put(self, scratch: Path, version: str) -> None:
        try:
            scratch.rename(self.path(version))
        except OSError:
            if self.is_whole(version):  # another process was first
                return
            broken = Path(tempfile.mkdtemp(prefix=".broken-", dir=self.folder))
            self.path(version).rename(broken / version)
            scratch.rename(self.path(version))
            shutil.rmtree(broken, ignore_errors=True)

    def set_last(self, version: str) -> None:
        """Remember the version that serves while the registry is away."""
        scratch = self.folder / f".{_LAST}.{os.getpid()}"
        scratch.write_text(version)
        scratch.replace(self.folder / _LAST)

    def clean(self, current: str, tracking: Path, older_than: float) -> list[str]:
        """Delete the versions that nobody uses; each could be filled again.

        Args:
            current: the version that stays.
            tracking: Airflow's folder of locks, one a version that a task runs with.
            older_than: seconds since a version was filled before it may go.

        Returns:
            What was deleted.
        """
        gone = []
        for folder in self.folder.glob("*"):
            old = folder.is_dir() and time.time() - folder.stat().st_mtime > older_than
            if old and folder.name != current and not _in_use(tracking / folder.name):
                shutil.rmtree(folder, ignore_errors=True)
                gone.append(folder.name)
        return gone

    def _tree(self, version: str) -> dict[str, str]:
        with suppress(OSError, ValueError):
            return dict(json.loads((self.path(version) / _TREE).read_text()))
        return {}


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _in_use(lock: Path) -> bool:
    """Does a task hold Airflow's lock of a version?"""
    try:
        with lock.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except OSError:
        return True
