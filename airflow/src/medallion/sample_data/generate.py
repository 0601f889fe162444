"""Write the extracts of a source, in the format and at the place its contract says."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from medallion.clients import Client, SourceContract
from medallion.clients.places import filled
from medallion.exceptions import ConfigError
from medallion.interval import Interval
from medallion.pipeline import calendar_of, last_complete_interval
from medallion.sample_data.planted import DEFAULT_ROWS, Planted, Recipe, read_planted

MOST_ROWS = 10_000_000
#: Defects by name, as multiples of the rates that leave a client's scores just above its threshold.
DEFECTS = {"none": 0.0, "low": 0.5, "usual": 1.0, "high": 2.0}
#: Customers and products stop growing with the rows here: a snapshot is sent whole every time.
_LARGEST_WORLD = 100_000
_NOW = "-- now: "
#: The sources of a client write about so many rows for one unit of `volume`.
_ROWS_A_UNIT = 10
#: The share of bad rows that the rates in ``sql/`` are written for: a threshold of 0.95.
_TOLERANCE = 0.05
_SQL = files("medallion.sample_data") / "sql"
_COPY_OPTIONS = {"csv": "format csv, header", "jsonl": "format json", "parquet": "format parquet"}


def can_generate(contract: SourceContract) -> bool:
    """True for a contract that reads the demo's samples and whose rows are known here."""
    return (contract.location or "").startswith("{samples}/") and (_SQL / f"{contract.name}.sql").is_file()


def generate_client(
    client: Client,
    contracts: Mapping[str, SourceContract],
    intervals: Iterable[Interval],
    samples: Path,
    *,
    seed: int = 7,
    rows_a_day: int = DEFAULT_ROWS,
    defects: float = 1.0,
    only_missing: bool = False,
) -> list[Planted]:
    """Write the extracts of every source of a client that can be generated.

    Args:
        client: whose sources to write; one with a location of its own brings its own files.
        contracts: the contracts by name, as in the catalog.
        intervals: those of the client's runs.
        samples: root of the samples, ``{samples}`` in a contract's location.
        seed: other seeds, other rows.
        rows_a_day: about how many rows of new business the client's sources bring in a day; those that come
            whole each interval come on top, and grow with it.
        defects: 0 plants none; 1 leaves scores just above the client's threshold, 2 breaches it.
        only_missing: leave alone what an earlier call wrote with the same seed, rows and defects.

    Returns:
        What was planted, by interval and source.
    """
    named = [contracts[source.name] for source in client.data_sources if source.location is None]
    wanted = [_of_client(contract, client) for contract in named if can_generate(contract)]
    tolerance = 1 - client.business_rules.quality_threshold.default
    recipe = Recipe(seed, rows_a_day, round(defects * tolerance / _TOLERANCE, 6))
    return [
        _found(contract, client.id, interval, samples, recipe if only_missing else None)
        or generate(contract, client.id, interval, samples, recipe, _former(client, interval))
        for interval in intervals
        for contract in wanted
    ]


def generate(
    contract: SourceContract,
    client_id: str,
    interval: Interval,
    samples: Path,
    recipe: Recipe = Recipe(),  # noqa: B008  # frozen
    former: Interval | None = None,
) -> Planted:
    """Write one source's extract of one interval, and what was planted in it beside.

    Args:
        contract: says which files, where and in which format.
        client_id: clients have rows of their own.
        interval: whose rows; another one has other orders and another day's stock.
        samples: root of the samples, ``{samples}`` in the contract's location.
        recipe: seed, size and rate of defects.
        former: the interval before, of which rows are corrected; None if it is as long.

    Returns:
        What was planted, also written to ``planted/<interval>.json`` in the source's folder.

    Raises:
        ConfigError: if the rows of this contract's source or of one of its entities are not known here.
    """
    if not can_generate(contract):
        raise ConfigError(f"{contract.name}: there is no generator of sample extracts for this source")
    folder = _folder(contract, client_id, samples)
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        _draw(connection, contract.name, client_id, (former or _as_long(interval), interval), recipe)
        for name, entity in contract.entities.items():
            _write(connection, contract, name, folder / str(entity.path).format(interval=interval.stamp))
        planted = Planted(client_id, contract.name, interval.stamp, recipe, _counts(connection))
    planted.write(_beside(folder, interval))  # last: where it is, the extract is whole
    return planted


