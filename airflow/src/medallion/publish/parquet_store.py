"""Parquet files in an object store as destination: a version a delivery, and a pointer written last.

``<url>/<client>/current.json`` names the version that counts, ``versions/<moment>``, which holds
``<table>.parquet`` for each table and ``_delivery.json``. An object is replaced whole, so readers of the
pointer see the old version or the new one. The one before stays until the next delivery.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import fsspec
from sqlalchemy import URL

from medallion.connections import without_secret
from medallion.exceptions import PublishError
from medallion.publish.delivery import Delivered, Gold
from medallion.publish.source import reading, write_parquet
from medallion.publish.stamps import begin
from medallion.storage import options_of

POINTER = "current.json"
LOG = "_delivery.json"
_VERSIONS = "versions"


def deliver(gold: Gold, url: str, login: URL | None, patience: float) -> Delivered:
    """Put a new version of the client's gold in the place of the one before.

    One delivery of a client at a time: an object store has no locks, the caller sees to it.

    Args:
        gold: what to deliver.
        url: the folder of all clients, such as ``s3://bucket/folder``.
        login: key, secret, region and endpoint of the store; None for what the environment holds.
        patience: seconds to wait for the client's warehouse.

    Returns:
        The version's URL, the rows by table, and the version's size.

    Raises:
        PublishError: if a table cannot be read or written whole. The version before is then still current.
    """
    folder = f"{url.rstrip('/')}/{gold.client_id}"
    try:
        return _deliver(gold, _store(url, login), folder, patience)
    except PublishError:
        raise
    except Exception as error:  # each store's library has errors of its own
        said = without_secret(error, login) if login else error
        raise PublishError(f"{folder} cannot be written: {said}") from None


def _store(url: str, login: URL | None) -> Any:
    """The file system; never one of fsspec's shared ones, which know what others listed."""
    protocol = url.partition("://")[0]
    return fsspec.filesystem(protocol, skip_instance_cache=True, **options_of(protocol, login))


def _deliver(gold: Gold, store: Any, folder: str, patience: float) -> Delivered:
    former = _former(store, folder)
    version = f"{_VERSIONS}/{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    with reading(gold, patience) as connection:
        connection.register_filesystem(store)
        begin(connection, gold)
        rows = {
            table: write_parquet(connection, gold, table, f"{folder}/{version}/{table}.parquet")
            for table in gold.tables
        }
    facts = gold.facts(rows)
    _write(store, f"{folder}/{version}/{LOG}", facts)
    size = sum(store.size(f"{folder}/{version}/{table}.parquet") for table in rows)
    _write(store, f"{folder}/{POINTER}", {"version": version, **facts})
    _clear(store, folder, keep=(version, former))
    return Delivered(f"{folder}/{version}", rows, size)


def _former(store: Any, folder: str) -> str | None:
    """The version that is current now."""
    try:
        return str(json.loads(store.cat_file(f"{folder}/{POINTER}"))["version"])
    except FileNotFoundError:
        return None


def _write(store: Any, path: str, facts: dict[str, Any]) -> None:
    store.pipe_file(path, (json.dumps(facts, indent=2) + "\n").encode())


def _clear(store: Any, folder: str, keep: tuple[str | None, ...]) -> None:
    """Delete the versions before the last, and what deliveries that broke left behind."""
    kept = {version.rpartition("/")[2] for version in keep if version}
    for path in store.ls(f"{folder}/{_VERSIONS}", detail=False):
        if path.rstrip("/").rpartition("/")[2] not in kept:
            store.rm(path, recursive=True)
