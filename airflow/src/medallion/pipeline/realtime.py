"""The part of a client's plan that runs between its batches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from medallion.clients import Catalog, Entity
from medallion.exceptions import ConfigError
from medallion.interval import Interval
from medallion.pipeline.days import next_interval
from medallion.pipeline.plan import LayerPlan, Plan
from medallion.pipeline.schedule import Schedule, last_complete_interval
from medallion.settings import DEFAULT_PLATFORM

_BRONZE = "bronze_"
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Streamed:
    """An entity whose events may come between batches.

    Attributes:
        source: its source.
        entity: its name there.
        contract: what the source's contract says of it.
    """

    source: str
    entity: str
    contract: Entity

    @property
    def name(self) -> str:
        """As it stands in configs: ``<source>.<entity>``."""
        return f"{self.source}.{self.entity}"

    @property
    def event_time(self) -> str:
        """The column that says when an event happened."""
        return str(self.contract.event_time)

    @property
    def identity(self) -> tuple[str, ...]:
        """The columns that tell one event from another: the same in all of them came twice."""
        return (*self.contract.keys, self.event_time)


def realtime_dag_id_of(client_id: str, platform: str = DEFAULT_PLATFORM) -> str:
    """The id of a client's second DAG; elsewhere than on the default platform its name first."""
    name = f"client_{client_id}_realtime"
    return name if platform == DEFAULT_PLATFORM else f"{platform}__{name}"


def realtime_plan(plan: Plan) -> Plan:
    """The nodes of a plan that a micro-batch builds: models tagged ``realtime``, and tests behind them."""
    layers = (
        LayerPlan(layer.name, tuple(node for node in layer.nodes if node.realtime)) for layer in plan.layers
    )
    return replace(plan, layers=tuple(layers))


def streamed_entities(plan: Plan, catalog: Catalog) -> tuple[Streamed, ...]:
    """The entities whose events may come between batches: those whose model of bronze is tagged so.

    Args:
        plan: the client's.
        catalog: the contracts of its sources.

    Raises:
        ConfigError: if a contract names no key or no event_time, or its entity comes whole every time.
    """
    found = []
    for node in plan.layer("bronze").models:
        if node.realtime:
            source, _, name = node.name.removeprefix(_BRONZE).partition("__")
            contract = catalog.sources[source]
            found.append(Streamed(source, name, contract.entities[name]))
            if problem := _problem(found[-1], contract.load_of(name)):
                raise ConfigError(f"{plan.client.id}: {found[-1].name} cannot come as events: {problem}")
    for queue in plan.client.realtime.queues:
        if queue.name not in {one.name for one in found}:
            allowed = ", ".join(one.name for one in found) or "none"
            raise ConfigError(
                f"{plan.client.id}: realtime.queues: {queue.name} has no events; those that may: {allowed}"
            )
    return tuple(found)


def _problem(streamed: Streamed, load: str) -> str:
    if not streamed.contract.keys or not streamed.contract.event_time:
        return "its contract needs keys and event_time"
    return "its contract says load: snapshot" if load == "snapshot" else ""


def minute_of(moment: datetime, zone: str) -> Interval:
    """The minute in which events land that are taken at a moment: the smallest partition that landing has."""
    start = moment.astimezone(UTC).replace(second=0, microsecond=0)
    return Interval(start, start + _MINUTE, zone)


def interval_around(schedule: Schedule, moment: datetime) -> Interval:
    """The interval of a client's batches that a moment lies in."""
    return next_interval(schedule, last_complete_interval(schedule, moment).start)
