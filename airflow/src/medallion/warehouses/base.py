"""What a dbt target has to say of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from medallion.settings import Settings


@dataclass(frozen=True)
class Warehouse:
    """A dbt target.

    Attributes:
        target: its name in ``dbt/profiles.yml``.
        environment: the variables the profile reads, for a client.
        lock: holds the client's warehouse for one build, cleanup or the like, wherever it runs: what builds
            know of each other (dbt/README.md, "Increments") is no longer true where two are at work.
        concurrent_writers: whether several runs of a client may be at work at once.
    """

    target: str
    environment: Callable[[Settings, str], Mapping[str, str]]
    lock: Callable[[Settings, str], AbstractContextManager[object]]
    concurrent_writers: bool = False
