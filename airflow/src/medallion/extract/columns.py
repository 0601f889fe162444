"""What a file's columns must be before its rows are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from medallion.extract.files import BadFileError, ColumnsMissingError
from medallion.extract.parts import TECHNICAL


def check_columns(names: Sequence[str], expected: Sequence[str]) -> None:
    """Hold a file's columns against what must be there; names are compared as SQL does, without case.

    Args:
        names: the columns the file has.
        expected: the columns it must have.

    Raises:
        BadFileError: if a name is blank, double or taken.
        ColumnsMissingError: if an expected one is missing.
    """
    if blank := [place for place, name in enumerate(names, start=1) if not name.strip()]:
        raise BadFileError(f"column {blank[0]} has no name", "a name for every column")
    folded = Counter(name.casefold() for name in names)
    if double := [name for name in names if folded[name.casefold()] > 1]:
        raise BadFileError(
            f"column {double[0]} is there {folded[double[0].casefold()]} times", "each column once"
        )
    if taken := [name for name in TECHNICAL.names if name in folded]:
        raise BadFileError(f"column {taken[0]} is there", "no such column: landing adds it")
    if missing := [name for name in expected if name.casefold() not in folded]:
        raise ColumnsMissingError(f"columns missing: {', '.join(missing)}", f"them beside {', '.join(names)}")
