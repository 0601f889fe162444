"""One client's gold → one destination."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from medallion.clients import Destination
from medallion.connections import Lookup, from_environment, parsed, url_of
from medallion.exceptions import ConfigError, DeliveryRefused, PublishError
from medallion.ledger.judged import Judged
from medallion.locks import LOCK_SECONDS, one_at_a_time
from medallion.publish import duckdb_file, parquet_folder, parquet_store, sqlserver
from medallion.publish.delivery import Delivered, Delivery, Gold, RunFacts
from medallion.warehouses.sqlserver_address import loader


def publish(
    client_id: str,
    destination: Destination,
    *,
    warehouse: Path,
    schema: str,
    tables: Sequence[str],
    root: Path,
    run: RunFacts,
    judged: Judged | None = None,
    lookup: Lookup = from_environment,
    patience: float = LOCK_SECONDS,
) -> Delivery:
    """Deliver all tables, or none; tables of an earlier delivery that are not among them go.

    Of a table that keeps its rows a database gets the keys that changed since its last delivery, of others
    all rows; either way it then has the rows of gold. What is delivered again is delivered whole.

    Args:
        client_id: whose gold; its schema or folder at the destination.
        destination: where to.
        warehouse: the client's DuckDB file; only read.
        schema: the schema in it that holds gold.
        tables: the tables of gold to deliver.
        root: folder that a destination's relative path starts from.
        run: which run delivers.
        judged: what its gates judged; None to deliver whatever is there.
        lookup: finds the Airflow connection that the destination names.
        patience: seconds to wait for another delivery or a reader that holds the destination.

    Returns:
        What is now at the destination.

    Raises:
        DeliveryRefused: if gold is no longer what the run's gates judged.
        PublishError: if anything is not delivered whole; the last good delivery is then still in place.
    """
    gold = Gold(client_id, warehouse, schema, tuple(tables), run, judged)
    try:
        delivered = _deliver(gold, destination, root, lookup, patience)
    except DeliveryRefused as error:
        raise DeliveryRefused(f"{client_id}: {destination.name}: {error}") from error
    except (PublishError, ConfigError) as error:
        raise PublishError(f"{client_id}: {destination.name}: {error}") from error
    return Delivery(destination.name, *delivered)


def _deliver(gold: Gold, destination: Destination, root: Path, lookup: Lookup, patience: float) -> Delivered:
    kind, place = destination.type, destination.path or ""
    if kind == "parquet" and "://" in place:
        login = parsed(_url(destination, lookup)) if destination.connection or destination.env else None
        lock = root / f".{destination.name}.{gold.client_id}"
        with one_at_a_time(lock, doing=gold.doing, error=PublishError, patience=patience):
            return parquet_store.deliver(gold, place, login, patience)
    if kind == "parquet":
        return parquet_folder.deliver(gold, _path(place, root), patience)
    if kind == "duckdb":
        return duckdb_file.deliver(gold, _path(place, root), patience)
    url = parsed(_url(destination, lookup))
    if kind == "postgres":
        # Its driver imports pandas: a second, which every parse of a client's DAG would pay.
        from medallion.publish import postgres

        return postgres.deliver(gold, url, patience)
    return sqlserver.deliver(gold, url, patience, loader=loader())


def _url(destination: Destination, lookup: Lookup) -> str:
    return url_of(destination.connection, destination.env, lookup)


def _path(place: str, root: Path) -> Path:
    """Where the destination is on this machine.

    Raises:
        PublishError: if it leads out of the root.
    """
    path = (root / place).resolve()
    if not Path(place).is_absolute() and not path.is_relative_to(root.resolve()):
        raise PublishError(f"path: must stay below {root}, is {place}")
    return path
