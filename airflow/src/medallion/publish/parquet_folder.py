"""A folder of Parquet files as destination: a version a delivery, and a link to the one that counts.

``<folder>/<client>/current`` leads to ``versions/<moment>/``, which holds ``<table>.parquet`` for each
table and ``_delivery.json``. Replacing the link is the delivery: readers see the old version or the new
one. The one before stays until the next delivery, for readers that have just opened it.
"""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from medallion.exceptions import PublishError
from medallion.locks import one_at_a_time
from medallion.publish.delivery import Delivered, Gold
from medallion.publish.source import reading, write_parquet
from medallion.publish.stamps import begin

CURRENT = "current"
LOG = "_delivery.json"
_VERSIONS = "versions"
_WRITING = ".writing"


def deliver(gold: Gold, path: Path, patience: float) -> Delivered:
    """Put a new version of the client's gold in the place of the one before.

    Args:
        gold: what to deliver.
        path: the folder of all clients; made if it is missing.
        patience: seconds to wait for another delivery of the client.

    Returns:
        The link to the version, the rows by table, and the version's size.

    Raises:
        PublishError: if a table cannot be read or written whole, or a link is in the place of the client's
            folder. The version before is then still current.
    """
    folder = path / gold.client_id
    if folder.is_symlink() or (folder / _VERSIONS).is_symlink():
        raise PublishError(
            f"{folder}: must be a folder of its own, no link: another client's may be behind it"
        )
    with one_at_a_time(path / f".{gold.client_id}", doing=gold.doing, error=PublishError, patience=patience):
        try:
            rows = _write(gold, folder / _WRITING, patience)
            version = _switch(folder)
        except OSError as error:
            raise PublishError(f"{folder} cannot be written: {error}") from error
        size = sum(file.stat().st_size for file in version.iterdir())
        return Delivered(str(folder / CURRENT), rows, size)


def _write(gold: Gold, writing: Path, patience: float) -> dict[str, int]:
    """Write all tables and what they are into a folder that nobody reads yet."""
    shutil.rmtree(writing, ignore_errors=True)
    writing.mkdir(parents=True)
    with reading(gold, patience) as connection:
        begin(connection, gold)
        rows = {table: _copy(connection, gold, table, writing) for table in gold.tables}
    (writing / LOG).write_text(json.dumps(gold.facts(rows), indent=2) + "\n", encoding="utf-8")
    return rows


def _copy(connection: duckdb.DuckDBPyConnection, gold: Gold, table: str, writing: Path) -> int:
    file = writing / f"{table}.parquet"
    rows = write_parquet(connection, gold, table, str(file))
    with file.open("rb") as handle:
        os.fsync(handle.fileno())
    return rows


def _switch(folder: Path) -> Path:
    """Make what was written the current version, and clear up the ones before the last."""
    version = folder / _VERSIONS / f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    version.parent.mkdir(exist_ok=True)
    (folder / _WRITING).rename(version)
    former = (folder / CURRENT).readlink().name if (folder / CURRENT).is_symlink() else version.name
    link = folder / f".{CURRENT}"
    link.unlink(missing_ok=True)
    link.symlink_to(Path(_VERSIONS) / version.name, target_is_directory=True)
    link.replace(folder / CURRENT)
    for old in version.parent.iterdir():
        if old.name not in (version.name, former):
            shutil.rmtree(old, ignore_errors=True)  # the delivery stands; the next one clears up what is left
    return version
