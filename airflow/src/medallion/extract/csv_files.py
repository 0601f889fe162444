"""CSV → Arrow, everything as text: what a cell means is bronze's to say."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import IO

import pyarrow as pa
import pyarrow.csv

from medallion.extract.files import BadFileError, SourceFile

#: Small blocks keep memory low; one thread is as fast here and knows the row an error is in.
_BLOCK = 2 << 20
_HEADER = "a first line with the columns' names"


def csv_schema(file: SourceFile) -> pa.Schema:
    """The columns of the file's header, all text.

    Raises:
        BadFileError: if there is no header that can be read.
    """
    with file.open() as handle:
        watched = _Watched(handle)
        reader = _reader(watched)
        return pa.schema([(name, pa.string()) for name in reader.schema.names])


def csv_batches(file: SourceFile, _schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The file's rows in its order; a blank cell stays ``''``.

    Raises:
        BadFileError: if a row has too many or too few fields, a quote is never closed, or it is not UTF-8.
    """
    with file.open() as handle:
        watched = _Watched(handle)
        try:
            yield from _reader(watched)
        except (pa.ArrowInvalid, UnicodeDecodeError) as error:
            raise _told(error) from error
    if watched.quotes % 2:
        _check_quotes(file)


def _reader(watched: _Watched) -> pa.csv.CSVStreamingReader:
    try:
        reader = pa.csv.open_csv(
            watched,
            read_options=pa.csv.ReadOptions(block_size=_BLOCK, use_threads=False),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(strings_can_be_null=False, default_column_type=pa.string()),
        )
        reader.schema.names  # noqa: B018  # decodes the header
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise _told(error, watched) from error
    return reader


def _told(error: Exception, watched: _Watched | None = None) -> BadFileError:
    """Turn what Arrow says into what a source's owner can act on."""
    text = str(error)
    if watched is not None and watched.size == 0:
        return BadFileError("is empty (0 bytes)", f"{_HEADER}, even for an interval without rows")
    if "Empty CSV file" in text:
        return BadFileError("has no header", _HEADER)
    if isinstance(error, UnicodeDecodeError) or "invalid UTF8" in text or (watched and watched.utf16):
        return BadFileError(f"is not UTF-8 ({text})", "UTF-8")
    if "straddling" in text:
        return BadFileError("has a quote that is never closed, or a row of several MB", "closed quotes")
    return BadFileError(f"is cut off or malformed ({text[:300]})", "the same number of fields in every row")


def _check_quotes(file: SourceFile) -> None:
    """An odd number of quotes is a field that never ended, or one that stands inside a plain field."""
    with file.open() as handle:
        text = io.TextIOWrapper(handle, encoding="utf-8-sig", newline="")
        try:
            for _ in csv.reader(text, strict=True):
                pass
        except csv.Error as error:
            raise BadFileError(f"is cut off inside a quoted field ({error})", "closed quotes") from error


class _Watched(io.RawIOBase):
    """Passes a file on to Arrow, counting quotes and bytes, and ends its last line.

    Arrow takes an unclosed quote for a field up to the end of the file, and refuses a header without a
    line's end behind it.
    """

    def __init__(self, handle: IO[bytes]) -> None:
        self._handle = handle
        self._last = b"\n"
        self.quotes = 0
        self.size = 0
        self.utf16 = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes, fewer than asked for only at the file's end."""
        data = self._filled(size)
        self.utf16 = self.utf16 or (self.size == 0 and data[:2] in (b"\xff\xfe", b"\xfe\xff"))
        self.size += len(data)
        self.quotes += data.count(b'"')
        at_end = size < 0 or len(data) < size
        self._last = data[-1:] or self._last
        if at_end and self._last != b"\n":
            self._last = b"\n"
            return data + b"\n"
        return data

    def _filled(self, size: int) -> bytes:
        """Read again after a short read, as network file systems give them."""
        data = self._handle.read(size)
        while 0 < len(data) < size and (more := self._handle.read(size - len(data))):
            data += more
        return data
