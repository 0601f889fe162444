"""What every connector does for an entity: first its columns, then its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import pyarrow as pa

from medallion.clients import Entity
from medallion.exceptions import MedallionError


class BadSourceError(MedallionError):
    """A source does not give what its contract says.

    Args:
        where: the file, table or resource.
        problem: what was found, and what is expected.
    """

    def __init__(self, where: str, problem: object) -> None:
        super().__init__(f"{where}: {problem}")


class ColumnsChangedError(BadSourceError):
    """A source's columns or types are not those that landed before, which its contract forbids."""


class Reader(Protocol):
    """Reads one entity for one run."""

    @property
    def name(self) -> str:
        """What is read, for messages."""

    def schema(self) -> pa.Schema:
        """The columns and their types; a type of null is not known, for there was no row to tell it.

        Raises:
            BadSourceError: if they cannot be read, or an expected one is missing.
        """

    def batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows, in the columns of the schema or more.

        Raises:
            BadSourceError: if they cannot be read.
        """

    @property
    def parts(self) -> int:
        """Files, pages or queries that the rows came from."""


@dataclass(frozen=True)
class Span:
    """The rows that a run lands, by their cursor: from ``start`` until just before ``end``; None is open.

    The moments are in the client's zone, for a cursor that holds days holds its days.
    """

    start: datetime | None
    end: datetime | None


def expected_columns(entity: Entity) -> Sequence[str]:
    """The columns that the contract counts on, each once."""
    filled = [column.name for column in entity.checks.not_null] if entity.checks else []
    named = [*entity.keys, *filter(None, [entity.event_time, entity.cursor]), *entity.required, *filled]
    return list(dict.fromkeys(named))
