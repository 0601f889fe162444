"""An archive as it is read: all of it is looked at before anybody relies on a part of it."""

from __future__ import annotations

import gzip
import json
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from medallion.backup import database
from medallion.backup.archive import Hashed
from medallion.backup.follow import Follower
from medallion.backup.manifest import Manifest, Member, read_manifest
from medallion.backup.paths import DATABASE, LANDING, LANDING_LIST, MANIFEST, checked
from medallion.exceptions import BackupError

_CHUNK = 1 << 20
#: Members that are no files of a home.
_ITS_OWN = (DATABASE, LANDING_LIST, MANIFEST)
#: A manifest has some 200 bytes a file.
_MOST_OF_A_MANIFEST = 256 << 20


@dataclass(frozen=True)
class Checked:
    """An archive that is whole.

    Attributes:
        path: where it is.
        manifest: what it says of itself; it is so.
        database: its registry and ledger, beside the archive's other files for as long as it is open.
        landing: the files that landing had, by their paths in a home.
    """

    path: Path
    manifest: Manifest
    database: Path
    landing: dict[str, Member]

    def unpack(self, into: Path, follow: Follower) -> None:
        """Write all files but the database into a folder of this process's own, and the links last.

        Raises:
            BackupError: if the archive has changed since it was looked at.
        """
        written = {name: one for name, one in self.manifest.members.items() if name in _ITS_OWN}
        with _reading(self.path, follow) as files:
            for name, file in files:
                if name not in _ITS_OWN:
                    (into / name).parent.mkdir(parents=True, exist_ok=True)
                    _keep(file, into / name)
                    written[name] = file.member
        if written != self.manifest.members:
            raise BackupError(f"{self.path} has changed while it was read")
        for name, target in self.manifest.links.items():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            (into / name).symlink_to(target)


@contextmanager
def opened(path: Path, follow: Follower) -> Iterator[Checked]:
    """Look at every byte of an archive, and take out its database, brought up to date.

    Yields:
        The archive; its database is gone once the block ends.

    Raises:
        BackupError: if it is no backup, is damaged or cut off, or is newer than this Medallion.
    """
    with tempfile.TemporaryDirectory(prefix="medallion-restore-") as scratch:
        try:
            manifest, landing = _look(path, Path(scratch), follow)
            copy = Path(scratch, DATABASE)
            database.check_revision(manifest.schema_revision)
            if database.schema_revision(copy) != manifest.schema_revision:
                raise BackupError("its manifest tells of another schema than its database has")
            database.bring_up_to_date(copy)
        except (BackupError, OSError) as error:
            said = getattr(error, "strerror", None) or error
            raise BackupError(f"{path} cannot be restored: {said}") from error
        yield Checked(path, manifest, copy, landing)


def _look(path: Path, scratch: Path, follow: Follower) -> tuple[Manifest, dict[str, Member]]:
    found: dict[str, Member] = {}
    with _reading(path, follow) as files:
        for name, file in files:
            if name in found:
                raise BackupError(f"{name!r} is in it twice")
            if MANIFEST in found:
                raise BackupError(f"something follows its manifest: {name!r}")
            _keep(file, scratch / name if name in _ITS_OWN else None)
            found[name] = file.member
    if MANIFEST not in found:
        raise BackupError("its manifest is missing: it was cut off, or is no backup of Medallion's")
    manifest = _manifest(scratch / MANIFEST)
    _compare(manifest, found)
    return manifest, _landing(scratch / LANDING_LIST)


def _keep(file: Hashed, copy: Path | None) -> None:
    if copy is None:
        while file.read(_CHUNK):
            pass
        return
    with copy.open("xb") as out:
        shutil.copyfileobj(file, out, _CHUNK)


def _manifest(path: Path) -> Manifest:
    if path.stat().st_size > _MOST_OF_A_MANIFEST:
        raise BackupError("its manifest is too large")
    return read_manifest(path.read_bytes())


def _compare(manifest: Manifest, found: dict[str, Member]) -> None:
    """Hold what is in the archive against what its manifest says.

    Raises:
        BackupError: naming a file that is missing, is not in the manifest, or differs from it.
    """
    names = set(found) - {MANIFEST}
    for name in (DATABASE, LANDING_LIST, *sorted(set(manifest.members) - names)):
        if name not in names:
            raise BackupError(f"{name} is missing in it")
    for name in sorted(names):
        if manifest.members.get(name) != found[name]:
            raise BackupError(f"{name} is not what its manifest says: it is damaged")


def _landing(path: Path) -> dict[str, Member]:
    listed = {}
    with path.open(encoding="utf-8") as lines:
        for text in lines:
            try:
                facts = json.loads(text)
                name = checked(facts.pop("path"))
                listed[name] = Member.model_validate(facts)
            except (ValueError, ValidationError, LookupError, TypeError, AttributeError) as error:
                raise BackupError(f"{LANDING_LIST} has a line that names no file: {error}") from error
            if not name.startswith(f"{LANDING}/"):
                raise BackupError(f"{LANDING_LIST} names {name!r}: must be in {LANDING}")
    return listed


@contextmanager
def _reading(path: Path, follow: Follower) -> Iterator[Iterator[tuple[str, Hashed]]]:
    """Open an archive as names and files, in order; each file is read before the next one is asked for.

    Raises:
        BackupError: if it is none, or is damaged.
        OSError: if it cannot be read, or what is read cannot be written.
    """
    try:
        with gzip.open(path) as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
            yield _files(tar, follow)
            while plain.read(_CHUNK):  # to the end, where its checksum is
                pass
    except (gzip.BadGzipFile, EOFError, zlib.error, tarfile.TarError, UnicodeError) as error:
        raise BackupError(f"it is damaged, cut off, or no archive: {error}") from error


def _files(tar: tarfile.TarFile, follow: Follower) -> Iterator[tuple[str, Hashed]]:
    for info in tar:
        file: IO[bytes] | None = tar.extractfile(info) if info.isreg() else None
        if file is None or info.issparse():
            raise BackupError(f"{info.name!r} in it is no plain file: a backup holds nothing else")
        name = info.name if info.name in _ITS_OWN else checked(info.name)
        yield name, Hashed(file, follow)
