"""Plain data from outside, and as a literal of Python: read, measured and written, never evaluated."""

from __future__ import annotations

import ast
import math
import pprint
from typing import Any

from medallion.exceptions import CreatorError

#: A master_dict is the instructions for a DAG, not the data it works on.
MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 40
_MAX_BITS = 256
_WIDTH = 100
_KINDS = "text, numbers, true, false, null, lists and objects"


def read_literal(text: str) -> Any:
    """Read the text of a Python literal, such as ``{'operation_dict': {22: [4]}}``.

    Args:
        text: the literal; anything that would have to be run to have a value is refused.

    Returns:
        Its value; integer keys are integers.

    Raises:
        CreatorError: if it is too long, nested too deep, or no literal.
    """
    if len(text) > MAX_CHARACTERS:
        raise CreatorError(_too_long(len(text)))
    try:
        # Not literal_eval on the text itself: it would take leading blanks for an indentation.
        return ast.literal_eval(text.strip())
    except (MemoryError, RecursionError):
        raise CreatorError(f"is nested too deep: at most {MAX_DEPTH} levels are allowed") from None
    except SyntaxError as error:
        raise CreatorError(f"is no Python literal: line {error.lineno}: {error.msg}") from None
    except (ValueError, TypeError):
        raise CreatorError(f"is no Python literal: only {_KINDS} are read, names and calls are not") from None


def write_literal(value: Any) -> str:
    """Write plain data as a literal that :func:`read_literal` reads back to the same.

    Raises:
        CreatorError: if it is not plain data, nested too deep, or too long; the text says where.
    """
    _check(value, "", 0)
    size = len(repr(value))
    if size > MAX_CHARACTERS:
        raise CreatorError(_too_long(size))
    return pprint.pformat(value, width=_WIDTH, sort_dicts=False)


def _check(value: Any, where: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise CreatorError(f"is nested too deep: at most {MAX_DEPTH} levels are allowed")
    if type(value) is dict:
        for key, inner in value.items():
            _check_scalar(key, f"{where}: the key {str(key)[:40]!r}")
            _check(inner, f"{where}.{str(key)[:40]}", depth + 1)
    elif type(value) in (list, tuple):
        for index, inner in enumerate(value):
            _check(inner, f"{where}[{index}]", depth + 1)
    else:
        _check_scalar(value, where)


def _check_scalar(value: Any, where: str) -> None:
    """Refuse what is no plain value, and numbers that Python writes in a way it cannot read."""
    place = f"{where.lstrip('.: ')} " if where else ""
    if value is not None and type(value) not in (str, int, float, bool):
        raise CreatorError(f"{place}is of type {type(value).__name__}: only {_KINDS} are allowed")
    if isinstance(value, float) and not math.isfinite(value):
        raise CreatorError(f"{place}is {value}: a number must be finite")
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        raise CreatorError(f"{place}is a whole number of more than {_MAX_BITS} bits")


def _too_long(size: int) -> str:
    return f"is {size:,} characters long: at most {MAX_CHARACTERS:,} are allowed"
