"""What follows from a sync: DAGs, tasks and schemas that come and go, rows that retention would delete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from medallion.clients import ENABLED, Catalog, Client, status_of
from medallion.exceptions import MedallionError
from medallion.pipeline import (
    LAYERS,
    Plan,
    Shape,
    calendar_of,
    dag_id_of,
    last_complete_interval,
    load_task,
    make_plan,
    shape_of,
)
from medallion.registry.changes import Change, Changes, changes_between
from medallion.registry.definition import Definition
from medallion.registry.records import ACTIVE, DISABLED
from medallion.registry.store import Registry
from medallion.registry.sync import Step, SyncPlan
from medallion.settings import Settings
from medallion.warehouses import warehouse_of


@dataclass(frozen=True)
class Parts:
    """The tasks and schemas that a client has."""

    tasks: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Effect:
    """What one step means.

    Attributes:
        dag: its id; blank for a client that has and gets none.
        dag_change: added, changed, closed or removed.
        tasks: come and go: ``extract_crm``, ``silver.clean_crm__customers``, ``load_to_warehouse``.
        schemas: come, and go: these are no longer built, and stay in the warehouse.
        losses: what a shorter retention would delete, an object each.
        unknown: why tasks or losses could not be told; blank if they could.
    """

    dag: str = ""
    dag_change: str = ""
    tasks_added: tuple[str, ...] = ()
    tasks_removed: tuple[str, ...] = ()
    schemas_added: tuple[str, ...] = ()
    schemas_removed: tuple[str, ...] = ()
    losses: tuple[Mapping[str, Any], ...] = ()
    unknown: str = ""

    def facts(self) -> dict[str, Any]:
        """Return the effect as plain values."""
        return {
            "dag": self.dag,
            "dag_change": self.dag_change,
            "tasks": {"added": list(self.tasks_added), "removed": list(self.tasks_removed)},
            "schemas": {"added": list(self.schemas_added), "removed": list(self.schemas_removed)},
            "rows_to_delete": [dict(loss) for loss in self.losses],
            "unknown": self.unknown,
        }


@dataclass(frozen=True)
class Differing:
    """A client that is live otherwise than its file has it, and stays so until the file changes.

    Attributes:
        revision: the one that is live.
        origin: where that came from: cli or api, or file.
        actor: who made it so.
        why: in their words.
        changes: from the file's values to the live ones.
    """

    revision: int
    origin: str
    actor: str
    why: str
    changes: Changes

    def facts(self) -> dict[str, Any]:
        """Return it as plain values."""
        changes = {key: {"file": one.old, "live": one.new} for key, one in self.changes.items()}
        return {
            "revision": self.revision,
            "origin": self.origin,
            "actor": self.actor,
            "why": self.why,
            "changes": changes,
        }


@dataclass(frozen=True)
class Outlook:
    """A sync with all that follows from it."""

    sync: SyncPlan
    effects: Mapping[str, Effect] = field(default_factory=dict)
    differing: Mapping[str, Differing] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """Return it as plain values: the sync's, each step with its effect."""
        told = self.sync.facts()
        for word in ("created", "updated", "draining", "removed"):
            told[word] = [one | self._effect(one["id"]) for one in told[word]]
        told["differing"] = {key: one.facts() for key, one in self.differing.items()}
        return told

    def _effect(self, client_id: str) -> dict[str, Any]:
        return self.effects[client_id].facts() if client_id in self.effects else {}


def look_ahead(
    plan: SyncPlan, catalog: Catalog, registry: Registry, settings: Settings, *, losses: bool = True
) -> Outlook:
    """Say what follows from a sync; the manifests of new shapes are made, and nothing else is written.

    Args:
        plan: what :func:`~medallion.registry.sync.plan_sync` said.
        catalog: what the files say.
        registry: of the plan's platform.
        settings: the installation.
        losses: count the rows that a shorter retention would delete, which takes seconds a client.
    """
    before = {step.client_id: _before(registry, step) for step in plan.steps}
    parts = _Parts(settings, [one.client for one in _shaped(plan, before)])
    effects = {}
    for step in plan.steps:
        effect = parts.effect(step, before[step.client_id], registry.platform)
        effects[step.client_id] = parts.with_losses(effect, step) if losses else effect
    differing = {key: differing_of(key, catalog, registry, settings) for key in plan.differing}
    return Outlook(plan, effects, differing)


