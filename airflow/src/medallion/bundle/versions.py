"""A bundle's files on this host: each version in a folder of its own, and the newest once more in ``live``.

A task reads the folder of the version that its run began with. The dag-processor reads ``live``, whose path
stays the same: it queues files by their path, so that one that waits in its queue while a new version comes
is read as it is then, not as it was before.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from medallion.registry.files import version_of

#: Lists a version's files with their checksums; its name keeps Airflow from looking for DAGs in it. Its time
#: is when the version was last used.
_TREE = ".tree.json"
_LAST = "last"
_PART = 500

#: Path inside the bundle → checksum.
Tree = Mapping[str, str]
#: Checksums → contents.
Fetch = Callable[[Iterable[str]], Mapping[str, bytes]]


class Last(NamedTuple):
    """The version that serves while the registry is away, and its number there."""

    number: int
    version: str


class Versions:
    """The folders of one bundle. Whoever calls :meth:`fill` and :meth:`go_live` holds the bundle's lock.

    Args:
        folder: of the bundle, on this host.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.live = folder / "live"

    def path(self, version: str) -> Path:
        """Where a version is, or would be."""
        return self.folder / "versions" / version

    def last(self) -> Last | None:
        """The version that went live last; None if none ever did."""
        with suppress(OSError, ValueError):
            number, version = (self.folder / _LAST).read_text().split()
            return Last(int(number), version)
        return None

    def tree(self, version: str) -> dict[str, str]:
        """The checksums of a version's files by path; nothing if it is not here."""
        return self._listed(version) or {}

    def is_whole(self, version: str) -> bool:
        """Say whether a version is here, none of its files missing, cut off or changed."""
        tree = self._listed(version)
        return tree is not None and not _unlike(self.path(version), tree)

    def use(self, version: str) -> None:
        """Note that a version is used now."""
        with suppress(OSError):
            os.utime(self.path(version) / _TREE)

    def fill(self, version: str, tree: Tree, fetch: Fetch) -> None:
        """Make a version's folder, whole or not at all; mend one that is there.

        What ``live`` has too is a link to it: the same bytes, and the same time.

        Args:
            version: its name.
            tree: its files.
            fetch: gives the content of what no folder here has.

        Raises:
            RegistryError: if a content cannot be had.
        """
        target = self.path(version)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_dir():
            scratch = Path(tempfile.mkdtemp(prefix=".filling-", dir=target.parent))
            try:
                self._complete(scratch, tree, fetch)
                scratch.chmod(0o755)
                with suppress(OSError):  # a process of another host was first
                    scratch.rename(target)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
        self._complete(target, tree, fetch)

    def go_live(self, last: Last) -> None:
        """Make ``live`` what a version is, file by file: who reads one meanwhile has it whole.

        Manifests come before the files that name them, and go only with the version after the next.
        """
        tree, before = self.tree(last.version), self.last()
        source = self.path(last.version)
        for path in sorted(_unlike(self.live, tree), key=lambda path: (path.endswith(".py"), path)):
            _link(source / path, self.live / path)
            _forget_compiled(self.live / path)
        kept = {path for path in self.tree(before.version) if not path.endswith(".py")} if before else set()
        for path in _files(self.live):
            if path not in tree and path not in kept:
                (self.live / path).unlink(missing_ok=True)
        self.live.mkdir(parents=True, exist_ok=True)
        _replace(self.folder / _LAST, f"{last.number} {last.version}".encode())

    def touch(self, paths: Iterable[str]) -> None:
        """Give live files the time that it is now: by it the dag-processor knows what to read again."""
        for path in paths:
            with suppress(FileNotFoundError):
                os.utime(self.live / path)

    def clean(self, tracking: Path, older_than: float) -> list[str]:
        """Delete the versions that nobody uses; each can be filled again.

        Args:
            tracking: Airflow's folder of locks, one a version that a task runs with.
            older_than: seconds since a version was used before it may go.

        Returns:
            What was deleted; the version that went live last never is.
        """
        last, gone = self.last(), []
        for folder in sorted((self.folder / "versions").glob("*")):
            if (last and folder.name == last.version) or _age(folder) < older_than:
                continue
            with _unused(tracking / folder.name) as unused:
                if unused:
                    _delete(folder)
                    (tracking / folder.name).unlink(missing_ok=True)
                    gone.append(folder.name)
        return gone

    def _listed(self, version: str) -> dict[str, str] | None:
        """A version's files as its folder lists them; a listing that is not the version's counts as none."""
        with suppress(OSError, ValueError, AttributeError):
            tree = dict(json.loads((self.path(version) / _TREE).read_bytes()))
            return tree if version_of(tree) == version else None
        return None

    def _complete(self, folder: Path, tree: Tree, fetch: Fetch) -> None:
        lacking = _unlike(folder, tree)
        for path in _like(self.live, lacking):
            _link(self.live / path, folder / path)
            del lacking[path]
        paths = sorted(lacking)
        for start in range(0, len(paths), _PART):
            part = paths[start : start + _PART]
            contents = fetch({lacking[path] for path in part})
            for path in part:
                _replace(folder / path, contents[lacking[path]], mode=0o444)
        listing = json.dumps(dict(sorted(tree.items()))).encode()
        if not (folder / _TREE).is_file() or (folder / _TREE).read_bytes() != listing:
            _replace(folder / _TREE, listing)


