"""Parquet → Arrow, in the types it has."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet

from medallion.extract.files import BadFileError, SourceFile

_ROWS = 122_880
_WHOLE = "a whole Parquet file"


def parquet_schema(file: SourceFile) -> pa.Schema:
    """The columns and types in the file's footer.

    Raises:
        BadFileError: if there is none.
    """
    try:
        with file.open() as handle:
            return pa.parquet.ParquetFile(handle).schema_arrow.remove_metadata()
    except (pa.ArrowException, OSError) as error:
        raise _told(file, error) from error


def parquet_batches(file: SourceFile, _schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The file's rows in its order.

    Raises:
        BadFileError: if its pages cannot be read.
    """
    try:
        with file.open() as handle:
            yield from pa.parquet.ParquetFile(handle).iter_batches(batch_size=_ROWS, use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise _told(file, error) from error


def _told(file: SourceFile, error: Exception) -> BadFileError:
    if file.size == 0:
        return BadFileError("is empty (0 bytes)", _WHOLE)
    return BadFileError(f"is cut off or no Parquet file ({str(error)[:300]})", _WHOLE)
