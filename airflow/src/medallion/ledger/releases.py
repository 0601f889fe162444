"""Releases: rows let out of quarantine by hand. What was signed is never changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from medallion.database import utcnow
from medallion.ledger.store import Ledger
from medallion.ledger.tables import release


@dataclass(frozen=True)
class Release:
    """Lets the row of one key pass ``validate`` although it breaks some rules.

    Attributes:
        client_id: whose row.
        entity: ``<source>__<entity>``, as in the model's name.
        key: the text of each of the key's columns, by the column.
        rules: the rules that are forgiven.
        why: the reason given.
        signed_by: who gave it.
        signed_at: when, in UTC without zone.
        revoked_by: who took it back; None while it is in force.
        revoked_at: when.
        id: its place in the ledger.
    """

    client_id: str
    entity: str
    key: dict[str, str]
    rules: tuple[str, ...]
    why: str
    signed_by: str
    signed_at: datetime
    revoked_by: str | None = None
    revoked_at: datetime | None = None
    id: int = 0

    @property
    def in_force(self) -> bool:
        """True until it is revoked."""
        return self.revoked_at is None


def sign(ledger: Ledger, releases: Sequence[Release]) -> None:
    """Write releases down, all or none."""
    names = ("client_id", "entity", "key", "why", "signed_by", "signed_at")
    rows = [{name: getattr(one, name) for name in names} | {"rules": list(one.rules)} for one in releases]
    with ledger.engine.begin() as connection:
        connection.execute(insert(release), rows)


def releases(ledger: Ledger, client_id: str) -> list[Release]:
    """Every release ever signed for a client, oldest first."""
    query = select(release).where(release.c.client_id == client_id).order_by(release.c.id)
    with ledger.engine.connect() as connection:
        return [_release(row._mapping) for row in connection.execute(query)]


def in_force(ledger: Ledger, client_id: str) -> list[Release]:
    """The client's releases that the next build honours."""
    return [one for one in releases(ledger, client_id) if one.in_force]


def revoke(ledger: Ledger, ids: Collection[int], by: str) -> None:
    """Take releases back; one that was taken back before stays as it is."""
    c = release.c
    with ledger.engine.begin() as connection:
        ended = update(release).where(c.id.in_(ids), c.revoked_at.is_(None))
        connection.execute(ended.values(revoked_by=by, revoked_at=utcnow()))


def _release(row: Any) -> Release:
    return Release(**{**row, "rules": tuple(row["rules"])})