def differing(before: Tree, after: Tree) -> list[str]:
    """The paths of what ``after`` has and ``before`` had not, or otherwise."""
    return [path for path, checksum in after.items() if before.get(path) != checksum]


def _unlike(folder: Path, tree: Tree) -> dict[str, str]:
    return {path: checksum for path, checksum in tree.items() if _checksum(folder / path) != checksum}


def _like(folder: Path, tree: Tree) -> list[str]:
    return [path for path, checksum in tree.items() if _checksum(folder / path) == checksum]


def _checksum(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _files(folder: Path) -> Iterator[str]:
    """The files below a folder, without what Python compiled beside them."""
    for file in folder.rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file.relative_to(folder).as_posix()


def _link(source: Path, target: Path) -> None:
    """Put a file where another one may be; a copy where the disk knows no links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(f".{target.name}.{os.getpid()}")
    scratch.unlink(missing_ok=True)
    try:
        os.link(source, scratch)
    except OSError:
        shutil.copy2(source, scratch)
    scratch.replace(target)
    scratch.unlink(missing_ok=True)  # to replace a file by a link to itself leaves the link


def _forget_compiled(source: Path) -> None:
    """Python takes what it compiled for current if time, in whole seconds, and size are the source's."""
    for compiled in (source.parent / "__pycache__").glob(f"{source.stem}.*.pyc"):
        compiled.unlink(missing_ok=True)


def _replace(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file so that a reader sees the old one or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.unlink(missing_ok=True)
    scratch.write_bytes(content)
    scratch.chmod(mode)
    scratch.replace(path)


def _age(folder: Path) -> float:
    """Seconds since a version was used, or since it was begun and left half-made."""
    for known in (folder / _TREE, folder):
        with suppress(OSError):
            return time.time() - known.stat().st_mtime
    return 0.0


@contextmanager
def _unused(lock: Path) -> Iterator[bool]:
    """Hold Airflow's lock of a version; False where a task has it."""
    try:
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield True
    except FileNotFoundError:
        yield True
    except BlockingIOError:
        yield False


def _delete(folder: Path) -> None:
    """Take a folder away at once, for whoever looks, and then delete it."""
    going = folder.with_name(f".going-{folder.name.lstrip('.')}")
    shutil.rmtree(going, ignore_errors=True)
    folder.rename(going)
    shutil.rmtree(going, ignore_errors=True)
