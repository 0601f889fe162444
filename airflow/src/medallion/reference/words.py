"""What a key may hold, in words, from its JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medallion.clients import fields
from medallion.clients.for_each import VALUE_PATTERN

#: Kinds of text, by the pattern that each must match; the page explains them by these words.
_TEXTS = {
    fields.NAME_PATTERN: "name",
    fields.COLUMN_PATTERN: "column",
    fields.CONNECTION_PATTERN: "connection",
    fields.VARIABLE_PATTERN: "variable",
    fields.EMAIL_PATTERN: "mail address",
    fields.ZONE_PATTERN: "time zone",
    VALUE_PATTERN: "value",
}
_PLAIN = {
    "boolean": "`true` or `false`",
    "integer": "whole number",
    "number": "number",
    "object": "section",
    "null": "null",
}


def kind_of(schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    """Say what a key may hold.

    Args:
        schema: the JSON Schema of the key.
        root: the schema it is part of, with the definitions that it may refer to.

    Returns:
        A few words such as ``list of names``; what they mean is explained once on the page.
    """
    if "anyOf" in schema:
        kinds = list(dict.fromkeys(kind_of(choice, root) for choice in schema["anyOf"]))
        return ("; or " if "," in "".join(kinds[:-1]) else " or ").join(kinds)
    if "$ref" in schema:
        target = root["$defs"][schema["$ref"].rpartition("/")[2]]
        return kind_of(target, root)
    if "enum" in schema:
        return ", ".join(f"`{name}`" for name in schema["enum"])
    if schema.get("type") == "array":
        return _list(schema, root)
    if schema.get("type") == "object":
        return _map(schema, root)
    return _value(schema)


def _list(schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    said = f"list of: {kind_of(schema['items'], root)}"
    return f"{said}; at most {schema['maxItems']}" if "maxItems" in schema else said


def _map(schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    inner = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
    held = next((entry for entry in inner if isinstance(entry, Mapping)), None)
    return f"map of names to: {kind_of(held, root)}" if held else "section"


def _value(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        return "schedule"
    if kind == "string":
        return _text(schema)
    return _PLAIN[str(kind)] + _limits(schema)


def _text(schema: Mapping[str, Any]) -> str:
    if schema.get("format") == "date":
        return "day"
    known = _TEXTS.get(schema.get("pattern", ""))
    if known is None and "examples" in schema and "pattern" in schema:
        return "duration"
    longest = f", at most {schema['maxLength']} characters" if "maxLength" in schema else ""
    return (known or "text") + longest


def _limits(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f", {low:,} to {high:,}"
    return f", {low} or more" if low is not None else ""
