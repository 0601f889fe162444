"""An entity's files: CSV, JSON lines or Parquet, on any file system."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from medallion.extract.columns import check_columns
from medallion.extract.csv_files import csv_batches, csv_schema
from medallion.extract.files import BadFileError, SourceFile, find_files
from medallion.extract.jsonl_files import jsonl_batches, jsonl_schema
from medallion.extract.parquet_files import parquet_batches, parquet_schema
from medallion.extract.reader import BadSourceError


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
class FilesReader:
    """Reads the files of a path, which may be a glob, as one table.

    Args:
        location: a folder or an fsspec URL.
        path: relative to it.
        format: csv, jsonl or parquet.
        expected: columns that each file must have.
    """

    location: str
    path: str
    format: str
    expected: Sequence[str]

    @cached_property
    def _files(self) -> list[SourceFile]:
        try:
            files = find_files(self.location, self.path)
        except BadFileError as error:
            raise BadSourceError(self.path, error) from None
        except Exception as error:  # every file system has errors of its own
            raise BadSourceError(self.path, f"{self.location} cannot be listed: {error}") from error
        if not files:
            raise BadSourceError(self.path, f"no such file; expected below {self.location}")
        return files

    @property
    def name(self) -> str:
        """The files' names, or the first and how many there are."""
        more = f" and {len(self._files) - 1} more" if len(self._files) > 1 else ""
        return f"{self._files[0].name}{more}"

    @property
    def parts(self) -> int:
        """How many files there are."""
        return len(self._files)

    def schema(self) -> pa.Schema:
        """The columns of all files together."""
        schemas = []
        for file in self._files:
            with _looking_into(file):
                schemas.append(self._checked(_FORMATS[self.format].schema(file)))
        try:
            return pa.unify_schemas(schemas, promote_options="permissive")
        except pa.ArrowException as error:
            told = f"{error}; expected one type for a column in all files"
            raise BadSourceError(self.name, told) from error

    def batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows of one file after the other."""
        for file in self._files:
            with _looking_into(file):
                yield from _FORMATS[self.format].batches(file, schema)

    def _checked(self, schema: pa.Schema) -> pa.Schema:
        """Hold a file's columns against the contract."""
        if self.format == "jsonl" and not schema.names:
            # JSON lines have no header: without rows the contract is all that is known of the columns.
            return pa.schema([(name, pa.null()) for name in self.expected])
        check_columns(schema.names, self.expected)
        return schema


@contextmanager
def _looking_into(file: SourceFile) -> Iterator[None]:
    """Say which file it is that turned out bad."""
    try:
        yield
    except BadFileError as error:
        raise BadSourceError(file.name, error) from error
    except Exception as error:  # every file system has errors of its own
        raise BadSourceError(file.name, f"cannot be read: {error}") from error
