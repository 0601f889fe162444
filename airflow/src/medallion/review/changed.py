"""Which nodes of a client a change bears on: what dbt sees, and what it cannot see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from medallion.pipeline import Node
from medallion.pipeline.shape import RULE_TEST
from medallion.registry.changes import changes_between
from medallion.review.dbt import selected, write_state
from medallion.review.side import Side

#: Keys of a client, beside its sources, on which its landed rows or the verdicts on them depend.
_OF_ROWS = ("values", "schedule_interval", "timezone", "business_rules.quality_threshold")


@dataclass(frozen=True)
class Changed:
    """What of a client differs.

    Attributes:
        nodes: all that has to be built: what differs and all below it, in build order.
        models: the names of the models that differ themselves.
        removed: the names of the models that are gone.
    """

    nodes: tuple[Node, ...]
    models: tuple[str, ...]
    removed: tuple[str, ...] = ()


def touches(files: Iterable[str], sources: Iterable[str]) -> bool:
    """Whether files of the dbt project can bear on a client with some sources.

    Args:
        files: as paths from the project's root.
        sources: their names.
    """
    known = set(sources)
    return any((source := _source_of(file)) is None or source in known for file in files)


def _source_of(file: str) -> str | None:
    """The source that a model of bronze or silver belongs to; None for a file that bears on all clients."""
    match PurePosixPath(file).parts:
        case ("dbt", "models", "bronze", source, _) | ("dbt", "models", "silver", _, source, _):
            return source
        case _:
            return None


def sources_with_other_rows(base: Side, head: Side) -> set[str]:
    """The sources whose landed rows a change of the configs may make others."""
    everything = {ref.name for ref in head.client.data_sources}
    found: set[str] = set()
    for key, change in changes_between(base.definition, head.definition).items():
        first, _, rest = key.partition(".")
        if first == "sources":
            found.add(rest.partition(".")[0])
        elif key == "data_sources":
            old = {_text(ref) for ref in change.old or ()}
            found |= {ref["name"] for ref in change.new or () if _text(ref) not in old}
        elif key.startswith(_OF_ROWS):
            return everything
    return found & everything


def _text(ref: Any) -> str:
    return repr(sorted(ref.items()))


def changed_between(base: Side, head: Side, *, everything: bool = False) -> Changed:
    """Compare two sides of a client.

    Args:
        base: what was.
        head: what is to be.
        everything: build all, as where variables of dbt's project differ.

    Raises:
        TransformError: if one of the two does not parse.
    """
    gone = tuple(
        node.name for key, node in base.nodes.items() if key not in head.nodes and not _is_test(node)
    )
    if everything:
        return Changed(tuple(head.nodes.values()), tuple(_models(head.nodes.values())), gone)
    state = write_state(base)
    differing = {*selected(head, state, "state:modified"), *_unseen(base, head)}
    below = _selection(head, differing)
    affected = selected(head, state, "state:modified+", *below) | (differing & set(head.nodes))
    models = [node for key, node in head.nodes.items() if key in differing]
    nodes = tuple(node for key, node in head.nodes.items() if key in affected)
    return Changed(nodes, tuple(_models(models)), gone)


def _selection(head: Side, differing: Iterable[str]) -> list[str]:
    names = sorted(head.nodes[key].name for key in differing if key in head.nodes)
    return [f"{name}+" for name in names]


def _unseen(base: Side, head: Side) -> Iterator[str]:
    """What dbt takes for unchanged: the text is the same, but not what it reads."""
    for key in head.nodes:
        if key in base.nodes and set(base.parents[key]) != set(head.parents[key]):
            yield key
    other = sources_with_other_rows(base, head)
    yield from (key for key, node in head.nodes.items() if node.layer == "bronze" and node.group in other)
    before, after = _rules(base), _rules(head)
    for model in before.keys() | after.keys():
        old, new = before.get(model, {}), after.get(model, {})
        if old != new:
            # `validate` and its quarantine read the rules from what is declared on the model.
            yield from (model, model.replace(".validate_", ".quarantine_", 1))
            yield from (key for name, (key, _) in new.items() if old.get(name) != new[name])


def _rules(side: Side) -> Mapping[str, Mapping[str, tuple[str, object]]]:
    """What each model's rules say, by the model that they are declared on and their name."""
    found: dict[str, dict[str, tuple[str, object]]] = {}
    for key, node in side.manifest().nodes.items():
        test = getattr(node, "test_metadata", None)
        if test and test.name == RULE_TEST and node.attached_node:
            found.setdefault(node.attached_node, {})[node.name] = (key, test.kwargs)
    return found


def _models(nodes: Iterable[Node]) -> Iterator[str]:
    return (node.name for node in nodes if not _is_test(node))


def _is_test(node: Node) -> bool:
    return node.kind == "test"