def _former(client: Client, interval: Interval) -> Interval | None:
    """The interval before, where it can have another length because clocks were changed."""
    if client.timezone == "UTC":
        return None
    return last_complete_interval(calendar_of(client), interval.start)


def _as_long(interval: Interval) -> Interval:
    return Interval(interval.start - (interval.end - interval.start), interval.start)


def _of_client(contract: SourceContract, client: Client) -> SourceContract:
    """The contract with the client's values in its location."""
    if not client.values:
        return contract
    return contract.model_copy(update={"location": filled(str(contract.location), client.values)})


def _folder(contract: SourceContract, client_id: str, samples: Path) -> Path:
    return Path(str(contract.location).format(samples=samples, client=client_id, adventureworks=""))


def _beside(folder: Path, interval: Interval) -> Path:
    return folder / "planted" / f"{interval.stamp}.json"


def _found(
    contract: SourceContract, client_id: str, interval: Interval, samples: Path, recipe: Recipe | None
) -> Planted | None:
    """What an earlier call planted by the same recipe."""
    path = _beside(_folder(contract, client_id, samples), interval)
    try:
        planted = read_planted(path) if recipe and path.is_file() else None
    except (KeyError, TypeError, ValueError):  # as an earlier version of Medallion wrote it
        return None
    return planted if planted and planted.recipe == recipe else None


def _draw(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    client_id: str,
    intervals: tuple[Interval, Interval],
    recipe: Recipe,
) -> None:
    """Make a view or table for every entity of the source, and ``planted``.

    The script runs for the interval before first, in the schema ``before``, as far as it says: what is
    corrected now came then.
    """
    former, interval = intervals
    for one, schemas in ((former, "before,main"), (interval, "main")):
        for name, value in _variables(client_id, one, recipe).items():
            connection.execute(f"set variable {name} = $1", [value])
        if one is former:
            connection.execute(_script("draws"))  # macros are bound to the variables' types
            connection.execute("create schema before")
        connection.execute(f"set search_path = '{schemas}'")
        connection.execute(_script("world"))
        connection.execute(_script(source).partition(_NOW)[0] if one is former else _script(source))


def _script(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


def _variables(client_id: str, interval: Interval, recipe: Recipe) -> dict[str, Any]:
    """Everything the rows depend on; nothing else may reach the SQL."""
    days = (interval.end - interval.start) / timedelta(days=1)
    return {
        "seed_text": f"{recipe.seed}|{client_id}",
        "interval_text": interval.stamp,
        "started_at": interval.start.replace(tzinfo=None),  # as DuckDB's timestamps are
        "ended_at": interval.end.replace(tzinfo=None),
        "size": max(1, min(recipe.rows_a_day // _ROWS_A_UNIT, _LARGEST_WORLD)),
        "volume": max(1, round(recipe.rows_a_day * days / _ROWS_A_UNIT)),
        "defects": float(recipe.defects),
    }


def _write(connection: duckdb.DuckDBPyConnection, contract: SourceContract, entity: str, path: Path) -> None:
    """Write an entity's file whole or not at all."""
    known = {
        name
        for (name,) in connection.execute(
            "select view_name from duckdb_views() where not internal and schema_name = 'main'"
        ).fetchall()
    }
    if entity not in known:
        raise ConfigError(f"{contract.name}: the generator knows {', '.join(sorted(known))}, not {entity}")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    connection.execute(
        f'copy (from "{entity}") to $1 ({_COPY_OPTIONS[str(contract.format)]})', [str(unfinished)]
    )
    unfinished.replace(path)


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """Read the table ``planted``."""
    counts: dict[str, dict[str, int]] = {}
    for entity, what, count in connection.execute("from planted").fetchall():
        counts.setdefault(entity, {})[what] = count
    return counts
