"""All checks of an installation, one after the other; one that itself breaks is a finding, too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from medallion.clients import ENABLED, Catalog, load_catalog, status_of
from medallion.connections import shown
from medallion.doctor.clock import clock
from medallion.doctor.drivers import drivers
from medallion.doctor.finding import BAD, OK, WARN, Finding
from medallion.doctor.homes import stale_home
from medallion.doctor.locks import locks
from medallion.doctor.logins import logins
from medallion.doctor.machine import disk, ports, python, rights
from medallion.doctor.partitions import partitions
from medallion.doctor.starts import starts
from medallion.doctor.steps import Step, before
from medallion.doctor.storage import storage
from medallion.exceptions import MedallionError
from medallion.ledger import Ledger, open_ledger
from medallion.registry.definition import Definition
from medallion.registry.find import registry_of
from medallion.registry.records import ACTIVE, REMOVED
from medallion.settings import Settings


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything, and say at once what was found.

    Args:
        settings: the installation.
    """
    yield from _guarded("python", lambda: [python()])
    yield from _guarded("rights", lambda: [rights(settings.home)])
    yield from _guarded("storage", lambda: storage(settings))
    yield from _guarded("disk", lambda: [disk(settings.home)])
    yield from _guarded("ports", lambda: [ports(settings)])
    yield from _guarded("airflow", lambda: [stale_home(settings)])
    ledger, found = _database(settings)
    yield found
    definitions, _, notes = _clients(settings, readable=ledger is not None)
    yield from notes
    yield from _guarded("clock", lambda: [clock(settings.home, ledger)])
    yield from _guarded("drivers", lambda: drivers(settings, definitions))
    yield from _guarded("connections", lambda: logins(definitions))
    yield from _guarded("locks", lambda: locks(settings))
    yield from _guarded("runs", lambda: starts(settings, ledger))
    yield from _guarded("partitions", lambda: partitions(settings.landing, ledger, definitions))


def examine_before(settings: Settings, step: Step) -> Iterator[Finding]:
    """Look for what this installation lacks for a next step.

    Args:
        settings: the installation.
        step: where to.
    """
    ledger, found = _database(settings)
    if found.level == BAD:
        yield found
    definitions, by_hand, notes = _clients(settings, readable=ledger is not None)
    yield from (note for note in notes if note.level != OK)
    yield from _guarded(step, lambda: before(step, settings, definitions, by_hand))


def _guarded(check: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except (MedallionError, OSError) as error:
        yield Finding(check, BAD, str(error), "put that right, then look again: medallion doctor")


def _database(settings: Settings) -> tuple[Ledger | None, Finding]:
    """Open the ledger where there is one; a file that is not there yet is not made."""
    url = make_url(settings.database_url)
    place = shown(url)
    if url.get_backend_name() == "sqlite" and not settings.home.joinpath(url.database or "").is_file():
        return None, Finding("database", OK, f"{place} is made by the first run")
    try:
        ledger = open_ledger(settings.database_url)
        with ledger.engine.connect():
            return ledger, Finding("database", OK, f"{place} answers")
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", error)).strip().partition("\n")[0]
        todo = "start it, or correct MEDALLION_REGISTRY_URL"
        return None, Finding("database", BAD, f"{place} does not answer: {said}", todo)


def _clients(settings: Settings, *, readable: bool) -> tuple[list[Definition], list[str], list[Finding]]:
    """The clients that run, live in the registry or enabled in files; who has no file; how the files are."""
    try:
        catalog = load_catalog(settings.configs)
        live = _live(settings) if readable else {}
    except (MedallionError, OSError) as error:
        return (
            [],
            [],
            [Finding("clients", BAD, str(error), "see `medallion validate` and `medallion clients`")],
        )
    of_files = {
        key: Definition.of(client, catalog)
        for key, client in catalog.clients.items()
        if key not in live and status_of(client, catalog, settings) == ENABLED
    }
    running = [one for one in live.values() if one] + list(of_files.values())
    by_hand = sorted(live.keys() - catalog.clients.keys())
    return running, by_hand, [_configs(catalog, len(running))]


def _configs(catalog: Catalog, running: int) -> Finding:
    if catalog.problems:
        said = f"{len(catalog.problems)} problems in the config files"
        return Finding("clients", WARN, said, "medallion validate")
    return Finding("clients", OK, f"{running} run here")


def _live(settings: Settings) -> dict[str, Definition | None]:
    """The clients of the registry that are not removed; those that have no runs now without definition."""
    return {
        key: known.definition if known.status == ACTIVE else None
        for platform in settings.platforms
        for key, known in registry_of(settings, platform).configurations().items()
        if known.status != REMOVED
    }
