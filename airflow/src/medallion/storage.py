"""Where landing and reports are: a folder of this machine, or one that fsspec reaches by its URL.

Both are paths: :class:`pathlib.Path` here, :class:`upath.UPath` elsewhere, which has its methods. This room
holds what is not alike: folders that a store does not have, files listed one by one, locks, and errors.

What is moved into its place is there whole or not at all: on disks and file servers that is a rename, in an
object store a copy that it makes itself, and shows once it is complete.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeAlias

from medallion.exceptions import ConfigError, MedallionError

if TYPE_CHECKING:
    from filelock import FileLock
    from sqlalchemy import URL
    from upath import UPath

Root: TypeAlias = "Path | UPath"

#: Stores of objects: they have no folders, and their libraries would remember what they once listed.
_OBJECTS = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl")
_LOCAL = ("file", "local")
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_PLAIN = re.compile(r"[\w ./=+@:-]+")


def checked_root(variable: str, said: str) -> str:
    """Return a folder or URL as a variable of the environment names it, a folder as an absolute path.

    Raises:
        ConfigError: if it can be neither, naming the variable and what is allowed.
    """
    url = _URL.fullmatch(said)
    if said and not url and "://" not in said:
        return str(Path(said).resolve())
    if url and url[1] in _LOCAL:
        return str(Path(url[2]).resolve())
    if url and re.search(r"[^/]*:[^/]*@", url[2].partition("/")[0]):
        raise ConfigError(f"{variable} must not hold a password: name a connection in {variable}_CONNECTION")
    if said and (not url or "::" in said or not _PLAIN.fullmatch(url[2]) or ".." in url[2].split("/")):
        raise ConfigError(f"{variable} must be a folder or a URL such as s3://bucket/folder, is {said!r}")
    if url:
        _check_protocol(variable, url[1], said)
    return said.rstrip("/")


def _check_protocol(variable: str, protocol: str, said: str) -> None:
    from fsspec import available_protocols

    from medallion.clients.problem import hint

    known = set(available_protocols()) - {"http", "https"}  # those are read only
    if protocol not in known:
        allowed = "must be a folder or a URL that fsspec can write, such as s3, gs, abfs or sftp"
        raise ConfigError(f"{variable} {allowed}, is {said!r}{hint(protocol, sorted(known))}")


def opened_root(
    variable: str, said: str, connection: str, lookup: Callable[[str], str | None] | None = None
) -> Root:
    """Return the path of what :func:`checked_root` returned; nothing is looked at there.

    Args:
        variable: which variable of the environment named it.
        said: the folder or URL.
        connection: the Airflow connection that holds the login; blank takes what the environment holds.
        lookup: finds a connection; None looks in the environment.

    Raises:
        ConfigError: if the connection is not there, or the URL's library is not installed.
    """
    if "://" not in said:
        return Path(said)
    from fsspec import get_filesystem_class
    from upath import UPath

    from medallion.connections import from_environment, parsed, url_of

    protocol = said.partition("://")[0]
    try:
        get_filesystem_class(protocol)
        login = parsed(url_of(connection, None, lookup or from_environment)) if connection else None
    except ImportError as error:
        raise ConfigError(f"{variable}: {said} needs a library that is not installed: {error}") from error
    except ConfigError as error:
        raise ConfigError(f"{variable}_CONNECTION: {error}") from None
    root: UPath = UPath(said, **options_of(protocol, login))
    return root


def options_of(protocol: str, login: URL | None) -> dict[str, Any]:
    """What fsspec is told of a file system: its login, and that nothing listed is remembered.

    Args:
        protocol: the URL's, before ``://``.
        login: a connection's URL; None for what the environment holds.
    """
    options: dict[str, Any] = {"use_listings_cache": False} if protocol in _OBJECTS else {}
    if login is None:
        return options
    query = {name: str(value) for name, value in login.query.items()}
    if protocol in ("s3", "s3a"):
        known = {name: query[name] for name in ("endpoint_url", "region_name") if name in query}
        return options | {"key": login.username, "secret": login.password, "client_kwargs": known}
    named = {"username": login.username, "password": login.password, "port": login.port}
    return options | {name: value for name, value in named.items() if value} | query


@contextmanager
def store_errors(place: Root, error: type[MedallionError], doing: str) -> Iterator[None]:
    """Say of whatever a file system raises which place it is of; each has errors of its own.

    Args:
        place: where it happens.
        error: what to raise.
        doing: what cannot be done there.

    Raises:
        MedallionError: of the kind asked for; it does not repeat a login.
    """
    try:
        yield
    except MedallionError:
        raise
    except Exception as problem:
        if isinstance(place, Path):
            if not isinstance(problem, OSError):
                raise
            raise error(f"{doing}: {problem}") from problem
        raise error(f"{doing}: {type(problem).__name__}: {_blotted(problem, place)}") from None


def _blotted(problem: Exception, place: UPath) -> str:
    """What an error says, without the login that the place was opened with."""
    said = str(problem).strip()
    for secret in place.storage_options.values():
        if isinstance(secret, str) and secret:
            said = said.replace(secret, "***")
    return said


def below(path: Root, root: Root) -> str:
    """A path from a root on, with slashes."""
    return path.relative_to(root).as_posix()  # type: ignore[arg-type]  # both are of one kind


def found_below(folder: Root, name: str) -> list[Root]:
    """The paths of a name or glob below a folder, however deep, in order; none if it is not there."""
    return sorted(folder.rglob(name), key=str)


def is_below(path: Root, root: Root) -> bool:
    """Whether a path is a root or leads on from it."""
    return path.is_relative_to(root)  # type: ignore[arg-type]  # both are of one kind


def beside(folder: Root) -> Path:
    """A folder of this machine for what another cannot hold: locks, and files while they are written."""
    if isinstance(folder, Path):
        return folder
    from medallion.settings import load_settings

    name = re.sub(r"[^\w.=]+", "_", str(folder))
    return load_settings().home / "storage" / name


def file_lock(folder: Root, name: str) -> FileLock:
    """The lock of a folder between this machine's processes."""
    from filelock import FileLock

    place = beside(folder)
    place.mkdir(parents=True, exist_ok=True)
    return FileLock(place / name)


