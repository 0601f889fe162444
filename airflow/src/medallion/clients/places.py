"""Where data is: locations of sources, paths of entities and destinations.

A place is data that becomes a path, so what it may hold is narrow: no way out of its folder (``..``), no
quotes, no chained file systems, no password.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, Strict
from pydantic_core import PydanticCustomError

from medallion.clients.problem import NotAllowedError, hint

#: What a source's location may leave open until the run.
LOCATION_PLACEHOLDERS = ("samples", "adventureworks", "client")
#: What an entity's path may leave open: the interval's start as 20260115T0600.
PATH_PLACEHOLDERS = ("interval",)
SCHEMES = ("file", "s3", "gs", "gcs", "az", "abfs", "abfss", "adl", "sftp", "https", "memory")

_ALLOWED = r"[\w ./:{}=+@*-]+"
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://.+")


def _plain(value: str, placeholders: tuple[str, ...] | None) -> None:
    """Refuse what no place may hold; without ``placeholders`` the client says which names there are."""
    if re.search(r"//[^/]*:[^/]*@", value):
        # Not a NotAllowedError: a message of that kind would repeat the password.
        raise PydanticCustomError("secret", "must not hold a password; keep it in an Airflow connection")
    if not re.fullmatch(_ALLOWED, value) or value != value.strip():
        raise NotAllowedError("must be a path of letters, digits, blanks and ./_-+=:@*")
    if ".." in re.split(r"[/:]", value):
        raise NotAllowedError("must not lead out of its folder with '..'")
    for named in placeholders_of(value):
        if placeholders is not None and named not in placeholders:
            raise NotAllowedError(f"may hold only {braced(placeholders)}", hint(named, placeholders))
    if re.search(r"[{}]", re.sub(r"{[^{}]*}", "", value)):
        raise NotAllowedError("must close every brace it opens")


def braced(placeholders: Iterable[str]) -> str:
    """Write the names of placeholders as they stand in a location."""
    return ", ".join(f"{{{name}}}" for name in placeholders) or "no placeholders"


def _url(value: str, schemes: tuple[str, ...] = SCHEMES) -> None:
    """Refuse a URL of an unknown file system, or one that chains several."""
    match = _SCHEME.fullmatch(value)
    if "::" in value or (match is None and "://" in value):
        raise NotAllowedError("must name one file system, not a chain of them")
    if match is None:
        return
    scheme = match[1]
    if scheme not in schemes:
        raise NotAllowedError(
            f"must be a path, or begin with one of {', '.join(schemes)}", hint(scheme, schemes)
        )


def placeholders_of(location: str) -> list[str]:
    """Return the names of what a location leaves open."""
    return re.findall(r"{([^{}]*)}", location)


def filled(location: str, values: Mapping[str, str]) -> str:
    """Put a client's values in a location's placeholders of their names."""
    for name, value in values.items():
        location = location.replace(f"{{{name}}}", value)
    return location


def _location(value: str) -> str:
    _plain(value, None)
    _url(value)
    return value


def _address(value: str) -> str:
    _plain(value, None)
    _url(value, (*SCHEMES, "http"))
    return value


def _destination_path(value: str) -> str:
    _plain(value, ())
    _url(value)
    return value


def _entity_path(value: str) -> str:
    _plain(value, PATH_PLACEHOLDERS)
    if value.startswith("/") or ":" in value:
        raise NotAllowedError("must be relative to the source's location")
    return value


Location = Annotated[str, Strict(), AfterValidator(_location), Field(json_schema_extra={"minLength": 1})]
#: A location, or the base URL of an interface.
Address = Annotated[str, Strict(), AfterValidator(_address), Field(json_schema_extra={"minLength": 1})]
DestinationPath = Annotated[str, Strict(), AfterValidator(_destination_path)]
EntityPath = Annotated[str, Strict(), AfterValidator(_entity_path)]
