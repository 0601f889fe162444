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
        lock: holds the client's warehouse for one writer; None where writers may meet.
    """

    target: str
    environment: Callable[[Settings, str], Mapping[str, str]]
    lock: Callable[[Settings, str], AbstractContextManager[object]] | None = None

    @property
    def concurrent_writers(self) -> bool:
        """True where several runs of a client may write at once."""
        return self.lock is None
