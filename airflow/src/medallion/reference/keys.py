"""The keys of a config file, as its pydantic model has them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import Enum
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from medallion.clients.schedule import duration_text
from medallion.reference.words import kind_of


class Key(NamedTuple):
    """One key of a file: where it stands, and what a writer of the file needs to know."""

    name: str
    kind: str
    default: str
    meaning: str
    example: str


def keys_of(model: type[BaseModel], without: tuple[str, ...] = ()) -> list[Key]:
    """List the keys of a model and of the sections in it, in their order.

    Args:
        model: the shape of a file, or of an entry of one.
        without: keys that a writer does not write there.

    Returns:
        A row a key; ``business_rules.quality_threshold`` is a key in a section, ``entities.<name>.keys`` one
        in a map of sections, ``data_sources[].name`` one in a list of them.
    """
    schema = model.model_json_schema()
    return list(_keys(schema, schema, _fields(model), "", without))


def _fields(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    return model.model_fields


def _keys(
    root: Mapping[str, Any],
    section: Mapping[str, Any],
    fields: Mapping[str, FieldInfo] | None,
    prefix: str,
    without: tuple[str, ...],
) -> Iterator[Key]:
    required = section.get("required", [])
    for name, schema in section["properties"].items():
        if name in without:
            continue
        yield Key(
            f"{prefix}{name}",
            kind_of(schema, root),
            "required" if name in required else _default(name, schema, fields),
            schema["description"],
            _example(schema),
        )
        for inner, suffix in _sections(schema):
            yield from _keys(root, root["$defs"][inner], None, f"{prefix}{name}{suffix}", ())


def _sections(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name the sections that a key holds, and how their keys are written behind it."""
    for choice in schema.get("anyOf", [schema]):
        if "$ref" in choice:
            yield choice["$ref"].rpartition("/")[2], "."
        for entry in (choice.get("items", {}), *choice.get("patternProperties", {}).values()):
            for one in entry.get("anyOf", [entry]):
                name = one.get("$ref", "").rpartition("/")[2]
                if name and name != "Transformation":
                    yield name, "[]." if "items" in choice else ".<name>."


def _default(name: str, schema: Mapping[str, Any], fields: Mapping[str, FieldInfo] | None) -> str:
    value = schema.get("default", PydanticUndefined)
    if fields and fields[name].default is not PydanticUndefined:
        value = fields[name].default
    return "none" if value is PydanticUndefined else f"`{written(value)}`"


def _example(schema: Mapping[str, Any]) -> str:
    examples = schema.get("examples")
    return f"`{written(examples[0])}`" if examples else ""


def written(value: Any) -> str:
    """Write a value as it stands in a YAML file, on one line."""
    if isinstance(value, BaseModel):
        return written(value.model_dump(exclude_defaults=True))
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, BaseModel):
        return written(value.model_dump(exclude_defaults=True))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_inside(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inside(entry) for entry in value) + "]"
    if isinstance(value, str) and not isinstance(value, Enum):
        return json.dumps(value) if value.startswith(("{", "@")) else value
    return json.dumps(value)


def _inside(value: Any) -> str:
    """Write a value inside a list or a map, where a brace would begin another one."""
    return written(value)
