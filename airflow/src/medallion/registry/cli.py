"""The commands about what is live: plan, apply, a client's revisions; ``medallion.cli`` takes them in."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from medallion.clients import load_catalog
from medallion.exceptions import ConfigError, RegistryError
from medallion.registry.find import find_live, find_registry, registry_of
from medallion.registry.records import CLI, REMOVED, Configuration
from medallion.registry.store import Registry
from medallion.settings import Settings, load_settings
from medallion.terminal import AsJson, Commands, line, out, print_json

# The other commands of `medallion` need none of these, and should not wait for their import.
if TYPE_CHECKING:
    from medallion.bundle.publish import Published
    from medallion.registry.outlook import Outlook

app = typer.Typer(cls=Commands)

ClientId = Annotated[str, typer.Argument(metavar="ID", help="The client's id.")]
Platform = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Only this one of MEDALLION_PLATFORMS; all of them if none."),
]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason; it is kept with the revision.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who does it; you if not given.")]

# --- Files and registry ------------------------------------------------------------------------------------


@app.command()
def plan(platform: Platform = None, as_json: AsJson = False) -> None:
    """Say what `medallion apply` would do: DAGs, values, tasks and schemas; nothing is changed."""
    from medallion.registry.outlook import look_ahead
    from medallion.registry.render import outlook_lines
    from medallion.registry.sync import plan_sync

    settings = load_settings()
    catalog = load_catalog(settings.configs)
    outlooks = []
    with Console(stderr=True).status("Looking ahead …"):
        for registry in _registries(settings, platform):
            sync = plan_sync(catalog, registry, settings)
            outlooks.append(look_ahead(sync, catalog, registry, settings))
    if as_json:
        print_json([outlook.facts() for outlook in outlooks])
    else:
        for outlook in outlooks:
            for text in outlook_lines(outlook):
                line(out(), text)
    raise typer.Exit(0 if all(outlook.sync.sound for outlook in outlooks) else 1)


@app.command()
def apply(
    yes: Annotated[
        bool, typer.Option("--yes", help="Let even more clients leave than may go unasked.")
    ] = False,
    why: Why = "",
    by: By = None,
    platform: Platform = None,
    as_json: AsJson = False,
) -> None:
    """Take what the files say into the registry, and make the DAGs that Airflow reads."""
    from medallion.registry.outlook import look_ahead
    from medallion.registry.sync import carry_out, plan_sync

    settings = load_settings()
    catalog = load_catalog(settings.configs)
    actor = _actor(by)
    done = []
    with Console(stderr=True).status("Applying …"):
        for registry in _registries(settings, platform):
            sync = plan_sync(catalog, registry, settings)
            refused = bool(sync.refusal) and not yes
            outlook = look_ahead(
                replace(sync, steps=()) if refused else sync, catalog, registry, settings, losses=False
            )
            if not refused:
                outlook = replace(outlook, sync=carry_out(sync, registry, actor=actor, why=why))
            done.append((outlook, _publish(settings, registry)))
    if as_json:
        print_json([outlook.facts() | {"bundle": _bundle_facts(made)} for outlook, made in done])
    else:
        for outlook, made in done:
            _tell_applied(outlook, made)
    raise typer.Exit(0 if all(outlook.sync.sound and not made.failures for outlook, made in done) else 1)


@app.command()
def clients(platform: Platform = None, as_json: AsJson = False) -> None:
    """List all clients, of registry and files: their status, and whether the file is what is live."""
    from medallion.registry.listing import client_rows
    from medallion.registry.render import clients_table

    settings = load_settings()
    rows = client_rows(load_catalog(settings.configs), settings, platform)
    if as_json:
        print_json(rows)
    else:
        out().print(clients_table(rows, platforms=len(settings.platforms) > 1))


@app.command()
def show(client_id: ClientId, as_json: AsJson = False) -> None:
    """Print a client as it is live, or as its file has it, and where each value is set."""
    from medallion.registry.showing import showing

    settings = load_settings()
    shown = showing(client_id, load_catalog(settings.configs), settings)
    if as_json:
        print_json(shown.facts())
    else:
        for part in shown.parts():
            out().print(part)


# --- One client --------------------------------------------------------------------------------------------


@app.command()
def history(client_id: ClientId, platform: Platform = None, as_json: AsJson = False) -> None:
    """List a client's revisions: what it was, who made it so, and why."""
    from medallion.registry.render import history_facts, history_lines

    revisions = find_registry(load_settings(), client_id, platform).history(client_id)
    if as_json:
        print_json(history_facts(revisions))
    else:
        for text in history_lines(revisions):
            line(out(), text)


@app.command()
def rollback(
    client_id: ClientId,
    revision: Annotated[int, typer.Argument(metavar="REVISION", help="Which; `medallion history ID`.")],
    why: Why = "",
    by: By = None,
    platform: Platform = None,
    as_json: AsJson = False,
) -> None:
    """Make a client what it was at one of its revisions, if the project can still run that."""
    from medallion.registry.by_hand import roll_back

    settings = load_settings()
    registry, live = find_live(settings, client_id, platform)
    catalog = load_catalog(settings.configs)
    known = roll_back(registry, client_id, revision, catalog, settings, **_signed(live, by, why))
    _tell(settings, registry, known, f"is as it was at revision {revision}", as_json)


