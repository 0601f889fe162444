"""One client as the change, or the base it is compared with, has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from medallion.clients import Catalog, Client
from medallion.development import land
from medallion.embedded.cli import DEMO_DAY
from medallion.interval import Interval
from medallion.pipeline import LAYERS, Node, Plan, calendar_of, make_plan, shape_of
from medallion.pipeline.days import intervals_of_day
from medallion.registry.definition import Definition
from medallion.settings import Settings
from medallion.storage import clear
from medallion.transform import load_slim, prepare
from medallion.transform.manifest import manifest_for

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest


@dataclass(frozen=True)
class Side:
    """A client with the models and configs of one side, in a home of its own."""

    settings: Settings
    catalog: Catalog
    client: Client

    @property
    def definition(self) -> Definition:
        """The client with its contracts and its destination."""
        return Definition.of(self.client, self.catalog)

    @property
    def interval(self) -> Interval:
        """Whose rows are built: the demo day's first."""
        return intervals_of_day(calendar_of(self.client), DEMO_DAY.date())[0]

    @cached_property
    def plan(self) -> Plan:
        """What a run of the client does; its manifest is made if it is not there.

        Raises:
            TransformError: if the dbt project does not parse.
            ConfigError: if a threshold names a rule that the client does not measure.
        """
        shape = shape_of(self.client)
        prepare(self.settings, [shape])
        return make_plan(self.client, load_slim(self.settings, shape))

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes of a run by unique id, in build order."""
        return {node.unique_id: node for layer in LAYERS for node in self.plan.layer(layer).nodes}

    def manifest(self) -> Manifest:
        """dbt's manifest, a new one each time: dbt changes the one it works with."""
        return manifest_for(self.settings, self.plan.shape, self.plan.manifest, self.client.id)

    @cached_property
    def parents(self) -> Mapping[str, tuple[str, ...]]:
        """What each node of dbt's manifest reads, by unique id."""
        return {key: tuple(node.depends_on_nodes) for key, node in self.manifest().nodes.items()}

    def land(self) -> None:
        """Land the interval's rows anew, from sample extracts or the client's own files.

        Raises:
            ExtractError: if they cannot be landed.
        """
        for folder in (self.settings.landing, self.settings.samples):
            clear(folder / self.client.id)
        self.settings.warehouse(self.client.id).unlink(missing_ok=True)
        land(self.settings, self.catalog, self.plan, self.interval)

    def above(self, wanted: Iterable[str]) -> dict[str, Node]:
        """The models that have to be built for some nodes, and these, in build order."""
        found: set[str] = set()
        open_ends = [one for one in wanted if one in self.nodes]
        while open_ends:
            one = open_ends.pop()
            if one not in found:
                found.add(one)
                open_ends += [parent for parent in self.parents.get(one, ()) if parent in self.nodes]
        return {key: node for key, node in self.nodes.items() if key in found}
