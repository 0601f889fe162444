"""What a delivery is: whose gold, from where, by which run, and what came of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypedDict

from medallion.exceptions import PublishError
from medallion.ledger.judged import Judged

#: The table in a client's schema that says what was delivered when.
LOG = "_delivery"
#: Reads in a database's log what the last delivery brought: tables, each with the build that had left it.
FORMER = "select table_name, gold_build from {log} where delivered_at = (select max(delivered_at) from {log})"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class RunFacts(TypedDict):
    """The run that delivers, as the consumer may ask for it."""

    run_id: str
    interval_start: datetime
    config_version: str


class Copied(NamedTuple):
    """A delivered table, its rows, and how many of them were copied for it; None: all."""

    table: str
    rows: int
    part: int | None = None


def copied_of(copies: Iterable[Copied]) -> dict[str, int]:
    """The rows that were copied, by table, of those tables of which not all were."""
    return {copy.table: copy.part for copy in copies if copy.part is not None}


class Delivered(NamedTuple):
    """What a delivery left: the place (a path or URL, without login), rows by table, size, what to tell.

    ``copied`` has the rows that were copied for it, of the tables of which not all were.
    """

    place: str
    tables: Mapping[str, int]
    bytes: int
    notes: tuple[str, ...] = ()
    copied: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class Delivery:
    """What is now at the destination: where, rows by table, their size, what to tell readers, rows copied."""

    destination: str
    place: str
    tables: Mapping[str, int]
    bytes: int
    notes: tuple[str, ...] = ()
    copied: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Gold:
    """What is to be delivered: tables of one schema of a client's warehouse, and by which run.

    ``judged`` is what that run's gates judged; None delivers whatever is there.

    Raises:
        PublishError: if a name is none, or there is nothing to deliver.
    """

    client_id: str
    warehouse: Path
    schema: str
    tables: tuple[str, ...]
    run: RunFacts
    judged: Judged | None = None

    def __post_init__(self) -> None:
        for name in (self.client_id, self.schema, *self.tables):
            if not _NAME.fullmatch(name):
                allowed = "must be lower-case letters, digits and underscores"
                raise PublishError(f"{self.client_id}: a name to publish under {allowed}, is {name!r}")
        if not self.tables:
            raise PublishError(f"{self.client_id}: there is no table in gold to deliver")
        if not self.warehouse.is_file():
            raise PublishError(f"{self.client_id}: there is no warehouse to deliver from: {self.warehouse}")

    @property
    def interval_start(self) -> datetime:
        """The start of the run's interval in UTC, without zone as the tables hold it."""
        return self.run["interval_start"].astimezone(UTC).replace(tzinfo=None)

    def facts(self, tables: Mapping[str, int]) -> dict[str, Any]:
        """What this delivery is, as it stands beside delivered files."""
        return {
            "client": self.client_id,
            "run_id": self.run["run_id"],
            "interval_start": self.interval_start.isoformat(),
            "config_version": self.run["config_version"],
            "delivered_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "tables": dict(tables),
        }

    def log_rows(self, tables: Mapping[str, int], build: str | None) -> list[list[Any]]:
        """What this delivery is, as rows of a database's log; ``build`` is the one that left gold."""
        facts = [self.run["run_id"], self.interval_start, self.run["config_version"]]
        now = datetime.now(UTC).replace(tzinfo=None)
        return [[*facts, now, table, number, build] for table, number in tables.items()]

    @property
    def doing(self) -> str:
        """What a process that waits for this delivery is told."""
        return f"delivery of {self.client_id}, run {self.run['run_id']}"
