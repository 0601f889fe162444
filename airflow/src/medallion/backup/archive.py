"""An archive as it is written: under its name only once it is whole."""

from __future__ import annotations

import hashlib
import os
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

from medallion.backup.follow import Follower
from medallion.backup.manifest import Manifest, Member
from medallion.backup.paths import MANIFEST
from medallion.exceptions import BackupError
from medallion.storage import Root

#: Most of it is DuckDB's and Parquet's, which are compressed already: more effort gains next to nothing.
_EFFORT = 3


class Hashed:
    """A file that is read once, and knows then what it was.

    Args:
        file: the file.
        follow: is told of the bytes.
    """

    def __init__(self, file: IO[bytes], follow: Follower) -> None:
        self._file, self._follow = file, follow
        self._digest, self._bytes = hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        chunk = self._file.read(size)
        self._digest.update(chunk)
        self._bytes += len(chunk)
        self._follow.moved(len(chunk))
        return chunk

    @property
    def member(self) -> Member:
        """What has been read so far."""
        return Member(bytes=self._bytes, sha256=self._digest.hexdigest())


class Archive:
    """Takes files in, and keeps what they were for the manifest."""

    def __init__(self, tar: tarfile.TarFile, follow: Follower) -> None:
        self._tar, self._follow = tar, follow
        self.members: dict[str, Member] = {}

    def add(self, name: str, path: Path) -> Member:
        """Take in a file as it is now.

        Raises:
            FileNotFoundError: if it is gone.
            OSError: if it gets shorter meanwhile.
        """
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
            return self._add(name, file, about.st_size, about.st_mtime)

    def add_text(self, name: str, text: str) -> Member:
        """Take in a text as a file."""
        content = text.encode()
        return self._add(name, BytesIO(content), len(content), time.time())

    def close_with(self, manifest: Manifest) -> None:
        """Write the last member."""
        self.add_text(MANIFEST, manifest.model_dump_json(indent=2) + "\n")

    def _add(self, name: str, file: IO[bytes], size: int, changed: float) -> Member:
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = size, int(changed), 0o600
        hashed = Hashed(file, self._follow)
        self._tar.addfile(info, hashed)
        self.members[name] = hashed.member
        return self.members[name]


@contextmanager
def writing(path: Path, follow: Follower) -> Iterator[Archive]:
    """Open an archive to write; if the block fails nothing is left of it.

    Raises:
        BackupError: if there is a file of that name, or it cannot be written.
    """
    if path.exists():
        raise BackupError(f"{path} is there already: name another file, or none")
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # for its owner's eyes only
    temporary = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=_EFFORT) as tar:
                yield Archive(tar, follow)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def hash_of(path: Root, follow: Follower) -> Member:
    """What a file is, read but not copied."""
    with path.open("rb") as file:
        hashed = Hashed(file, follow)
        while hashed.read(1 << 20):
            pass
    return hashed.member
