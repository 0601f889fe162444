"""What a dbt target has to say of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from medallion.settings import Settings
from medallion.warehouses.reading import Reading

#: Sources' entities, each as (source, entity).
Entities = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Warehouse:
    """A dbt target.

    Attributes:
        target: its name in ``dbt/profiles.yml``.
        environment: the variables the profile reads, for a client.
        lock: holds the client's warehouse for one build, cleanup or the like, wherever it runs: what builds
            know of each other (dbt/README.md, "Increments") is no longer true where two are at work.
        database: the database that dbt finds a client's schemas in.
        take_landing: brings what has landed of some entities to where bronze reads it; returns how many rows
            came.
        take_releases: the same of what is released from quarantine: Parquet files in a folder.
        reading: opens a client's warehouse to be looked at, waiting so many seconds for a writer.
        gold: yields a DuckDB file with the tables of gold that are named, and what is known of their builds,
            all as of one moment; waits so many seconds for a writer.
        set_up: makes what has to be there before some clients run; says what it did, a line for each step.
        may_hold: whether a client may have anything there, as far as can be told without asking a server.
        landing_schema: whether landing has a schema of its own beside the layers'.
        deadlocks: how often a build goes on with what the server ended to resolve a deadlock.
        concurrent_writers: whether several runs of a client may be at work at once.
    """

    target: str
    environment: Callable[[Settings, str], Mapping[str, str]]
    lock: Callable[[Settings, str], AbstractContextManager[object]]
    database: Callable[[str], str]
    take_landing: Callable[[Settings, str, Entities], int]
    take_releases: Callable[[Settings, str, Path], None]
    reading: Callable[[Settings, str, float], AbstractContextManager[Reading]]
    gold: Callable[[Settings, str, Sequence[str], float], AbstractContextManager[Path]]
    set_up: Callable[[Settings, Sequence[str]], Iterator[str]]
    may_hold: Callable[[Settings, str], bool]
    landing_schema: bool = False
    deadlocks: int = 0
    concurrent_writers: bool = False
