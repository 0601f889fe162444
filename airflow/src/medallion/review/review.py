"""The review of a change: each enabled client that it bears on, built on sample data as far as it differs."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from medallion.clients import ENABLED, Catalog, load_catalog, status_of
from medallion.clients.render import validation_lines
from medallion.exceptions import MedallionError
from medallion.pipeline import shape_of
from medallion.registry.find import registry_of
from medallion.registry.outlook import Outlook, look_ahead
from medallion.registry.sync import plan_sync, sync
from medallion.review.base import Base
from medallion.review.changed import Changed, changed_between, sources_with_other_rows, touches
from medallion.review.client import ClientReview, build_and_judge
from medallion.review.side import Side
from medallion.settings import Settings

Say = Callable[[str], None]


@dataclass(frozen=True)
class Review:
    """What became of a review.

    Attributes:
        base: what the change was compared with.
        invalid: what is wrong with the configs, as ``medallion validate`` says it.
        validation: all that ``medallion validate`` says.
        outlooks: what ``medallion apply`` would do, by platform; none where no config differs.
        clients: those that the change bears on.
        others: enabled clients that it does not.
        seconds: how long it took.
    """

    base: Base
    invalid: tuple[str, ...]
    validation: tuple[str, ...]
    outlooks: tuple[Outlook, ...]
    clients: tuple[ClientReview, ...]
    others: tuple[str, ...]
    seconds: float

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that speaks against the change."""
        failed = (f"{one.client_id}: {problem}" for one in self.clients for problem in one.problems)
        return (*self.invalid, *failed)

    def facts(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "base": {"ref": self.base.ref, "commit": self.base.commit},
            "changed": list(self.base.changed),
            "invalid": list(self.invalid),
            "plan": [outlook.facts() for outlook in self.outlooks],
            "clients": [one.facts() for one in self.clients],
            "not_concerned": list(self.others),
            "problems": list(self.problems),
            "seconds": round(self.seconds, 1),
        }


def review(settings: Settings, ref: str, say: Say = lambda _: None) -> Review:
    """Compare the working tree with a branch and build what differs; of the home only ``review/`` is written.

    Args:
        settings: the installation; its registry, ledger and warehouses are not looked at.
        ref: the branch, or any commit.
        say: told what is being done.

    Raises:
        ConfigError: if git knows no such commit.
    """
    started = time.monotonic()
    base = Base.of(settings.project, ref)
    head, before = _homes(settings, base)
    catalog = load_catalog(head.configs)
    told = _validation(catalog, head)
    outlooks: tuple[Outlook, ...] = ()
    clients: list[ClientReview] = []
    if base.changed:
        old = load_catalog(before.configs)
        if base.configs:
            say("what apply would do")
            outlooks = tuple(_outlooks(old, before, catalog, head))
        clients += _clients(base, (before, old), (head, catalog), say)
    seen = {one.client_id for one in clients}
    others = tuple(one for one in _enabled(catalog, head) if one not in seen)
    invalid = tuple(str(problem) for problem in catalog.problems)
    return Review(base, invalid, told, outlooks, tuple(clients), others, time.monotonic() - started)


def _homes(settings: Settings, base: Base) -> tuple[Settings, Settings]:
    """Settings of both sides, each with a home of its own, on DuckDB."""
    if settings.adventureworks:  # found beside the project, and the base's files lie elsewhere
        os.environ["MEDALLION_ADVENTUREWORKS"] = str(settings.adventureworks)
    home = settings.home / "review"
    head = replace(settings, home=home / "head", target="duckdb", database_url="", fernet_keys="")
    head = replace(head, landing_at="", reports_at="")  # those of the installation are not looked at
    head.home.mkdir(parents=True, exist_ok=True)
    tree = base.unpack(home / "base") if base.changed else settings.project
    return head, replace(head, home=home / "base", project=tree)


def _validation(catalog: Catalog, settings: Settings) -> tuple[str, ...]:
    return tuple(line.plain for line in validation_lines([catalog], settings))


def _outlooks(old: Catalog, before: Settings, new: Catalog, head: Settings) -> Iterator[Outlook]:
    """What apply would do where the base is live, platform by platform, in a registry of this moment."""
    with tempfile.TemporaryDirectory(dir=head.home, prefix="registry-") as folder:
        here = replace(head, database_url=f"sqlite:///{folder}/registry.db")
        for platform in here.platforms:
            registry = registry_of(here, platform)
            sync(old, registry, before, actor="review", confirmed=True)
            yield look_ahead(plan_sync(new, registry, here), new, registry, here, losses=False)
            registry.engine.dispose()


def _enabled(catalog: Catalog, settings: Settings) -> list[str]:
    clients = sorted(catalog.clients.items())
    return [key for key, client in clients if status_of(client, catalog, settings) == ENABLED]


def _clients(
    base: Base, before: tuple[Settings, Catalog], after: tuple[Settings, Catalog], say: Say
) -> Iterator[ClientReview]:
    """Review each client that the change bears on."""
    old_settings, old = before
    settings, catalog = after
    known = _enabled(old, old_settings)
    other_vars = bool(base.models) and base.vars_differ(old_settings.project)
    for client_id in _enabled(catalog, settings):
        head = Side(settings, catalog, catalog.clients[client_id])
        was = Side(old_settings, old, old.clients[client_id]) if client_id in known else None
        if was is None or _concerns(base.models, was, head):
            say(client_id)
            yield _client(was, head, other_vars=other_vars)


def _concerns(models: Sequence[str], base: Side, head: Side) -> bool:
    """Whether the change can make anything that the client has built another."""
    sources = {ref.name for side in (base, head) for ref in side.client.data_sources}
    return (
        touches(models, sources)
        or shape_of(base.client) != shape_of(head.client)
        or bool(sources_with_other_rows(base, head))
    )


def _client(base: Side | None, head: Side, *, other_vars: bool) -> ClientReview:
    """Review one client; what goes wrong is a problem of it alone."""
    started = time.monotonic()
    try:
        told = _compared(base, head, other_vars=other_vars)
    except MedallionError as error:
        told = ClientReview(head.client.id, Changed((), ()), problems=(str(error),))
    return replace(told, seconds=time.monotonic() - started)


def _compared(base: Side | None, head: Side, *, other_vars: bool) -> ClientReview:
    head.plan  # noqa: B018 - what does not parse is said of the change before anything is said of the base
    if base is None:
        return build_and_judge(None, head, _whole(head), "is new here: all of it is built")
    try:
        changed = changed_between(base, head, everything=other_vars)
    except MedallionError as error:
        return build_and_judge(None, head, _whole(head), f"the base cannot be compared with: {error}")
    note = "variables of dbt_project.yml differ: all of it is built" if other_vars else ""
    return build_and_judge(base, head, changed, note)


def _whole(head: Side) -> Changed:
    nodes = tuple(head.nodes.values())
    return Changed(nodes, tuple(node.name for node in nodes if node.kind == "model"))
