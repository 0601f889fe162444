"""What the dbt project's YAML says of rules and keys, read without dbt: milliseconds instead of seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import yaml

if TYPE_CHECKING:
    from medallion.clients.model import Client

_PREFIX = "validate_"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class DeclaredRule:
    """A rule as its YAML declares it; ``enabled`` is dbt's expression for the shapes that measure it."""

    name: str
    source: str
    entity: str
    enabled: str = "True"

    def lacking(self, client: Client) -> str:
        """Say why a client's run does not measure the rule; blank if it does."""
        sources = sorted(ref.name for ref in client.data_sources)
        if self.source not in sources:
            return f"is about {self.source}, which is none of the client's data_sources"
        variables = {"sources": sources, "transformations": [step.value for step in client.transformations]}
        try:
            rendered = jinja2.Environment(autoescape=True).from_string(self.enabled).render(var=variables.get)
        except jinja2.TemplateError:
            return ""  # an expression only dbt understands: the plan will say
        return "" if rendered == "True" else "is not measured with the client's sources and transformations"


@dataclass(frozen=True)
class Declared:
    """The project's rules by name, and the columns that are an entity's key in its models.

    An entity is named as in its models: ``<source>__<entity>``.
    """

    rules: Mapping[str, DeclaredRule] = field(default_factory=dict)
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def rules_of(self, client: Client) -> dict[str, DeclaredRule]:
        """The rules that a client's run measures."""
        return {name: rule for name, rule in sorted(self.rules.items()) if not rule.lacking(client)}


def read_declared(project: Path) -> Declared:
    """Read the YAML of the models of ``validate``, on which rules and keys are declared.

    Args:
        project: the folder of the dbt project.

    Returns:
        What it declares; nothing where a file is not right, for dbt says that better.
    """
    try:
        models = list(_models(project / "models" / "silver" / "validate"))
        rules = {rule.name: rule for entity, model in models for rule in _rules(entity, model)}
        keys = {entity: key for entity, model in models if (key := _key(model))}
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, KeyError, TypeError):
        return Declared()
    return Declared(rules, keys)


def read_built(project: Path) -> frozenset[str] | None:
    """The sources that the dbt project has models of; None where it has no layer bronze at all.

    Args:
        project: the folder of the dbt project.
    """
    folder = project / "models" / "bronze"
    return frozenset(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else None


def _models(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each entity's model of ``validate``, not the one of its quarantine."""
    for path in sorted(folder.rglob("*.yml")):
        said = yaml.load(path.read_text("utf-8"), Loader=_LOADER) or {}  # noqa: S506  # a safe loader
        for model in said.get("models", []):
            if model["name"].startswith(_PREFIX):
                yield model["name"].removeprefix(_PREFIX), model


def _rules(entity: str, model: Mapping[str, Any]) -> Iterator[DeclaredRule]:
    source, _, name = entity.partition("__")
    for test in model.get("data_tests", []):
        if isinstance(test, Mapping) and "rule" in test:
            said = test["rule"]
            enabled = said.get("config", {}).get("enabled", True)
            yield DeclaredRule(said["name"], source, name, str(enabled))


def _key(model: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns that are tested to be unique, together or as a column's own test."""
    for test in model.get("data_tests", []):
        if isinstance(test, Mapping) and "unique_together" in test:
            return tuple(test["unique_together"]["arguments"]["columns"])
    for column in model.get("columns", []):
        if "unique" in column.get("data_tests", []):
            return (column["name"],)
    return ()
