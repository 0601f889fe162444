"""Makes a backup of a running installation."""

from __future__ import annotations

import json
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from os import walk
from pathlib import Path

from sqlalchemy import make_url

from medallion.backup import database
from medallion.backup.archive import Archive, hash_of, writing
from medallion.backup.follow import Follower
from medallion.backup.held import alone, copy_duckdb, is_duckdb, is_its_log
from medallion.backup.manifest import FORMAT, Manifest, Origin
from medallion.backup.paths import (
    DATABASE,
    LANDING,
    LANDING_LIST,
    OUTBOX,
    REPORTS,
    checked_link,
    files_in,
    kept_elsewhere,
)
from medallion.connections import shown
from medallion.exceptions import BackupError
from medallion.publish.parquet_folder import CURRENT
from medallion.settings import Settings

#: Seconds to wait for whoever builds or delivers, unless somebody says otherwise.
PATIENCE = 300.0


def usual_place(settings: Settings) -> Path:
    """Where a backup goes that is given no name."""
    return settings.home / "backups" / f"medallion_{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar.gz"


def back_up(
    settings: Settings,
    path: Path,
    *,
    with_landing: bool = False,
    wait: float = PATIENCE,
    follow: Follower | None = None,
) -> Manifest:
    """Write everything an installation could not make again into one archive.

    Registry and ledger come first: what they call done is in the warehouses that are copied after them.

    Args:
        settings: the installation; it may run meanwhile.
        path: the archive; its name must be free.
        with_landing: also take landing's files, not just their list.
        wait: seconds to wait for a file that is being written; after that it is left out.
        follow: is told how far it is.

    Returns:
        What is in the archive, and what had to be left out.

    Raises:
        BackupError: if it could not be written; nothing is under its name then.
    """
    follow = follow or Follower()
    try:
        with (
            writing(path, follow) as archive,
            tempfile.TemporaryDirectory(prefix=".medallion-backup-", dir=path.parent) as scratch,
        ):
            manifest = _Backup(settings, archive, Path(scratch), wait, follow).take(with_landing)
            archive.close_with(manifest)
    except OSError as error:
        raise BackupError(f"{path} could not be written: {error}") from error
    return manifest


@dataclass
class _Backup:
    """One backup while it is made."""

    settings: Settings
    archive: Archive
    scratch: Path
    wait: float
    follow: Follower
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    links: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def take(self, with_landing: bool) -> Manifest:
        """Take everything in."""
        known = self._database()
        for path in sorted((self.settings.home / "warehouse").glob("*.duckdb")):
            self._duckdb(path)
        self._destinations()
        elsewhere = kept_elsewhere(self.settings)
        for folder in (self.settings.home / name for name in (REPORTS, OUTBOX) if name not in elsewhere):
            self.follow.doing(folder.name)
            for path in files_in(folder):
                self._file(path)
        self._landing(with_landing, there=LANDING not in elsewhere)
        return known.model_copy(
            update={
                "members": self.archive.members,
                "links": self.links,
                "skipped": self.skipped,
                "elsewhere": elsewhere,
            }
        )

    def _database(self) -> Manifest:
        self.follow.doing("registry and ledger")
        copy = self.scratch / DATABASE
        database.dump(self.settings.database_url, copy, self.follow)
        revision = database.schema_revision(copy)
        known = Manifest(
            format=FORMAT,
            medallion=version("medallion"),
            schema_revision=revision,
            made_at=self.made_at,
            made_from=self._origin(),
            encrypted=database.is_encrypted(copy),
            tables=database.count_rows(copy),
            members={},
            links={},
            skipped={},
        )
        self.archive.add(DATABASE, copy)
        copy.unlink()
        return known

    def _origin(self) -> Origin:
        return Origin(
            host=socket.gethostname(),
            home=str(self.settings.home),
            database=shown(make_url(self.settings.database_url)),
            target=self.settings.target,
        )

    def _duckdb(self, path: Path) -> None:
        self.follow.doing(self._name(path))
        try:
            copies = copy_duckdb(path, self.scratch, self.wait, self.follow)
        except FileNotFoundError:
            return
        except BackupError as error:
            self.skipped[self._name(path)] = str(error)
            return
        for copy in copies:
            self.archive.add(self._name(path.with_name(copy.name)), copy)
            copy.unlink()

    def _destinations(self) -> None:
        for parent, folders, _ in walk(self.settings.destinations):
            folder = Path(parent)
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            if (folder / CURRENT).is_symlink():
                folders.clear()
                self._delivery(folder)
            else:
                self._files_of_destination(folder)

    def _files_of_destination(self, folder: Path) -> None:
        for path in files_in(folder, deep=False):
            if not is_its_log(path):
                (self._duckdb if is_duckdb(path) else self._file)(path)

    def _delivery(self, folder: Path) -> None:
        """The version of a folder of Parquet files that counts, and the link to it."""
        self.follow.doing(self._name(folder))
        try:
            with alone(folder.with_name(f".{folder.name}"), self.wait, self.follow):
                link = folder / CURRENT
                target = checked_link(self._name(link), link.readlink().as_posix())
                for path in files_in(folder / target):
                    self._file(path)
                self.links[self._name(link)] = target
        except BackupError as error:
            self.skipped[self._name(folder)] = str(error)

    def _file(self, path: Path) -> None:
        # What has gone since it was listed is no part of this backup.
        with suppress(FileNotFoundError):
            self.archive.add(self._name(path), path)

    def _landing(self, with_files: bool, *, there: bool) -> None:
        self.follow.doing(LANDING)
        lines = self._landing_lines(with_files) if there else ()
        self.archive.add_text(LANDING_LIST, "".join(lines))

    def _landing_lines(self, with_files: bool) -> Iterator[str]:
        for path in files_in(self.settings.home / LANDING):
            with suppress(FileNotFoundError):
                name = self._name(path)
                member = self.archive.add(name, path) if with_files else hash_of(path, self.follow)
                yield json.dumps({"path": name, **member.model_dump()}) + "\n"

    def _name(self, path: Path) -> str:
        """A file's name in the archive: its path in the home."""
        return path.relative_to(self.settings.home).as_posix()
