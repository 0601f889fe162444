"""A client's shape (its sources and transformations), and the part of dbt's manifest that it builds.

Clients of one shape share one manifest. What a shape builds follows from the project's folders alone:
``bronze/<source>``, ``silver/<transformation>/<source>``, ``gold/<mart>``; a model of gold belongs to a
shape when everything it reads does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from medallion.exceptions import TransformError

LAYERS = ("bronze", "silver", "gold")
#: The tag of gold models that only ``aggregate`` builds.
AGGREGATE_TAG = "aggregate"
#: The tag of models that a micro-batch builds, between the client's batches.
REALTIME_TAG = "realtime"
#: The generic test that measures a rule, the macro that is a whole mart of rolling weeks, and dbt's kinds of
#: node that a run builds.
RULE_TEST = "rule"
ROLLING_MACRO = "rolling_week"
_BUILT = ("model", "seed")

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Shape:
    """What decides which dbt nodes a client has; hashable, equal for clients that share a manifest."""

    sources: tuple[str, ...]
    transformations: tuple[str, ...]

    @property
    def key(self) -> str:
        """Twelve hexadecimal digits that name the shape's folder."""
        text = json.dumps([sorted(self.sources), sorted(self.transformations)])
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Rule:
    """A named condition on a model's rows and what happens when a row breaks it."""

    name: str
    condition: str
    effect: str
    on_fail: str
    allow_empty: bool = False

    @property
    def gates(self) -> bool:
        """True if a score below its threshold stops the run."""
        return self.effect == "gate"


@dataclass(frozen=True)
class Rolling:
    """A mart's rolling weeks, in the columns that the macro ``rolling_week`` gives every such mart."""

    currency: str | None = None  # of its revenue, as the model's ``meta`` has it


@dataclass(frozen=True)
class Node:
    """One dbt node that a run builds: a model, or a test behind ``model``."""

    unique_id: str
    name: str
    kind: str
    layer: str
    group: str
    model: str
    rule: Rule | None = None
    reads: str = ""  # of a rule: the model whose rows it measures
    rolling: Rolling | None = None
    realtime: bool = False


def slim_manifest(manifest: Raw, shape: Shape) -> dict[str, Any]:
    """Reduce dbt's manifest to the nodes of a shape, in the keys that Cosmos and the plan read.

    Args:
        manifest: dbt's ``manifest.json`` as parsed for the shape.
        shape: the client's sources and transformations.

    Returns:
        A manifest whose tests stand behind exactly one model, and whose paths give the groups that a
        reader sees: source in bronze, transformation in silver, mart in gold.
    """
    models = _models_of(manifest["nodes"], shape)
    depth = {unique_id: place for place, unique_id in enumerate(models)}
    nodes = {unique_id: _slim_model(raw, models) for unique_id, raw in models.items()}
    for unique_id, raw in sorted(manifest["nodes"].items()):
        if raw["resource_type"] == "test" and (parents := _test_parents(raw, depth)):
            nodes[unique_id] = _slim_test(raw, parents, nodes)
    return {"metadata": {"project_name": manifest["metadata"]["project_name"]}, "nodes": nodes}


def layer_nodes(slim: Raw, layer: str) -> tuple[Node, ...]:
    """The nodes of one layer of a slim manifest, models before their tests, in build order."""
    return tuple(_node(raw) for raw in slim["nodes"].values() if raw["layer"] == layer)


def _models_of(nodes: Mapping[str, Raw], shape: Shape) -> dict[str, Raw]:
    """The models and seeds that the shape builds, parents first."""
    chosen: dict[str, Raw] = {}
    for unique_id in _parents_first(nodes):
        raw = nodes[unique_id]
        parents = [parent for parent in raw["depends_on"].get("nodes", []) if parent in nodes]
        if _in_shape(raw, shape) and all(parent in chosen for parent in parents):
            chosen[unique_id] = raw
    return chosen


def _in_shape(raw: Raw, shape: Shape) -> bool:
    """Does the folder (and in gold the tag) of a model belong to the shape?"""
    if raw["resource_type"] == "seed":
        return True
    layer, group, *rest = _folders(raw)
    if layer == "bronze":
        return group in shape.sources
    if layer == "silver":
        return group in shape.transformations and rest[0] in shape.sources
    return AGGREGATE_TAG not in raw["tags"] or AGGREGATE_TAG in shape.transformations


def _folders(raw: Raw) -> tuple[str, ...]:
    """``models/silver/clean/sales/x.sql`` → ``("silver", "clean", "sales")``."""
    return PurePosixPath(raw["original_file_path"]).parts[1:-1]


