"""Validation in plain words: a model, some data, and every flaw at once."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from medallion.clients.known import Known
from medallion.clients.problem import Flaw, Loc, NotAllowedError, hint, listed, shown, visible

M = TypeVar("M", bound=BaseModel)

#: The library's own kinds of error, in words for the person who wrote the file.
_SAID = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "model_type": "must be a map of keys",
    "dict_type": "must be a map of keys",
    "tuple_type": "must be a list",
}


def checked(
    model: type[M], data: Mapping[str, Any], known: Known | None = None
) -> tuple[M | None, list[Flaw]]:
    """Validate data against a model.

    Args:
        model: the shape it must have.
        data: plain data, as a YAML file or a caller gives it.
        known: names it may refer to; None leaves references unchecked.

    Returns:
        The object and no flaws, or None and every flaw; a place has at most one.
    """
    try:
        return model.model_validate(data, context=known), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        # A default that is made from keys which are wrong themselves is no flaw of its own.
        flaws = [_flaw(model, data, one) for one in details if one["type"] != "default_factory_not_called"]
        return None, list({flaw.loc: flaw for flaw in flaws}.values())


def _flaw(model: type[BaseModel], data: Mapping[str, Any], detail: ErrorDetails) -> Flaw:
    said = detail.get("ctx", {})
    loc = (*(part for part in detail["loc"] if part != "[key]"), *said.get("inside", ()))
    other = said.get("other")
    return Flaw(visible(loc, data), _message(model, loc, detail), beside=(other,) if other else None)


def _message(model: type[BaseModel], loc: Loc, detail: ErrorDetails) -> str:
    kind, value = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        return _unknown_key(model, loc)
    if kind == "missing":
        return "is missing"
    if kind in ("too_long", "string_too_long"):
        unit = "characters" if kind == "string_too_long" else "entries"
        return f"must have at most {detail['ctx']['max_length']} {unit}"
    if kind == "literal_error":
        names = [str(name).strip("'") for name in detail["ctx"]["expected"].replace(" or ", ", ").split(", ")]
        return f"must be one of {listed(names)}, is {shown(value)}{hint(value, names)}"
    if kind == "value_error":
        error: NotAllowedError = detail["ctx"]["error"]
        return f"{error}, is {shown(value)}{error.hint}"
    if kind == "string_pattern_mismatch":
        return f"must match {detail['ctx']['pattern']}, is {shown(value)}"
    said = _SAID.get(kind)
    return f"{said}, is {shown(value)}" if said else detail["msg"]


def _unknown_key(model: type[BaseModel], loc: Loc) -> str:
    keys = sorted(_keys_at(model, loc[:-1]))
    near = hint(loc[-1], keys)
    return f"is not a known key{near}" if near else f"is not a known key; known are {listed(keys)}"


def _keys_at(model: type[BaseModel], loc: Loc) -> list[str]:
    """Return the keys allowed at a place inside a model."""
    kind: Any = model
    for part in loc:
        kind = _inside(kind, part)
    found = _section(kind)
    return list(found.model_fields) if found else []


def _inside(kind: Any, part: str | int) -> Any:
    """Step from a type to that of one of its fields, entries or values."""
    section = _section(kind)
    if section is not None:
        field = section.model_fields.get(str(part))
        return field.annotation if field else None
    arguments = get_args(kind)
    return arguments[1] if get_origin(kind) is dict else arguments[0] if arguments else None


def _section(kind: Any) -> type[BaseModel] | None:
    """Return the model a type is, through whatever is annotated around it or may stand in its place."""
    while hasattr(kind, "__metadata__") or get_origin(kind) in (Union, UnionType):
        kind = next(one for one in get_args(kind) if one is not NoneType)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
