"""One entity of a source, one interval → one staged file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from medallion.clients import SourceContract
from medallion.exceptions import ExtractError
from medallion.extract.columns import check_columns
from medallion.extract.csv_files import csv_batches, csv_schema
from medallion.extract.files import BadFileError, SourceFile, find_files
from medallion.extract.jsonl_files import jsonl_batches, jsonl_schema
from medallion.extract.parquet_files import parquet_batches, parquet_schema
from medallion.extract.parts import write_part
from medallion.interval import Interval


@dataclass(frozen=True)
class _Format:
    """How files of a format are read: first the columns, then the rows."""

    schema: Callable[[SourceFile], pa.Schema]
    batches: Callable[[SourceFile, pa.Schema], Iterator[pa.RecordBatch]]


_FORMATS = {
    "csv": _Format(csv_schema, csv_batches),
    "jsonl": _Format(jsonl_schema, jsonl_batches),
    "parquet": _Format(parquet_schema, parquet_batches),
}


@dataclass(frozen=True)
class EntityExtract:
    """The extraction of one entity: whose it is, where its files are, what they must bring."""

    contract: SourceContract
    name: str
    client_id: str
    location: str
    interval: Interval

    def run(self, target: Path) -> tuple[int, int]:
        """Read the entity's files into one.

        Args:
            target: the Parquet file to write.

        Returns:
            The number of rows, and of files they came from.

        Raises:
            ExtractError: naming client, source, entity and file, what was found and what is expected.
        """
        files = self._files()
        schema = self._schema(files)
        rows = write_part(target, schema, self._rows(files, schema), self.interval)
        least = self.contract.entities[self.name].min_rows
        if rows < least:
            raise self._wrong(_names(files), f"{rows} rows; expected at least {least} (min_rows)")
        return rows, len(files)

    def _files(self) -> list[SourceFile]:
        path = self.contract.entities[self.name].path.replace("{interval}", self.interval.stamp)
        try:
            files = find_files(self.location, path)
        except Exception as error:  # every file system has errors of its own
            raise self._wrong(path, f"{self.location} cannot be listed: {error}") from error
        if not files:
            raise self._wrong(path, f"no such file; expected below {self.location}")
        return files

    def _schema(self, files: Sequence[SourceFile]) -> pa.Schema:
        """The columns of all files together."""
        schemas = []
        for file in files:
            with self._looking_into(file):
                schemas.append(self._checked(_FORMATS[self.contract.format].schema(file)))
        try:
            return pa.unify_schemas(schemas, promote_options="permissive")
        except pa.ArrowException as error:
            raise self._wrong(
                _names(files), f"{error}; expected one type for a column in all files"
            ) from error

    def _checked(self, schema: pa.Schema) -> pa.Schema:
        """Hold a file's columns against the contract."""
        entity = self.contract.entities[self.name]
        named = [*entity.keys, *filter(None, [entity.event_time]), *entity.required]
        expected = list(dict.fromkeys(named))
        if self.contract.format == "jsonl" and not schema.names:
            # JSON lines have no header: without rows the contract is all that is known of the columns.
            return pa.schema([(name, pa.string()) for name in expected])
        check_columns(schema.names, expected)
        return schema

    def _rows(self, files: Sequence[SourceFile], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for file in files:
            with self._looking_into(file):
                yield from _FORMATS[self.contract.format].batches(file, schema)

    @contextmanager
    def _looking_into(self, file: SourceFile) -> Iterator[None]:
        """Say whose file it is that turned out bad."""
        try:
            yield
        except BadFileError as error:
            raise self._wrong(file.name, str(error)) from error
        except Exception as error:  # every file system has errors of its own
            raise self._wrong(file.name, f"cannot be read: {error}") from error

    def _wrong(self, path: str, text: str) -> ExtractError:
        return ExtractError(f"{self.client_id}: {self.contract.name}.{self.name}: {path}: {text}")


def _names(files: Sequence[SourceFile]) -> str:
    """The files' names, or the first and how many there are."""
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"{files[0].name}{more}"