@app.command()
def disable(
    client_id: ClientId, why: Why = "", by: By = None, platform: Platform = None, as_json: AsJson = False
) -> None:
    """Let a client have no new runs; those in flight end, and all it has stays."""
    from medallion.registry import by_hand
    from medallion.registry.render import CLOSED_SOON

    settings = load_settings()
    registry, live = find_live(settings, client_id, platform)
    known = by_hand.disable(registry, client_id, **_signed(live, by, why))
    _tell(settings, registry, known, f"is disabled; {CLOSED_SOON}", as_json)


@app.command()
def enable(
    client_id: ClientId, why: Why = "", by: By = None, platform: Platform = None, as_json: AsJson = False
) -> None:
    """Let a client run that is disabled or was removed, if the project can still run it."""
    from medallion.registry import by_hand

    settings = load_settings()
    registry, live = find_live(settings, client_id, platform)
    catalog = load_catalog(settings.configs)
    known = by_hand.enable(registry, client_id, catalog, settings, **_signed(live, by, why))
    _tell(settings, registry, known, "is active", as_json)


@app.command()
def remove(
    client_id: ClientId,
    forget: Annotated[
        bool, typer.Option("--forget", help="Delete the history of its DAG in Airflow as well.")
    ] = False,
    why: Why = "",
    by: By = None,
    platform: Platform = None,
    as_json: AsJson = False,
) -> None:
    """Take a client out: no new runs, those in flight end, then its DAG goes; its data stays."""
    from medallion.registry import by_hand
    from medallion.registry.render import CLOSED_SOON

    settings = load_settings()
    registry, live = find_live(settings, client_id, platform)
    known = by_hand.remove(registry, client_id, forget=forget, **_signed(live, by, why))
    gone = known.status == REMOVED
    said = "is removed" if gone else f"is draining until its runs have ended; {CLOSED_SOON}"
    _tell(settings, registry, known, said, as_json)


# --- The registry itself -----------------------------------------------------------------------------------


@app.command()
def audit(
    client_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A client's id, or a DAG's; all if none.")
    ] = None,
    last: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many events.")] = 100,
    platform: Platform = None,
    as_json: AsJson = False,
) -> None:
    """List who did what, and when."""
    from medallion.registry.render import event_facts, events_table

    registries = _registries(load_settings(), platform)
    events = [event for registry in registries for event in registry.events(client_id, last=last)]
    events = sorted(events, key=lambda event: event.happened_at)[-last:]
    if as_json:
        print_json(event_facts(events))
    elif events:
        out().print(events_table(events))
    else:
        line(out(), f"there is no event{' of ' + client_id if client_id else ''}")


@app.command("registry-key")
def registry_key(as_json: AsJson = False) -> None:
    """Print a new key for MEDALLION_FERNET_KEY, with which the registry is encrypted."""
    from cryptography.fernet import Fernet

    key = Fernet.generate_key().decode()
    if as_json:
        print_json({"key": key})
    else:
        line(out(), key)


@app.command("rotate-key")
def rotate_key(as_json: AsJson = False) -> None:
    """Encrypt all of the registry with the first key of MEDALLION_FERNET_KEY."""
    settings = load_settings()
    if not settings.fernet_keys:
        raise ConfigError(
            "MEDALLION_FERNET_KEY is not set: give it the new key, a comma, and the old one if there is one; "
            "`medallion registry-key` makes one"
        )
    count = registry_of(settings).rotate_key()
    if as_json:
        print_json({"rows": count})
    else:
        line(out(), f"{count:,} rows are encrypted with the newest key now", "green")


# --- What they share ---------------------------------------------------------------------------------------


def _registries(settings: Settings, platform: str | None) -> Iterator[Registry]:
    for name in [platform] if platform else settings.platforms:
        yield registry_of(settings, name)


def _actor(named: str | None) -> str:
    """Who does it: the name given, or the user of the operating system."""
    if named:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise ConfigError("--by is missing: the operating system does not say who you are") from None


def _signed(live: Configuration, by: str | None, why: str) -> dict[str, Any]:
    """How a change of a client is signed, made to what the command has looked at."""
    return {"origin": CLI, "actor": _actor(by), "why": why, "expected": live.revision}


def _publish(settings: Settings, registry: Registry) -> Published:
    """Let Airflow follow."""
    from medallion.bundle.publish import publish

    return publish(settings, registry)


def _bundle_facts(made: Published) -> dict[str, Any]:
    return {
        "number": made.number,
        "version": made.version,
        "rendered": list(made.rendered),
        "failures": dict(made.failures),
    }


def _tell(settings: Settings, registry: Registry, known: Configuration, said: str, as_json: bool) -> None:
    """Publish a change of one client, and say what became of it.

    Raises:
        RegistryError: if its DAG could not be made; the client is changed nevertheless.
    """
    with Console(stderr=True).status("Publishing …"):
        made = _publish(settings, registry)
    if as_json:
        facts = {"id": known.key, "platform": known.platform, "status": known.status}
        print_json(facts | {"revision": known.revision, "bundle": _bundle_facts(made)})
    else:
        line(out(), f"{known.key} {said}: revision {known.revision}", "green")
    if known.key in made.failures:
        raise RegistryError(f"{known.key}: its DAG could not be made: {made.failures[known.key]}")


def _tell_applied(outlook: Outlook, made: Published) -> None:
    from medallion.registry.render import outlook_lines

    for text in outlook_lines(outlook, done=True):
        line(out(), text)
    for client_id, reason in made.failures.items():
        line(out(), Text(f"✗ {client_id}: its DAG could not be made: {reason}", "red"))
    count = len(made.rendered)
    files = f"{count} DAG file{'s' * (count != 1)} rendered" if count else "no DAG file to render"
    line(out(), f"bundle {made.version}: {files}", "green")
