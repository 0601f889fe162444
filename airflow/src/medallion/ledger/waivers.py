"""Waivers: signed, dated exceptions from one rule of one client. What was signed is never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update

from medallion.database import utcnow
from medallion.ledger.store import Ledger
from medallion.ledger.tables import waiver


@dataclass(frozen=True)
class Waiver:
    """Lets one rule of one client pass its gate below its threshold, up to and with the day ``until``."""

    client_id: str
    rule: str
    until: date
    why: str
    signed_by: str
    signed_at: datetime
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None
    id: int = 0

    def in_force(self, today: date) -> bool:
        """True if it counts on that day (in UTC)."""
        return self.withdrawn_at is None and today <= self.until

    def __str__(self) -> str:
        return f"waived until {self.until} by {self.signed_by}: {self.why}"

    def facts(self) -> dict[str, Any]:
        """The waiver as JSON values."""
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Waiver:
        """Read what :meth:`facts` gave."""
        values: dict[str, Any] = {**facts, "until": date.fromisoformat(facts["until"])}
        for name in _STAMPS:
            values[name] = datetime.fromisoformat(facts[name]) if facts[name] else None
        return cls(**values)


_STAMPS = ("signed_at", "withdrawn_at")


def sign(ledger: Ledger, client_id: str, rule: str, *, until: date, why: str, by: str) -> Waiver:
    """Write a waiver down and return it."""
    signed = Waiver(client_id, rule, until, why, by, utcnow())
    values = {name: value for name, value in asdict(signed).items() if name != "id"}
    with ledger.engine.begin() as connection:
        made = insert(waiver).values(**values).returning(waiver.c.id)
        return replace(signed, id=int(connection.execute(made).scalar_one()))


def waivers(ledger: Ledger, client_id: str) -> list[Waiver]:
    """Every waiver ever signed for a client, oldest first."""
    query = select(waiver).where(waiver.c.client_id == client_id).order_by(waiver.c.id)
    with ledger.engine.connect() as connection:
        return [Waiver(**row._mapping) for row in connection.execute(query)]


def in_force(ledger: Ledger, client_id: str) -> list[Waiver]:
    """The client's waivers that count today, in UTC, whatever interval is run."""
    today = utcnow().date()
    return [one for one in waivers(ledger, client_id) if one.in_force(today)]


def withdraw(ledger: Ledger, client_id: str, rule: str, by: str) -> int:
    """Withdraw what is in force for a rule; return how many waivers that were."""
    c = waiver.c
    mine = (c.client_id == client_id, c.rule == rule, c.withdrawn_at.is_(None), c.until >= utcnow().date())
    with ledger.engine.begin() as connection:
        ended = update(waiver).where(*mine).values(withdrawn_by=by, withdrawn_at=utcnow())
        return connection.execute(ended).rowcount