def _parents_first(nodes: Mapping[str, Raw]) -> Iterable[str]:
    """Ids of models and seeds, by layer, then parents first, then by name: the same in every process.

    Raises:
        TransformError: if a model reads itself, by others or at once. dbt finds it only when it builds.
    """
    built = {unique_id: raw for unique_id, raw in nodes.items() if raw["resource_type"] in _BUILT}
    placed: dict[str, None] = {}

    def place(unique_id: str, children: tuple[str, ...] = ()) -> None:
        chain = (unique_id, *children)
        if unique_id in children:
            circle = " reads ".join(built[one]["name"] for one in chain[chain.index(unique_id, 1) :: -1])
            where = built[unique_id]["original_file_path"]
            raise TransformError(f"{where}: {circle}: a model reads only steps before its own")
        for parent in sorted(built[unique_id]["depends_on"].get("nodes", [])):
            if parent in built and parent not in placed:
                place(parent, chain)
        placed.setdefault(unique_id)

    for unique_id in sorted(built, key=lambda one: (_layer_of(built[one]), one)):
        place(unique_id)
    return placed


def _layer_of(raw: Raw) -> int:
    """The layer's place in build order; seeds are there before anything reads them."""
    return -1 if raw["resource_type"] == "seed" else LAYERS.index(_folders(raw)[0])


def _test_parents(raw: Raw, depth: Mapping[str, int]) -> list[str]:
    """The test's parents in build order, or nothing when the shape does not build what it reads.

    A rule is declared on the model of ``validate``; where that is not built it still measures the rows
    that would have entered it.
    """
    parents, attached = list(raw["depends_on"]["nodes"]), raw.get("attached_node")
    if _is_rule(raw):
        parents = [one for one in parents if one in depth or one != attached]
    elif attached and attached not in depth:
        return []
    if not parents or any(one not in depth for one in parents):
        return []
    return sorted(parents, key=depth.__getitem__)


def _is_rule(raw: Raw) -> bool:
    return (raw.get("test_metadata") or {}).get("name") == RULE_TEST


def _slim_model(raw: Raw, models: Mapping[str, Raw]) -> dict[str, Any]:
    layer = "bronze" if raw["resource_type"] == "seed" else _folders(raw)[0]
    group = "reference" if raw["resource_type"] == "seed" else _folders(raw)[1]
    parents = sorted(one for one in raw["depends_on"].get("nodes", []) if one in models)
    slim = _common(raw, layer, group, parents) | {"fqn": [raw["name"]], "tags": [layer]}
    if f"macro.{raw['package_name']}.{ROLLING_MACRO}" in raw["depends_on"].get("macros", []):
        slim["rolling"] = {"currency": raw["config"].get("meta", {}).get("currency")}
    if REALTIME_TAG in raw["tags"]:
        slim["realtime"] = True
    return slim


def _slim_test(raw: Raw, parents: list[str], nodes: Mapping[str, Raw]) -> dict[str, Any]:
    """A test behind the last of its parents: earlier ones would wait for a later layer."""
    behind = nodes[parents[-1]]
    slim = _common(raw, behind["layer"], behind["group"], [parents[-1]]) | {"fqn": [], "tags": []}
    if behind.get("realtime"):
        slim["realtime"] = True
    if _is_rule(raw):
        kwargs = raw["test_metadata"]["kwargs"]
        slim["rule"] = {
            "name": raw["name"],
            "condition": kwargs["condition"],
            "effect": kwargs.get("effect", "gate"),
            "on_fail": kwargs.get("on_fail", "quarantine"),
            "allow_empty": bool(kwargs.get("allow_empty", False)),
        }
        measured = [one for one in parents if one != raw.get("attached_node")]
        slim["reads"] = nodes[(measured or parents)[-1]]["name"]
    return slim


def _common(raw: Raw, layer: str, group: str, parents: list[str]) -> dict[str, Any]:
    return {
        "unique_id": raw["unique_id"],
        "name": raw["name"],
        "resource_type": raw["resource_type"],
        "package_name": raw["package_name"],
        "original_file_path": f"{group}/{PurePosixPath(raw['original_file_path']).name}",
        "depends_on": {"nodes": parents},
        "config": {},
        "layer": layer,
        "group": group,
    }


def _node(raw: Raw) -> Node:
    is_test = raw["resource_type"] == "test"
    return Node(
        unique_id=raw["unique_id"],
        name=raw["name"],
        kind="test" if is_test else "model",
        layer=raw["layer"],
        group=raw["group"],
        model=raw["depends_on"]["nodes"][0] if is_test else raw["unique_id"],
        rule=Rule(**raw["rule"]) if raw.get("rule") else None,
        reads=raw.get("reads", ""),
        rolling=Rolling(**raw["rolling"]) if raw.get("rolling") else None,
        realtime=bool(raw.get("realtime")),
    )
