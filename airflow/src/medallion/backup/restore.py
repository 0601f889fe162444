"""Makes an installation from a backup, in a home that has none."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from medallion.backup import database
from medallion.backup.archive import hash_of
from medallion.backup.follow import Follower
from medallion.backup.manifest import Manifest
from medallion.backup.paths import LANDING, kept_elsewhere, some
from medallion.backup.reader import Checked, opened
from medallion.exceptions import BackupError
from medallion.settings import Settings

#: What may be in a home already: it is made again, or is no part of an installation.
_WELCOME = ("backups", "manifests", "samples")


@dataclass(frozen=True)
class Restored:
    """What a restore did, or would do.

    Attributes:
        manifest: what was in the archive.
        done: whether it was done.
        missing: files of landing's list that the home has not.
        differing: files of landing's list that are others in the home.
        apart: folders that came into the home, though this installation keeps them elsewhere, and where.
        sealed: why the registry cannot be read with the keys there are; None if it can.
    """

    manifest: Manifest
    done: bool
    missing: list[str]
    differing: list[str]
    apart: dict[str, str]
    sealed: str | None


def restore(
    settings: Settings,
    path: Path,
    *,
    dry_run: bool = False,
    agreed: Callable[[Manifest], bool] = lambda _: True,
    follow: Follower | None = None,
) -> Restored:
    """Fill an empty home from an archive, all of it or nothing.

    Args:
        settings: the installation; its home has to be empty, and so has its database.
        path: the archive.
        dry_run: write nothing, just look.
        agreed: is asked once the archive is known to be whole; if it says no, nothing is written.
        follow: is told how far it is.

    Returns:
        What was restored, and what is to do.

    Raises:
        BackupError: if the archive is none, is damaged or newer than this Medallion, if something is in the
            way, or if it cannot be written. The home is then as it was.
    """
    follow = follow or Follower()
    follow.doing("checking the archive")
    with opened(path, follow) as archive:
        _refuse_if_in_the_way(settings, archive)
        done = not dry_run and agreed(archive.manifest)
        if done:
            _fill(settings, archive, follow)
        missing, differing = _compare_landing(settings, archive, unpacked=done, follow=follow)
        sealed = database.why_sealed(archive.database, settings.fernet_keys)
        apart = {name: at for name, at in kept_elsewhere(settings).items() if archive.manifest.holds(name)}
        return Restored(archive.manifest, done, missing, differing, apart, sealed)


def _refuse_if_in_the_way(settings: Settings, archive: Checked) -> None:
    """Hold a restore to an empty home.

    Raises:
        BackupError: naming what there is.
    """
    found = list(_in_the_way(settings, archive))
    if found:
        raise BackupError(
            f"{settings.home} is in use already, by {some(found)}: "
            "move it away, or name another home with MEDALLION_HOME"
        )
    if rows := database.tables_in_use(settings.database_url):
        raise BackupError(
            f"the registry's database has rows already, in {some(rows)}: "
            "name an empty one with MEDALLION_REGISTRY_URL"
        )


def _in_the_way(settings: Settings, archive: Checked) -> Iterator[str]:
    welcome = {*_WELCOME, *_own_database(settings)}
    if not archive.manifest.holds(LANDING):
        welcome.add(LANDING)  # its files are kept elsewhere, and may be back already
    for path in sorted(settings.home.glob("*")):
        if path.name not in welcome and path.resolve() != archive.path.resolve() and _has_files(path):
            yield path.name


def _own_database(settings: Settings) -> Iterator[str]:
    """The names of the registry's files in the home: whether they hold anything is asked of them."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database and Path(url.database).parent == settings.home:
        name = Path(url.database).name
        yield from (name, f"{name}-wal", f"{name}-shm", f"{name}.migrating")


def _has_files(path: Path) -> bool:
    return not path.is_dir() or any(names for _, _, names in os.walk(path))


def _fill(settings: Settings, archive: Checked, follow: Follower) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".restoring-", dir=settings.home) as staged:
            follow.doing("files")
            archive.unpack(Path(staged), follow)
            moved: list[Path] = []
            with (
                _undone_if_it_fails(moved),
                database.loading(archive.database, settings.database_url, follow),
            ):
                _move_all(Path(staged), settings.home, moved)
    except OSError as error:
        raise BackupError(f"{settings.home} could not be filled: {error}") from error


@contextmanager
def _undone_if_it_fails(moved: list[Path]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for path in moved:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        raise


def _move_all(staged: Path, home: Path, moved: list[Path]) -> None:
    """Put everything into its place; folders may be there, empty, perhaps on disks of their own."""
    for folder in sorted(staged.iterdir()):
        (home / folder.name).mkdir(exist_ok=True)
        for path in sorted(folder.iterdir()):
            place = home / folder.name / path.name
            for parent, _, _ in os.walk(place, topdown=False):
                Path(parent).rmdir()  # empty, or it would have been in the way
            moved.append(place)
            shutil.move(path, place)


def _compare_landing(
    settings: Settings, archive: Checked, *, unpacked: bool, follow: Follower
) -> tuple[list[str], list[str]]:
    """Say which files of landing's list landing lacks, and which are others there."""
    brought = bool(archive.manifest.holds(LANDING))
    missing: list[str] = []
    differing: list[str] = []
    if brought and not unpacked:
        return missing, differing  # the archive brings them all
    follow.doing(LANDING)
    landing = settings.home / LANDING if brought else settings.landing
    for name, member in archive.landing.items():
        path = landing / name.removeprefix(f"{LANDING}/")
        if not path.is_file():
            missing.append(name)
        elif path.stat().st_size != member.bytes or hash_of(path, follow) != member:
            differing.append(name)
    return missing, differing
