"""The page docs/configuration.md as text, the same in every process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from medallion.clients.contracts import ENTITY_KEYS, SOURCE_KEYS, SourceContract
from medallion.clients.destinations import Destination
from medallion.clients.fields import COLUMN_PATTERN, NAME_PATTERN
from medallion.clients.for_each import MOST, for_each_schema
from medallion.clients.inherited import Inherited
from medallion.clients.model import Client
from medallion.clients.places import SCHEMES
from medallion.clients.schedule import PRESETS
from medallion.reference.keys import keys_of, written
from medallion.reference.template import filled
from medallion.reference.variables import ENVIRONMENT, makefile_variables, profile_variables

PAGE = "docs/configuration.md"


def page_text(project: Path) -> str:
    """Return the text of docs/configuration.md.

    Args:
        project: whose Makefile and dbt profile are described; all else is the installed package's.
    """
    for_each = for_each_schema()
    return filled(
        "configuration.md.j2",
        client=keys_of(Client, without=("id", "values", *Inherited.model_fields)),
        inherited=keys_of(Inherited),
        connectors=list(connectors()),
        source=keys_of(SourceContract, without=("name",)),
        destination=keys_of(Destination, without=("name",)),
        for_each={"meaning": for_each["description"], "example": written(for_each["examples"][0])},
        most=MOST,
        name_pattern=NAME_PATTERN,
        column_pattern=COLUMN_PATTERN,
        presets=PRESETS,
        schemes=SCHEMES,
        environment=ENVIRONMENT,
        profile=profile_variables(project),
        makefile=makefile_variables(project),
    )


def connectors() -> Iterator[list[str]]:
    """List each connector's keys: its own that it must and may have, then those of its entities."""
    for connector, own in SOURCE_KEYS.items():
        lists = (*own, *ENTITY_KEYS[connector])
        yield [f"`{connector}`", *(", ".join(f"`{key}`" for key in keys) for keys in lists)]
