"""The plan of a client's run: what the DAG draws, the build builds and the gates demand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medallion.clients import Client
from medallion.exceptions import ConfigError
from medallion.pipeline.schedule import calendar_of, shares_days
from medallion.pipeline.shape import LAYERS, Node, Shape, layer_nodes
from medallion.settings import DEFAULT_PLATFORM


@dataclass(frozen=True)
class Extract:
    """One source that the run lands before bronze."""

    source: str
    location: str | None


@dataclass(frozen=True)
class LayerPlan:
    """One layer: every node that must end good before its gate can pass, in build order."""

    name: str
    nodes: tuple[Node, ...]

    @property
    def models(self) -> tuple[Node, ...]:
        """The layer's models, parents first."""
        return tuple(node for node in self.nodes if node.kind == "model")

    @property
    def rules(self) -> tuple[Node, ...]:
        """The tests that measure a rule."""
        return tuple(node for node in self.nodes if node.rule)

    def tests_of(self, model: str) -> tuple[str, ...]:
        """Unique ids of the tests that stand behind a model."""
        return tuple(node.unique_id for node in self.nodes if node.kind == "test" and node.model == model)


@dataclass(frozen=True)
class Plan:
    """Everything a run of one client does, without a word of Airflow."""

    client: Client
    extracts: tuple[Extract, ...]
    layers: tuple[LayerPlan, ...]
    manifest: str = ""  # the name of the manifest it was made from, which it is built with

    @property
    def dag_id(self) -> str:
        """The client's DAG."""
        return dag_id_of(self.client.id, self.client.platform)

    @property
    def shape(self) -> Shape:
        """What the client shares its manifest by."""
        return shape_of(self.client)

    @property
    def config_version(self) -> str:
        """Twelve hexadecimal digits that change with any value of the client's config."""
        text = json.dumps(self.client.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def marts(self) -> tuple[str, ...]:
        """The tables of gold that go to the destination."""
        return tuple(node.name for node in self.layer("gold").models)

    @property
    def landing_days(self) -> int:
        """Days that landing is kept: as long as the longest layer, which may be made anew from it."""
        return self.client.business_rules.data_retention_days.longest_layer

    @property
    def sub_daily(self) -> bool:
        """True if two runs can fall on one day, so that landing needs the hour as well."""
        return shares_days(calendar_of(self.client))

    def layer(self, name: str) -> LayerPlan:
        """The layer of that name.

        Raises:
            KeyError: if there is no such layer.
        """
        return {layer.name: layer for layer in self.layers}[name]

    def threshold(self, rule: str) -> float:
        """The score (0 to 1) that a rule has to reach for this client."""
        return self.client.business_rules.quality_threshold.of_rule(rule)


def dag_id_of(client_id: str, platform: str = DEFAULT_PLATFORM) -> str:
    """The id of a client's DAG; on any but the default platform it begins with the platform's name."""
    name = f"client_{client_id}_pipeline"
    return name if platform == DEFAULT_PLATFORM else f"{platform}__{name}"


def load_task(client: Client) -> str:
    """The id of the task that delivers."""
    return f"load_to_{client.destination}"


def shape_of(client: Client) -> Shape:
    """The shape of a client, whatever order its lists were written in."""
    return Shape(
        sources=tuple(sorted(source.name for source in client.data_sources)),
        transformations=tuple(step.value for step in client.transformations),
    )


def make_plan(client: Client, slim: Mapping[str, Any]) -> Plan:
    """Turn a client and the slim manifest of its shape into its plan.

    Args:
        client: a valid client.
        slim: the manifest of the client's shape, as :func:`slim_manifest` made it.

    Raises:
        ConfigError: if a threshold names a rule that the client's run does not measure.
    """
    plan = Plan(
        client=client,
        extracts=tuple(Extract(source.name, source.location) for source in client.data_sources),
        layers=tuple(LayerPlan(name, layer_nodes(slim, name)) for name in LAYERS),
        manifest=slim["metadata"].get("key", ""),
    )
    measured = sorted(node.name for layer in plan.layers for node in layer.rules)
    for rule in sorted(client.business_rules.quality_threshold.rules):
        if rule not in measured:
            raise ConfigError(
                f"{client.id}: business_rules.quality_threshold.rules.{rule}: the client's run measures no "
                f"such rule; it measures {', '.join(measured) or 'none'}"
            )
    return plan