def make_folder(folder: Root) -> None:
    """Make a folder where it is not there; an object store has none."""
    if isinstance(folder, Path):
        folder.mkdir(parents=True, exist_ok=True)
    elif folder.protocol not in _OBJECTS:
        folder.fs.makedirs(folder.path, exist_ok=True)


def bring(file: Path, place: Root) -> None:
    """Move a file of this machine to a place, which may be on another."""
    if isinstance(place, Path):
        file.rename(place)
    else:
        place.fs.put_file(str(file), place.path)
        file.unlink()


def move(path: Root, place: Root) -> None:
    """Move a file to a place of the same file system, over what is there."""
    path.rename(place)  # type: ignore[arg-type]  # both are of one kind


def clear(folder: Root) -> None:
    """Delete a folder with all that is in it; it need not be there."""
    if isinstance(folder, Path):
        shutil.rmtree(folder, ignore_errors=True)
    else:
        with suppress(FileNotFoundError):
            folder.fs.rm(folder.path, recursive=True)


def is_link(path: Root) -> bool:
    """True for a symbolic link; in a store there are none."""
    return isinstance(path, Path) and path.is_symlink()


def leads_out(path: Root, folder: Root) -> bool:
    """True if a path that is named below a folder is not, for a link is on its way; in a store none is."""
    return isinstance(path, Path) and not path.resolve().is_relative_to(Path(str(folder)).resolve())


def folders_in(folder: Root) -> list[Root]:
    """The folders directly in a folder, in order, no links among them; none if it is not there."""
    if isinstance(folder, Path):
        there = sorted(folder.iterdir()) if folder.is_dir() else []
        return [path for path in there if path.is_dir() and not path.is_symlink()]
    return [folder / name for name, found in sorted(_listed(folder).items()) if found["type"] == "directory"]


def files_in(folder: Root) -> list[Root]:
    """The files directly in a folder, in order; none if it is not there."""
    if isinstance(folder, Path):
        return [path for path in sorted(folder.iterdir()) if path.is_file()] if folder.is_dir() else []
    return [folder / name for name, found in sorted(_listed(folder).items()) if found["type"] == "file"]


def files_by_folder(folder: Root, links: list[Path]) -> Iterator[tuple[Root, list[int]]]:
    """The folders at and below a folder that hold files, each with the sizes of those directly in it.

    Args:
        folder: where to look.
        links: is given the links to folders, which are not followed.
    """
    if isinstance(folder, Path):
        for found, folders, files in os.walk(folder):  # follows no links
            path = Path(found)
            links += [path / name for name in folders if (path / name).is_symlink()]
            if files:
                yield path, [(path / name).lstat().st_size for name in files]
        return
    sizes = defaultdict[str, list[int]](list)
    for name, found in folder.fs.find(folder.path, detail=True).items():
        sizes[str(PurePosixPath(name.removeprefix(folder.path).lstrip("/")).parent)].append(found["size"])
    for name, own in sizes.items():
        yield (folder if name == "." else folder / name), own


def delete_files(folder: Root) -> None:
    """Delete the files and links directly in a folder; folders in it stay, and it need not be there."""
    if isinstance(folder, Path):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.is_symlink() or path.is_file():
                path.unlink(missing_ok=True)
    elif files := [found["name"] for found in _listed(folder).values() if found["type"] == "file"]:
        folder.fs.rm(files)


def delete_if_empty(folder: Root) -> bool:
    """Delete a folder that has nothing in it; False if it has, is none, or cannot be deleted."""
    if not isinstance(folder, Path) and folder.protocol in _OBJECTS:
        return False
    try:
        if isinstance(folder, Path):
            folder.rmdir()
        else:
            folder.fs.rmdir(folder.path)  # not UPath's, which takes what is in it as well
    except OSError:
        return False
    return True


def _listed(folder: UPath) -> dict[str, dict[str, Any]]:
    """What is directly in a store's folder, by name; one question, however much there is."""
    try:
        found = folder.fs.ls(folder.path, detail=True)
    except FileNotFoundError:
        return {}
    named = ((str(one["name"]).rstrip("/").rpartition("/")[2], one) for one in found)
    return {name: one for name, one in named if str(one["name"]).rstrip("/") != folder.path.rstrip("/")}


def readable_by(connection: Any, path: Root) -> None:
    """Let a DuckDB connection read files where a path is.

    It reads through fsspec, whatever the URL: its own extension for S3 would have to be downloaded, and knows
    neither every store nor the login that a connection holds.
    """
    if not isinstance(path, Path) and not connection.filesystem_is_registered(path.protocol):
        connection.register_filesystem(path.fs)
