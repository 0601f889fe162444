"""Columns that are not what they were: what the contract's ``schema_changes`` makes of them."""

from __future__ import annotations

import pyarrow as pa

from medallion.extract.reader import ColumnsChangedError


def settle(where: str, found: pa.Schema, known: pa.Schema | None, policy: str) -> tuple[pa.Schema, list[str]]:
    """Decide which columns land, and in which types.

    Args:
        where: what was read, for messages.
        found: the columns that came; a type of null is not known. Where no type is, no row came that could
            tell of a column: those that landed before are as they were.
        known: those that landed before; None where nothing has.
        policy: evolve, freeze or fail.

    Returns:
        The columns to land, and a sentence for each change.

    Raises:
        ColumnsChangedError: if the policy is to fail and something changed.
    """
    if known is not None and all(pa.types.is_null(field.type) for field in found):
        return known, []
    before = {field.name: field.type for field in known or ()}
    typed = {
        field.name: before.get(field.name, pa.string()) if pa.types.is_null(field.type) else field.type
        for field in found
    }
    if known is None:
        return pa.schema(list(typed.items())), []
    new = [name for name in typed if name not in before]
    dropped = [name for name in before if name not in typed]
    changed = [name for name in typed if name in before and typed[name] != before[name]]
    told = [
        *(f"column {name} is new ({typed[name]})" for name in new),
        *(f"column {name} ({before[name]}) is gone" for name in dropped),
        *(f"column {name} was {before[name]}, is {typed[name]}" for name in changed),
    ]
    if policy == "fail" and told:
        expected = "expected the columns that landed before (schema_changes: fail)"
        raise ColumnsChangedError(where, f"{'; '.join(told)}; {expected}")
    if policy == "freeze":
        return pa.schema(list(before.items())), [f"{one}: left as it was" for one in told]
    return pa.schema(list(typed.items())), told
