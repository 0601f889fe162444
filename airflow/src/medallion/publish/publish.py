"""One client's gold → one destination."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from medallion.clients import Destination
from medallion.exceptions import PublishError
from medallion.locks import LOCK_SECONDS
from medallion.publish import duckdb_file, parquet_folder
from medallion.publish.delivery import Delivery, Gold, RunFacts

_Deliver = Callable[[Gold, Path, float], tuple[Path, Mapping[str, int], int]]

_TYPES: Mapping[str, _Deliver] = {"duckdb": duckdb_file.deliver, "parquet": parquet_folder.deliver}


def publish(
    client_id: str,
    destination: Destination,
    *,
    warehouse: Path,
    schema: str,
    tables: Sequence[str],
    root: Path,
    run: RunFacts,
    patience: float = LOCK_SECONDS,
) -> Delivery:
    """Deliver all tables, or none; tables of an earlier delivery that are not among them go.

    Args:
        client_id: whose gold; its schema or folder at the destination.
        destination: where to.
        warehouse: the client's DuckDB file; only read.
        schema: the schema in it that holds gold.
        tables: the tables of gold to deliver.
        root: folder that a destination's relative path starts from.
        run: which run delivers.
        patience: seconds to wait for another delivery or a reader that holds the destination.

    Returns:
        What is now at the destination.

    Raises:
        PublishError: if anything is not delivered whole; the last good delivery is then still in place.
    """
    gold = Gold(client_id, warehouse, schema, tuple(tables), run)
    path = _path(destination, root)
    try:
        where, rows, size = _TYPES[destination.type](gold, path, patience)
    except PublishError as error:
        raise PublishError(f"{client_id}: {destination.name}: {error}") from error
    return Delivery(destination.name, where, rows, size)


def _path(destination: Destination, root: Path) -> Path:
    """Where the destination is on this machine.

    Raises:
        PublishError: if it is a URL, or leads out of the root.
    """
    if "://" in destination.path:
        raise PublishError(f"{destination.name}: path: must be a file or folder, is {destination.path}")
    path = (root / destination.path).resolve()
    if not Path(destination.path).is_absolute() and not path.is_relative_to(root.resolve()):
        raise PublishError(f"{destination.name}: path: must stay below {root}, is {destination.path}")
    return path
