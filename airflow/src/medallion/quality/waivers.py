"""Waivers at a gate and by hand: which of them count, and what may be signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from medallion.clients import Client
from medallion.clients.declared import Declared
from medallion.clients.problem import hint, listed, shown
from medallion.database import utcnow
from medallion.exceptions import ConfigError
from medallion.ledger import Ledger, RunKey, tables
from medallion.ledger.waivers import Waiver, in_force, sign, waivers, withdraw

#: The furthest ahead that a waiver may end unless its signer says otherwise, in days.
LONGEST_DAYS = 90
_LONGEST_TEXT = 200


def gate_of(layer: str) -> str:
    """The id of a layer's gate."""
    return f"{layer}.gate"


def waivers_that_count(ledger: Ledger, key: RunKey, client_id: str, layer: str, *, gate: str) -> list[Waiver]:
    """The waivers by which a gate judges a layer.

    A layer's own gate takes those in force today. ``quality_validation`` takes those that the layer's gate
    took in this run: a waiver that ends at midnight between the two must not stop what was let through by it,
    nor may one that was signed since let pass what was stopped. One that was *withdrawn* since no longer
    counts: somebody wants the run stopped before it publishes.
    """
    if gate == gate_of(layer):
        return in_force(ledger, client_id)
    withdrawn = {one.id for one in waivers(ledger, client_id) if one.withdrawn_at}
    applied = waivers_applied(ledger.rows_of(tables.verdict, key), layer)
    return [one for one in applied if one.id not in withdrawn]


def waivers_applied(verdicts: Sequence[Mapping[str, Any]], layer: str) -> list[Waiver]:
    """The waivers that stood beside a layer's rules at its own gate's last verdict in a run."""
    said = [row["detail"] for row in verdicts if row["gate"] == gate_of(layer)]
    rules = said[-1].get("rules", []) if said else []
    return [Waiver.of(rule["waiver"]) for rule in rules if rule.get("waiver")]


def sign_waiver(
    ledger: Ledger, client: Client, rule: str, *, known: Declared, until: date, why: str, by: str, far: bool
) -> Waiver:
    """Sign a waiver.

    Args:
        ledger: where it is written down.
        client: whose gate.
        rule: which rule.
        known: the project's rules.
        until: the last day on which it counts, in UTC.
        why: the reason; it stands on gate, report and delivery.
        by: who signs.
        far: it may end more than 90 days ahead.

    Raises:
        ConfigError: if the client's run measures no such rule, the day is past or too far, or the reason or
            the name is blank.
    """
    check_rule(client, rule, known)
    check_signature(why, by)
    today = utcnow().date()
    if until < today:
        raise ConfigError(f"--until {until}: is past; today is {today} (UTC)")
    last = today + timedelta(days=LONGEST_DAYS)
    if until > last and not far:
        raise ConfigError(
            f"--until {until}: is more than {LONGEST_DAYS} days ahead; give {last} or earlier, or --far"
        )
    return sign(ledger, client.id, rule, until=until, why=why.strip(), by=by.strip())


def withdraw_waiver(ledger: Ledger, client_id: str, rule: str, by: str) -> int:
    """Withdraw what is in force for a rule; return how many waivers that were.

    Raises:
        ConfigError: if none is.
    """
    check_signature("withdrawn", by)
    ended = withdraw(ledger, client_id, rule, by.strip())
    if not ended:
        waived = sorted({one.rule for one in in_force(ledger, client_id)})
        raise ConfigError(f"{client_id}: no waiver is in force for {shown(rule)}; in force: {listed(waived)}")
    return ended


def check_rule(client: Client, rule: str, known: Declared) -> None:
    """Refuse a rule that the client's run does not measure.

    Raises:
        ConfigError: naming the nearest one, or why it is not measured.
    """
    measured = list(known.rules_of(client))
    if rule in measured:
        return
    if rule in known.rules:
        raise ConfigError(f"{client.id}: {rule}: {known.rules[rule].lacking(client)}")
    near = hint(rule, measured) or f"; the client's run measures {listed(measured)}"
    raise ConfigError(f"{client.id}: {shown(rule)} is not a rule of the project{near}")


def check_signature(why: str, by: str) -> None:
    """Refuse a blank reason or name, and what a terminal or a page would trip over.

    Raises:
        ConfigError: saying which.
    """
    for option, text in (("--why", why), ("--by", by)):
        if not text.strip():
            raise ConfigError(f"{option}: must not be blank")
        if not text.isprintable():
            raise ConfigError(f"{option}: must be one line without control characters")
        if len(text) > _LONGEST_TEXT:
            raise ConfigError(f"{option}: must have at most {_LONGEST_TEXT} characters")
