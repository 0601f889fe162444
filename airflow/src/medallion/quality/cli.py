"""``medallion quarantine`` and ``medallion waive``; ``medallion.cli`` takes them in."""

from __future__ import annotations

import getpass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from medallion.clients import Client
from medallion.clients.declared import read_declared
from medallion.exceptions import ConfigError
from medallion.interval import midnight
from medallion.ledger import open_ledger
from medallion.ledger.releases import in_force as releases_in_force
from medallion.ledger.waivers import waivers
from medallion.quality.quarantine import Chosen, reading
from medallion.quality.releases import entity_of, release_rows, revoke_rows
from medallion.quality.render import Change, Listing, Told, waivers_table
from medallion.quality.waivers import check_rule, sign_waiver, withdraw_waiver
from medallion.registry.find import find_client
from medallion.settings import Settings, load_settings
from medallion.terminal import AsJson, Commands, line, out, print_json

app = typer.Typer(cls=Commands)

_ROWS = 10  # shown where nobody says how many

ClientId = Annotated[str, typer.Argument(metavar="ID", help="The client's id: its file's name.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who signs; you if not given.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason; it is kept and reported.")]


When = Annotated[
    datetime | None,
    typer.Option(
        "--date",
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"],
        metavar="DAY",
        help="Rows landed for a day's intervals, or for the one starting at a time; by the client's clocks.",
    ),
]
Model = Annotated[
    str | None, typer.Option(metavar="MODEL", help="One entity: sales__orders, or its model's name.")
]
Rule = Annotated[
    str | None,
    typer.Option(metavar="RULE", help="Rows that break a rule; in a release: forgive only it."),
]
Limit = Annotated[
    int | None,
    typer.Option(
        min=0, max=100_000, help="Rows shown of each model; if not given, 10 where --model or --rule is."
    ),
]
ToRelease = Annotated[
    list[str] | None, typer.Option(metavar="KEY", help="Let a row through from the next run on.")
]
ToRevoke = Annotated[
    list[str] | None, typer.Option(metavar="KEY", help="Take a release back from the next run on.")
]


@app.command()
def quarantine(
    client_id: ClientId,
    when: When = None,
    model: Model = None,
    rule: Rule = None,
    limit: Limit = None,
    release: ToRelease = None,
    revoke: ToRevoke = None,
    why: Why = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """List what the rules took out of a client's data; release rows by hand."""
    settings, client = _client(client_id)
    known = read_declared(settings.dbt_project)
    ledger = open_ledger(settings.database_url)
    if rule:
        check_rule(client, rule, known)
    if (release or revoke) and not model:
        raise ConfigError("--release and --revoke need --model: a key names a row of one entity")
    if release and revoke:
        raise ConfigError("give --release or --revoke, not both")
    with reading(settings, client.id, known.keys) as reader:
        entity = entity_of(model, reader.entities()) if model else None
        if entity and (release or revoke):
            said = (
                release_rows(ledger, reader, client.id, entity, keys=release, rule=rule, why=why, by=_by(by))
                if release
                else revoke_rows(ledger, reader, client.id, entity, keys=revoke or (), by=_by(by))
            )
            told: Told = Change(client.id, said, bool(release), ledger.last_interval(client.id))
        else:
            usual = _ROWS if entity or rule else 0
            found = reader.read(
                Chosen(entity, rule, _span(when, client.timezone)), usual if limit is None else limit
            )
            mine = [one for one in releases_in_force(ledger, client.id) if entity in (None, one.entity)]
            told = Listing(client.id, found, mine)
    if as_json:
        print_json(told.facts())
    else:
        for part in told.parts():
            out().print(part)


@app.command()
def waive(
    client_id: ClientId,
    rule: Annotated[str | None, typer.Argument(metavar="[RULE]", help="The rule to waive.")] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="The last day it counts, in UTC."),
    ] = None,
    why: Why = "",
    by: By = None,
    far: Annotated[bool, typer.Option("--far", help="Let it end more than 90 days ahead.")] = False,
    show: Annotated[bool, typer.Option("--list", help="List all waivers, ended ones too.")] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="End the rule's waivers now.")] = False,
    as_json: AsJson = False,
) -> None:
    """Sign a waiver: let one rule of a client pass its gate below its threshold, until a day."""
    settings, client = _client(client_id)
    ledger = open_ledger(settings.database_url)
    if show or not rule:
        if not show:
            raise ConfigError("name a rule to waive, or give --list")
        found = waivers(ledger, client.id)
    elif withdraw:
        withdraw_waiver(ledger, client.id, rule, _by(by))
        found = [one for one in waivers(ledger, client.id) if one.rule == rule]
    else:
        if until is None:
            raise ConfigError("--until is missing: the last day on which the waiver counts")
        known = read_declared(settings.dbt_project)
        signed = sign_waiver(
            ledger, client, rule, known=known, until=until.date(), why=why, by=_by(by), far=far
        )
        found = [signed]
    if as_json:
        print_json([one.facts() | {"in_force": one.in_force(_today())} for one in found])
    elif found:
        out().print(waivers_table(found, _today()))
    else:
        line(out(), f"no waiver was ever signed for {client.id}")


def _client(client_id: str) -> tuple[Settings, Client]:
    settings = load_settings()
    return settings, find_client(settings, client_id).client


def _by(named: str | None) -> str:
    """Who signs: the name given, or the user of the operating system."""
    if named is not None:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise ConfigError("--by is missing: the operating system does not say who you are") from None


def _span(when: datetime | None, zone: str) -> tuple[datetime, datetime] | None:
    """A day, or the one moment at which an interval starts; both, where the clocks show it twice."""
    if when is None:
        return None
    if when.time() == time.min:
        first, end = (midnight(when.date() + timedelta(days=days), zone) for days in (0, 1))
    else:
        both = [when.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)]
        first, end = min(both), max(both) + timedelta(minutes=1)
    return first.replace(tzinfo=None), end.replace(tzinfo=None)


def _today() -> date:
    return datetime.now(UTC).date()
