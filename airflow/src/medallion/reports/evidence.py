"""Everything the ledger and the plan know of one run, read once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from medallion.interval import Interval
from medallion.ledger import Ledger, NodeRow, RunKey, tables
from medallion.ledger.releases import Release
from medallion.ledger.releases import in_force as releases_in_force
from medallion.pipeline import Node, Plan
from medallion.quality import LayerVerdict, judge_layer, waivers_applied

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Evidence:
    """What is known of a run.

    Attributes:
        plan: what was to be done.
        key: the run.
        interval: its data interval.
        results: the last result of each node, by unique id.
        nodes_of_build: how many results each build gave, by its id.
        judged: the verdict on each layer, from these results.
        run: the run's own row; None if its first task never ended well.
        builds: the run's builds, oldest first.
        failed_tries: the tries of tasks that failed, oldest first.
        gates: what the gates said, oldest first.
        checks: what each check of a contract found last, in the contracts' order.
        extraction: the last landing of each entity, by source and entity.
        delivery: the last delivery, if there was one.
        cleanup: the last cleanup, if there was one.
        retention: what the run's cleanups deleted or refused, oldest first.
        releases: the client's releases that are in force, oldest first.
    """

    plan: Plan
    key: RunKey
    interval: Interval
    results: Mapping[str, NodeRow]
    nodes_of_build: Mapping[int, int]
    judged: Sequence[LayerVerdict]
    run: Row | None
    builds: Sequence[Row]
    failed_tries: Sequence[Row]
    gates: Sequence[Row]
    checks: Sequence[Row]
    extraction: Mapping[tuple[str, str], Row]
    delivery: Row | None
    cleanup: Row | None
    retention: Sequence[Row]
    releases: Sequence[Release]

    def result(self, node: Node) -> NodeRow | None:
        """The last result of a node of the plan; None if it has none in this run."""
        return self.results.get(node.unique_id)

    def moments(self) -> Iterable[datetime]:
        """Every moment at which something of this run ended."""
        stamped = [(self.builds, "finished_at"), (self.gates, "judged_at")]
        stamped.append((self.checks, "checked_at"))
        stamped.append((list(self.extraction.values()), "landed_at"))
        stamped.append(([self.delivery] if self.delivery else [], "delivered_at"))
        stamped.append(([self.cleanup] if self.cleanup else [], "cleaned_at"))
        return (row[stamp] for rows, stamp in stamped for row in rows if row[stamp])


def gather(ledger: Ledger, plan: Plan, key: RunKey, interval: Interval) -> Evidence:
    """Read what is known of a run; nothing of it need be there."""
    rows = ledger.results_after(key)
    results = {row.node: row for row in rows}
    landed = ledger.rows_of(tables.extraction, key)
    gates = ledger.rows_of(tables.verdict, key)
    return Evidence(
        plan=plan,
        key=key,
        interval=interval,
        results=results,
        nodes_of_build=Counter(row.build_id for row in rows),
        judged=[
            judge_layer(plan, layer.name, results, waivers_applied(gates, layer.name))
            for layer in plan.layers
        ],
        run=_last(ledger.rows_of(tables.run, key)),
        builds=ledger.rows_of(tables.build, key),
        failed_tries=ledger.rows_of(tables.failed_try, key),
        gates=gates,
        checks=_last_checks(ledger.rows_of(tables.contract_check, key)),
        extraction={(row["source"], row["entity"]): row for row in landed},
        delivery=_last(ledger.rows_of(tables.delivery, key)),
        cleanup=_last(ledger.rows_of(tables.cleanup, key)),
        retention=ledger.rows_of(tables.cleanup_object, key),
        releases=releases_in_force(ledger, plan.client.id),
    )


def _last_checks(rows: Iterable[Row]) -> list[Row]:
    """Of each check its last row: a source that is tried again is held to its contract again."""
    last = {(row["source"], row["entity"], row["check"], row["column"]): row for row in rows}
    return list(last.values())


def _last(rows: Sequence[Row]) -> Row | None:
    return rows[-1] if rows else None
