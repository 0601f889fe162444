"""The clients of files and registry together, a row each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from medallion.clients import BROKEN, Catalog, Client, status_of
from medallion.clients.render import value_text
from medallion.registry.find import registry_of
from medallion.registry.records import REMOVED, Configuration
from medallion.registry.sync import plan_sync
from medallion.settings import Settings

#: What is said of a client's file: it has none, it says what is live, or it waits for `medallion apply`.
NO_FILE, AS_LIVE, NOT_APPLIED, DIFFERS = "none", "as live", "not applied", "differs from live"


def client_rows(catalog: Catalog, settings: Settings, platform: str | None = None) -> list[dict[str, Any]]:
    """List all clients of the installation, also those with a broken file.

    Args:
        catalog: what the files say.
        settings: the installation.
        platform: only this one's; None lists all of them.
    """
    rows = []
    listed: set[str] = set()
    for name in [platform] if platform else settings.platforms:
        own = list(_of_platform(catalog, settings, name))
        rows += own
        listed |= {row["id"] for row in own}
    if platform is None:  # a file may name a platform that is none of the installation's
        others = {key: client for key, client in catalog.clients.items() if key not in listed}
        rows += [_of_file(client, catalog, settings) for client in others.values()]
        told = {row["file"] for row in rows}
        rows += [row for stem in catalog.broken if (row := _broken(stem, catalog))["file"] not in told]
    return sorted(rows, key=lambda row: (str(row["id"]), str(row["platform"])))


def _of_platform(catalog: Catalog, settings: Settings, platform: str) -> Iterator[dict[str, Any]]:
    registry = registry_of(settings, platform)
    plan = plan_sync(catalog, registry, settings)
    waiting = {step.client_id for step in plan.steps}
    live = registry.configurations(removed=True)
    for key, client in catalog.clients.items():
        if client.platform == platform and key not in live:
            yield _of_file(client, catalog, settings)
    for key, known in live.items():
        here = key in catalog.clients and catalog.clients[key].platform == platform
        if known.status == REMOVED and not here:
            continue
        problems = () if here else catalog.problems_of(key)
        agrees = AS_LIVE if here else NO_FILE
        if key in waiting:
            agrees = NOT_APPLIED
        elif key in plan.differing:
            agrees = DIFFERS
        elif problems:
            agrees = _count(len(problems))
        yield _of_live(known, agrees) | {
            "file": catalog.file(key) if here else problems[0].file.as_posix() if problems else None,
            "problems": [problem.facts() for problem in problems],
        }


def _of_live(known: Configuration, agrees: str) -> dict[str, Any]:
    return {
        **_of_client(known.definition.client),
        "status": known.status,
        "revision": known.revision,
        "origin": known.origin,
        "agrees": agrees,
    }


def _of_file(client: Client, catalog: Catalog, settings: Settings) -> dict[str, Any]:
    return {
        **_of_client(client),
        "status": status_of(client, catalog, settings),
        "revision": None,
        "origin": None,
        "agrees": NOT_APPLIED,
        "file": catalog.file(client.id),
        "problems": [],
    }


def _of_client(client: Client) -> dict[str, Any]:
    return {
        "id": client.id,
        "platform": client.platform,
        "schedule": value_text(client.schedule_interval),
        "config": client.model_dump(mode="json"),
    }


def _broken(stem: str, catalog: Catalog) -> dict[str, Any]:
    problems = catalog.broken[stem]
    return {
        "id": stem,
        "platform": catalog.platforms.get(stem),
        "status": BROKEN,
        "revision": None,
        "origin": None,
        "schedule": "",
        "config": None,
        "agrees": _count(len(problems)),
        "file": problems[0].file.as_posix(),
        "problems": [problem.facts() for problem in problems],
    }


def _count(number: int) -> str:
    return f"{number} problem{'s' * (number != 1)}"
