"""JSON lines → Arrow, typed as JSON is: numbers, booleans, text, lists and objects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.json

from medallion.extract.files import BadFileError, SourceFile

#: How much is parsed at once; memory stays a small multiple of it, however large the file.
_PIECE = 32 << 20
_BLOCK = 4 << 20
_ONE_OBJECT = "one JSON object a line, each column of one type, in UTF-8"


def jsonl_schema(file: SourceFile) -> pa.Schema:
    """The columns and types of all lines together.

    JSON has no times, and a column of nothing but null has no type: both are text, whatever the parser
    makes of this file's values, so that a column's type does not change from interval to interval.

    Raises:
        BadFileError: if a line is not an object, or a column changes its type.
    """
    schemas = [_parsed(file, piece, None).schema for piece in _pieces(file)]
    try:
        merged = pa.unify_schemas(schemas, promote_options="permissive") if schemas else pa.schema([])
    except pa.ArrowTypeError as error:
        raise BadFileError(f"has a column of two types ({error})", _ONE_OBJECT) from error
    if schemas and not merged.names:
        raise BadFileError("has rows without a single column", _ONE_OBJECT)
    return pa.schema([field.with_type(_as_json(field.type)) for field in merged])


def jsonl_batches(file: SourceFile, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The file's rows in its order, in the given columns.

    Raises:
        BadFileError: if a line does not fit them.
    """
    for piece in _pieces(file):
        table = _parsed(file, piece, schema)
        try:
            table.validate(full=True)
        except pa.ArrowInvalid as error:
            raise BadFileError(f"is not UTF-8 ({error})", _ONE_OBJECT) from error
        yield from table.to_batches()


def _pieces(file: SourceFile) -> Iterator[bytes]:
    """The file in pieces that end where a line does; none for a file without lines."""
    with file.open() as handle:
        while piece := handle.read(_PIECE):
            whole = piece + handle.readline()
            if whole.strip():
                yield whole


def _parsed(file: SourceFile, piece: bytes, schema: pa.Schema | None) -> pa.Table:
    try:
        return pa.json.read_json(
            pa.BufferReader(piece),
            read_options=pa.json.ReadOptions(block_size=_BLOCK, use_threads=False),
            parse_options=pa.json.ParseOptions(explicit_schema=schema),
        )
    except pa.ArrowInvalid as error:
        raise _told(file, str(error)) from error


def _as_json(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(kind) or pa.types.is_null(kind):
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(_as_json(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_as_json(field.type)) for field in kind])
    return kind


def _told(file: SourceFile, said: str) -> BadFileError:
    """Name the line that is no object; Arrow counts rows within its own blocks only."""
    with file.open() as handle:
        for number, line in enumerate(handle, start=1):
            try:
                fits = not line.strip() or isinstance(json.loads(line), dict)
            except ValueError as error:
                return BadFileError(f"line {number} is cut off or malformed ({error})", _ONE_OBJECT)
            if not fits:
                return BadFileError(f"line {number} is not an object", _ONE_OBJECT)
    return BadFileError(f"does not fit together ({re.sub(r' in row [0-9]+', '', said)})", _ONE_OBJECT)