def differing_of(client_id: str, catalog: Catalog, registry: Registry, settings: Settings) -> Differing:
    """Say how a client is live otherwise than its file has it."""
    client = catalog.clients[client_id]
    live = registry.configuration(client_id)
    last = registry.revision(client_id, live.revision) if live else None
    wanted = ACTIVE if status_of(client, catalog, settings) == ENABLED else DISABLED
    changes = changes_between(Definition.of(client, catalog), live.definition if live else None)
    if live and live.status != wanted:
        changes = {"status": Change(wanted, live.status), **changes}
    if not live or not last:
        return Differing(0, "", "", "", changes)
    return Differing(live.revision, last.origin, last.actor, last.why, changes)


def _before(registry: Registry, step: Step) -> Definition | None:
    """The client as it is live, if it has a DAG; None also where what is stored cannot be read."""
    if not step.expected or step.word == "created":
        return None
    try:
        live = registry.configuration(step.client_id)
    except MedallionError:
        return None
    return live.definition if live and live.status == ACTIVE else None


def _shaped(plan: SyncPlan, before: Mapping[str, Definition | None]) -> Iterable[Definition]:
    """The definitions whose shapes have to be known."""
    for step in plan.steps:
        yield from (one for one in (before[step.client_id], step.definition) if one)


class _Parts:
    """Tasks and schemas of clients, by the manifests of their shapes."""

    def __init__(self, settings: Settings, clients: Iterable[Client]) -> None:
        self.settings = settings
        self.problem = ""
        self._slim: dict[Shape, dict[str, Any]] = {}
        shapes = list(dict.fromkeys(shape_of(client) for client in clients))
        if not shapes:
            return
        from medallion.transform import prepare

        try:
            prepare(settings, shapes)
        except MedallionError as error:
            self.problem = str(error)

    def effect(self, step: Step, before: Definition | None, platform: str) -> Effect:
        after = step.definition if step.status == ACTIVE else None
        if before is None and after is None:
            return Effect()
        dag = (dag_id_of(step.client_id, platform), _dag_change(step, before, after))
        if self.problem:
            return Effect(*dag, unknown=self.problem)
        try:
            old, new = self._of(before), self._of(after)
        except MedallionError as error:
            return Effect(*dag, unknown=str(error))
        return Effect(
            *dag,
            _without(new.tasks, old.tasks),
            _without(old.tasks, new.tasks),
            _without(new.schemas, old.schemas),
            _without(old.schemas, new.schemas),
        )

    def with_losses(self, effect: Effect, step: Step) -> Effect:
        """Add what retention would delete, if it got shorter and there is something to delete from."""
        warehouse = warehouse_of(self.settings)
        missing = not warehouse.may_hold(self.settings, step.client_id)
        if effect.unknown or missing or not step.definition or not _is_shorter(step):
            return effect
        try:
            return replace(effect, losses=self._losses(step.definition.client))
        except MedallionError as error:
            return replace(effect, unknown=f"rows to delete could not be counted: {error}")

    def _losses(self, client: Client) -> tuple[Mapping[str, Any], ...]:
        from medallion.ledger import open_ledger
        from medallion.retention import plan_retention

        today = last_complete_interval(calendar_of(client), datetime.now(UTC)).run_date
        ledger = open_ledger(self.settings.database_url)
        doomed = plan_retention(self.settings, ledger, self._plan(client), today)
        return tuple(loss.facts for loss in doomed.losses if loss.gone)

    def _of(self, definition: Definition | None) -> Parts:
        if definition is None:
            return Parts()
        plan = self._plan(definition.client)
        layers = [layer.name for layer in plan.layers if layer.nodes]
        if warehouse_of(self.settings).landing_schema:
            layers.insert(0, "landing")
        return Parts(_tasks(plan), tuple(self.settings.schema_of(plan.client.id, layer) for layer in layers))

    def _plan(self, client: Client) -> Plan:
        from medallion.transform import load_slim

        shape = shape_of(client)
        if shape not in self._slim:
            self._slim[shape] = load_slim(self.settings, shape)
        return make_plan(client, self._slim[shape])


def _tasks(plan: Plan) -> tuple[str, ...]:
    """What the DAG does, a model with its tests as one."""
    extracts = [f"extract_{extract.source}" for extract in plan.extracts]
    models = [f"{layer}.{model.name}" for layer in LAYERS for model in plan.layer(layer).models]
    return (*extracts, *models, load_task(plan.client))


def _without(names: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    known = set(others)
    return tuple(name for name in names if name not in known)


def _dag_change(step: Step, before: Definition | None, after: Definition | None) -> str:
    if after is None:
        return "closed" if step.status == DISABLED else "removed"
    return "changed" if before else "added"


def _is_shorter(step: Step) -> bool:
    """Whether a layer is to be kept for fewer days."""
    kept = [one for key, one in step.changes.items() if key.startswith("business_rules.data_retention_days.")]
    return any(one.old is not None and one.new is not None and one.new < one.old for one in kept)
