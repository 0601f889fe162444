"""Stamps of gold: whose builds made it, and which keys changed since a delivery.

dbt writes them beside the layers, in ``<client>_work``, in the transactions that change the rows; read in the
transaction that reads gold, they belong to exactly the rows that are delivered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile

import duckdb

from medallion.exceptions import DeliveryRefused
from medallion.publish.delivery import Gold
from medallion.publish.source import SOURCE, columns_held
from medallion.sql_words import quoted

_OWN_COLUMNS = ("_batch", "_changed")


@dataclass(frozen=True)
class Build:
    """A build as the warehouse knows it; one that nobody asked of the ledger has no run."""

    invocation: str
    run_id: str
    build_id: int
    first_batch: int


@dataclass(frozen=True)
class Changes:
    """The keys of a table whose rows came, went or changed since a delivery.

    Attributes:
        columns: the key's columns.
        query: selects the keys.
    """

    columns: tuple[str, ...]
    query: str

    def touch(self, alias: str) -> str:
        """The condition of the rows that have such a key."""
        keys = map(quoted, self.columns)
        same = " and ".join(f"changed.{key} is not distinct from {alias}.{key}" for key in keys)
        return f"exists (select 1 from ({self.query}) as changed where {same})"  # noqa: S608  # quoted


@dataclass(frozen=True)
class Stamps:
    """What a client's warehouse says of the builds that made its gold, oldest first."""

    connection: duckdb.DuckDBPyConnection
    gold: Gold
    builds: Sequence[Build]

    @property
    def latest(self) -> str | None:
        """The build that gold was left by."""
        return self.builds[-1].invocation if self.builds else None

    def changes(self, table: str, since: str | None) -> Changes | None:
        """What changed in a table since a delivery.

        Args:
            table: the table of gold.
            since: the build that the delivery was left by.

        Returns:
            The keys that changed; None where all rows may have, or this was delivered before.
        """
        later = list(dropwhile(lambda one: one.invocation != since, self.builds))[1:]
        log = f"{table}__changes"
        keys = [name for name in _columns(self.connection, self.gold, log) if name not in _OWN_COLUMNS]
        if not later or not keys:
            return None
        whole = self.connection.execute(
            f"select max(whole_batch) from {_work(self.gold, 'built_models')} where model = ?",  # noqa: S608
            [table],
        ).fetchall()[0][0]
        if whole is None or whole >= later[0].first_batch:
            return None
        names = ", ".join(map(quoted, keys))
        changed = f"from {_work(self.gold, log)} where _batch >= {later[0].first_batch}"
        return Changes(tuple(keys), f"select distinct {names} {changed}")  # quoted


def begin(connection: duckdb.DuckDBPyConnection, gold: Gold) -> Stamps:
    """Begin the transaction that reads gold, and see that it is as the run's gates judged it.

    Raises:
        DeliveryRefused: if it is not, naming who has built since.
    """
    connection.execute("begin")
    builds = []
    if _columns(connection, gold, "builds"):
        names = "invocation, run_id, build_id, first_batch"
        found = connection.execute(f"select {names} from {_work(gold, 'builds')} order by number")  # noqa: S608
        builds = [Build(*row) for row in found.fetchall()]
    _refuse_what_was_not_judged(gold, builds)
    return Stamps(connection, gold, builds)


def _refuse_what_was_not_judged(gold: Gold, builds: Sequence[Build]) -> None:
    """Refuse gold that anybody else had a hand in since the first build that the run's gates judged."""
    judged = gold.judged
    if judged is None or not builds:  # made by an older project
        return
    ours = {one.invocation: one.build_id for one in builds if one.run_id == gold.run["run_id"]}
    if not judged.builds <= set(ours.values()):
        raise DeliveryRefused(f"not all that this run built is among the last builds of gold. {_CURE}")
    since = dropwhile(lambda one: ours.get(one.invocation) not in judged.builds, builds)
    if others := [one.run_id or "dbt by hand" for one in since if one.invocation not in ours]:
        who = ", ".join(dict.fromkeys(others))
        raise DeliveryRefused(f"gold is not what this run's gates judged: {who} has built since. {_CURE}")
    if judged.later:
        raise DeliveryRefused(
            "this run has built after quality_validation: clear that task, and it judges gold anew"
        )


_CURE = "Clear its tasks behind the extracts, and it builds and judges gold anew"


def _work(gold: Gold, table: str) -> str:
    return f"{SOURCE}.{quoted(f'{gold.client_id}_work')}.{quoted(table)}"


def _columns(connection: duckdb.DuckDBPyConnection, gold: Gold, table: str) -> list[str]:
    """The columns of a table beside the layers; none if it is not there."""
    return list(columns_held(connection, SOURCE, f"{gold.client_id}_work", table))
