"""Cleans one table of a client's warehouse, as a ``master_dict`` says: what ``cleanup_dag`` does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from medallion.clients.problem import not_one_of, shown
from medallion.exceptions import CreatorError
from medallion.pipeline import LAYERS, shape_of
from medallion.registry import ACTIVE
from medallion.registry.find import live_client, live_ids, registry_of
from medallion.settings import Settings

_KEYS = ("operation_dict", "values_dict", "schema_id", "dataset_id")
_TABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_EVENT = "medallion_cleaned"


class Operation(IntEnum):
    """What may be done to a column, by the code that callers give."""

    DROP_BLANKS = 1
    FILL_BLANKS = 2
    TRIM = 3
    DEDUPLICATE = 4
    CAP_OUTLIERS = 5


@dataclass(frozen=True)
class Step:
    """One operation on one column.

    Args:
        column: the column's number, counted from 1, or its name.
        operation: what is done.
        value: of ``FILL_BLANKS``: what is put in.
    """

    column: int | str
    operation: Operation
    value: str | None = None


@dataclass(frozen=True)
class Cleaning:
    """What is to be done to which table.

    Args:
        client: whose warehouse.
        layer: bronze, silver or gold.
        table: the table's name.
        steps: in the order in which they are done.
    """

    client: str
    layer: str
    table: str
    steps: tuple[Step, ...]


def read_cleaning(master_dict: Mapping[str, Any]) -> Cleaning:
    """Read what a caller of ``cleanup_dag`` gave.

    Args:
        master_dict: ``operation_dict`` (a column's number or name → codes), ``values_dict`` (a column → what
            its blanks are filled with), ``schema_id`` (``<client>_<layer>``) and ``dataset_id`` (the table).

    Raises:
        CreatorError: naming the key that is wrong, and what is allowed.
    """
    if unknown := sorted(str(key) for key in master_dict if key not in _KEYS):
        raise CreatorError(f"master_dict: {shown(unknown[0])} is not known; allowed are {', '.join(_KEYS)}")
    schema = str(master_dict.get("schema_id", ""))
    client, _, layer = schema.rpartition("_")
    if not client or layer not in LAYERS:
        raise CreatorError(
            f"schema_id: must be a client's id and a layer, such as <client>_silver "
            f"(layers are {', '.join(LAYERS)}), is {shown(schema)}"
        )
    table = master_dict.get("dataset_id")
    if not isinstance(table, str) or not _TABLE.fullmatch(table):
        raise CreatorError(f"dataset_id: must be the name of a table of {schema}, is {shown(table)}")
    return Cleaning(client, layer, table, _steps(master_dict))


def clean_table(settings: Settings, cleaning: Cleaning, *, actor: str) -> list[dict[str, Any]]:
    """Do what a cleaning says, all of it or nothing.

    Args:
        settings: where the registry and the warehouse are.
        cleaning: what is to be done.
        actor: the audit log's: the DAG.

    Returns:
        Of each step its column, operation, the table's rows before and after, and the cells changed.

    Raises:
        CreatorError: if there is no such client.
        TransformError: if there is no such table or column, or a value does not fit; nothing has changed.
        BuildFailed: if the warehouse is held by another writer.
    """
    from medallion.transform import run_operation

    known = live_client(settings, cleaning.client)
    if known is None or known.status != ACTIVE:
        wrong = not_one_of(cleaning.client, live_ids(settings), "the live clients")
        raise CreatorError(f"schema_id: its client {wrong}, is {shown(cleaning.client)}{wrong.hint}")
    steps = [
        {"column": step.column, "operation": step.operation.name.lower(), "value": step.value}
        for step in cleaning.steps
    ]
    told = run_operation(
        settings,
        cleaning.client,
        shape_of(known.definition.client),
        "clean_table",
        {"layer": cleaning.layer, "table": cleaning.table, "steps": steps},
        event=_EVENT,
    )
    done = [{key: said for key, said in one.items() if key != _EVENT} for one in told]
    detail = {"schema": f"{cleaning.client}_{cleaning.layer}", "table": cleaning.table, "steps": done}
    registry_of(settings, known.platform).audit(cleaning.client, "table cleaned", actor, detail)
    return done


def _steps(master_dict: Mapping[str, Any]) -> tuple[Step, ...]:
    operations, values = (_mapping(master_dict, key) for key in ("operation_dict", "values_dict"))
    if not operations:
        raise CreatorError("operation_dict: must name a column and what to do with it, such as {22: [4]}")
    if unused := [column for column in values if column not in operations]:
        raise CreatorError(f"values_dict: {shown(unused[0])} is not a column of operation_dict")
    return tuple(
        _step(column, code, values)
        for column, codes in operations.items()
        for code in (codes if isinstance(codes, (list, tuple)) else [codes])
    )


def _step(column: int | str, code: Any, values: Mapping[int | str, Any]) -> Step:
    if isinstance(code, bool) or code not in tuple(Operation):
        allowed = ", ".join(f"{one.value} {one.name.lower()}" for one in Operation)
        raise CreatorError(
            f"operation_dict: column {column}: {shown(code)} is no operation; allowed are {allowed}"
        )
    operation = Operation(code)
    if operation is not Operation.FILL_BLANKS:
        return Step(column, operation)
    value = values.get(column)
    if type(value) not in (str, int, float) or value == "":
        raise CreatorError(f"values_dict: column {column} needs a text or a number to fill its blanks with")
    return Step(column, operation, str(value))


def _mapping(master_dict: Mapping[str, Any], key: str) -> dict[int | str, Any]:
    """A map by column; JSON's keys are texts, and one of digits is a column's number."""
    given = master_dict.get(key, {})
    if not isinstance(given, Mapping):
        raise CreatorError(f"{key}: must be an object with a column's number or name for each key")
    read: dict[int | str, Any] = {}
    for said, value in given.items():
        column = _column(key, said)
        if column in read:
            raise CreatorError(f"{key}: column {column} is given twice, such as 22 and '22'; keep one")
        read[column] = value
    return read


def _column(key: str, column: Any) -> int | str:
    if isinstance(column, str) and column and not column.isdecimal():
        return column
    if isinstance(column, bool) or not str(column).isdecimal() or not 1 <= int(column) <= 10_000:
        raise CreatorError(f"{key}: {shown(column)} is no column: give its name, or its number from 1")
    return int(column)
