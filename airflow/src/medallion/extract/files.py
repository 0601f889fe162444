"""The files of an entity, found and opened by dlt on any file system it knows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from medallion.exceptions import MedallionError


class BadFileError(MedallionError):
    """A file is not what the contract says: what was found, and what is expected.

    Raised by whoever looks into a file; :mod:`medallion.extract.source` adds whose file it is.
    """

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"{found}; expected {expected}")


class ColumnsMissingError(BadFileError):
    """A file, table or resource lacks columns that the contract counts on."""


@dataclass(frozen=True)
class SourceFile:
    """One extracted file: its name below the source's location, and how to open it."""

    name: str
    size: int | None
    open: Callable[[], AbstractContextManager[IO[bytes]]]


def find_files(location: str, path: str) -> list[SourceFile]:
    """List the files of an entity, in the order of their names.

    Args:
        location: a folder or an fsspec URL.
        path: relative to it, may be a glob.

    Raises:
        BadFileError: if one is a link that leads out of the location, or lies behind one.
        Exception: whatever the file system says when it cannot be listed.
    """
    from medallion.extract.quiet_dlt import filesystem

    files = [
        SourceFile(item["relative_path"], item.get("size_in_bytes"), item.open)
        for item in filesystem(bucket_url=location, file_glob=path)
    ]
    if (folder := _local(location)) is not None:
        for file in files:
            _refuse_link_out(folder, file.name)
    return sorted(files, key=lambda file: file.name)


def _local(location: str) -> Path | None:
    """The folder that a location is on this machine; None for one elsewhere."""
    scheme, mark, path = location.partition("://")
    if not mark:
        return Path(location).resolve()
    return Path(path).resolve() if scheme in ("file", "local") else None


def _refuse_link_out(folder: Path, name: str) -> None:
    """Else whoever may write into a source's folder could have files of another client land."""
    if not (folder / name).resolve().is_relative_to(folder):
        raise BadFileError(
            f"{name} is a link that leads out of its location, or lies behind one", "files in it"
        )
