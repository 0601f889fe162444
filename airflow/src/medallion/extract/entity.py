"""One entity of a source, one interval → one staged file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from medallion.clients import SourceContract
from medallion.exceptions import ExtractError
from medallion.extract.changes import settle
from medallion.extract.parts import write_part
from medallion.extract.reader import BadSourceError, ColumnsChangedError, Reader
from medallion.interval import Interval


@dataclass(frozen=True)
class Extracted:
    """What came of an entity: rows, the files or pages they came in, and changes of its columns."""

    rows: int
    parts: int
    changes: tuple[str, ...]


@dataclass(frozen=True)
class EntityExtract:
    """The extraction of one entity: whose it is, how it is read, and what landed of it before.

    Attributes:
        known: the columns that landed last; None where nothing has.
        whole: True if the rows are all of them, on an entity's first run (``load: history``).
    """

    contract: SourceContract
    name: str
    client_id: str
    interval: Interval
    reader: Reader
    known: pa.Schema | None
    whole: bool

    def run(self, target: Path) -> Extracted:
        """Read the entity into one file.

        Args:
            target: the Parquet file to write.

        Raises:
            ExtractError: naming client, source, entity and file, what was found and what is expected.
        """
        try:
            found = self.reader.schema()
            schema, changes = settle(self.reader.name, found, self.known, self.contract.schema_changes)
            rows = write_part(target, schema, self._batches(schema), self.interval, whole=self.whole)
        except BadSourceError as error:
            raise ExtractError(f"{self.client_id}: {self.contract.name}.{self.name}: {error}") from error
        except OSError as error:  # of what is written: readers have errors of their own
            told = f"{target.parent} cannot be written: {error}"
            raise ExtractError(f"{self.client_id}: {self.contract.name}.{self.name}: {told}") from error
        return Extracted(rows, self.reader.parts, tuple(changes))

    def _batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows in the types that land."""
        for batch in self.reader.batches(schema):
            try:
                yield _cast(batch, schema)
            # Arrow raises the second where it knows no way between two types: to the reader both are a source
            # whose rows do not fit, and the run fails on either.
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                told = f"{error}; expected the types that landed before (schema_changes: freeze)"
                raise ColumnsChangedError(self.reader.name, told) from error


def _cast(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch's columns in the schema's types, where it has them."""
    wanted = {field.name: field.type for field in schema}
    columns = {
        name: column if column.type == wanted[name] else column.cast(wanted[name])
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
        if name in wanted
    }
    return pa.RecordBatch.from_pydict(columns) if columns else batch.select([])
