"""The files of an entity, found and opened by dlt on any file system it knows."""

from __future__ import annotations

import os
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


@dataclass(frozen=True)
class SourceFile:
    """One extracted file: its name below the source's location, and how to open it."""

    name: str
    size: int | None
    open: Callable[[], AbstractContextManager[IO[bytes]]]


def find_files(location: str, path: str, *, state: Path) -> list[SourceFile]:
    """List the files of an entity, in the order of their names.

    Args:
        location: a folder or an fsspec URL.
        path: relative to it, may be a glob.
        state: where dlt may keep what it remembers.

    Raises:
        Exception: whatever the file system says when it cannot be listed.
    """
    _quiet_dlt(state)
    from dlt.sources.filesystem import filesystem

    items = list(filesystem(bucket_url=location, file_glob=path))
    return sorted((_source_file(item) for item in items), key=lambda file: file.name)


def _source_file(item: object) -> SourceFile:
    from dlt.common.storages.fsspec_filesystem import FileItemDict

    assert isinstance(item, FileItemDict)  # noqa: S101  # it is what dlt's resource yields
    return SourceFile(item["relative_path"], item.get("size_in_bytes"), item.open)


def _quiet_dlt(state: Path) -> None:
    """Set what dlt reads at its first import: no telemetry, no files outside landing.

    Its Airflow provider goes too: it would import Airflow (6 s) and ask Airflow's API for a variable at
    each setting it looks up.
    """
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["PROVIDERS__ENABLE_AIRFLOW_SECRETS"] = "false"
    os.environ["DLT_DATA_DIR"] = str(state)
