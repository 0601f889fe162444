"""Quarantine, releases and waivers as a person sees them in a terminal, and as ``--json`` gives them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from medallion.ledger.releases import Release
from medallion.ledger.waivers import Waiver
from medallion.quality.quarantine import PREFIX, Quarantine
from medallion.quality.releases import key_text


@dataclass(frozen=True)
class Listing:
    """What is in quarantine, and what was let out of it."""

    client_id: str
    found: Sequence[Quarantine]
    releases: Sequence[Release]

    def facts(self) -> dict[str, Any]:
        """The listing as JSON values."""
        return {
            "client": self.client_id,
            "quarantine": [_quarantine_facts(one) for one in self.found],
            "releases": [release_facts(one) for one in self.releases],
        }

    def parts(self) -> Iterable[RenderableType]:
        """Counts by model and rule, then rows, then releases."""
        filled = [one for one in self.found if one.count]
        total = sum(one.count for one in filled)
        yield Text(f"{self.client_id}: {total:,} rows in quarantine", "bold")
        if filled:
            yield _counts(filled)
        yield from (_rows(one) for one in filled if one.rows)
        if self.releases:
            yield _releases(self.releases)


@dataclass(frozen=True)
class Change:
    """Releases that were signed, or taken back, what follows from it, and how to see it now."""

    client_id: str
    releases: Sequence[Release]
    signed: bool
    last_interval: datetime | None

    @property
    def rebuild(self) -> str:
        """The command that builds the client's last interval again."""
        day = f" --date {self.last_interval:%Y-%m-%d}" if self.last_interval else ""
        return f"medallion run {self.client_id}{day}"

    def facts(self) -> dict[str, Any]:
        """The change as JSON values."""
        done = "released" if self.signed else "revoked"
        return {
            "client": self.client_id,
            done: [release_facts(one) for one in self.releases],
            "rebuild": self.rebuild,
        }

    def parts(self) -> Iterable[RenderableType]:
        """What was written down, what follows, and the command that rebuilds."""
        if not self.releases:
            yield Text("released already: nothing was written down", "yellow")
            return
        yield _releases(self.releases)
        if self.signed:
            yield Text("The next run lets them through, flagged; the rules count them as before.", "green")
        else:
            yield Text("The next run quarantines again what still breaks its rules.", "green")
        yield Text.assemble("To rebuild now: ", (self.rebuild, "bold"))


#: What `medallion quarantine` has to say.
Told = Listing | Change


def release_facts(one: Release) -> dict[str, Any]:
    """A release as JSON values."""
    return {
        "entity": one.entity,
        "key": one.key,
        "rules": list(one.rules),
        "why": one.why,
        "signed_by": one.signed_by,
        "signed_at": moment(one.signed_at),
    }


def moment(when: datetime) -> str:
    """A time of the ledger or the warehouse, in UTC without zone, as ISO 8601."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def waivers_table(found: Sequence[Waiver], today: date) -> Table:
    """Draw waivers, oldest first, with what each is worth today."""
    table = _table("rule", "until", "why", "signed by", "state")
    for one in found:
        table.add_row(*map(Text, (one.rule, f"{one.until}", one.why, one.signed_by)), _state(one, today))
    return table


def _state(one: Waiver, today: date) -> Text:
    if one.in_force(today):
        return Text("in force", "green")
    return Text(f"withdrawn by {one.withdrawn_by}" if one.withdrawn_at else "ended", "yellow")


def _counts(found: Sequence[Quarantine]) -> Table:
    table = _table("model", "rule", "rows")
    table.columns[2].justify = "right"
    for one in found:
        table.add_row(Text(PREFIX + one.entity, "bold"), "", f"{one.count:,}")
        for rule, count in one.rules.items():
            table.add_row("", Text(rule), f"{count:,}")
    return table


def _rows(one: Quarantine) -> Table:
    table = _table("key", "broken rules", "interval")
    table.columns[0].no_wrap = True  # to be copied
    shown = f"first {len(one.rows):,} of {one.count:,}" if len(one.rows) < one.count else f"{one.count:,}"
    columns = f" ({', '.join(one.rows[0].key)})" if one.rows[0].key else ""
    table.title = Text(f"{PREFIX}{one.entity}: {shown}; key{columns}")
    for row in one.rows:
        table.add_row(
            Text(key_text(row.key)), Text(", ".join(row.rules)), f"{row.interval_start:%Y-%m-%d %H:%M}"
        )
    return table


def _releases(found: Sequence[Release]) -> Table:
    table = _table("key", "released")
    table.columns[0].no_wrap = True
    for one in found:
        said = f"{one.signed_by}, {one.signed_at:%Y-%m-%d}: {one.why}"
        rules = Text(f"{one.entity}: {', '.join(one.rules)}", "dim")
        table.add_row(Text(key_text(one.key)), Text("\n").join([Text(said), rules]))
    return table


def _table(*headings: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _quarantine_facts(one: Quarantine) -> dict[str, Any]:
    rows = [
        {"key": row.key, "rules": list(row.rules), "interval_start": moment(row.interval_start)}
        for row in one.rows
    ]
    return {"model": PREFIX + one.entity, "count": one.count, "rules": one.rules, "rows": rows}
