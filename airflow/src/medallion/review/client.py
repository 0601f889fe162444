"""One client of a review: built as far as it differs, and its rules' scores held against the base's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from medallion.exceptions import MedallionError
from medallion.ledger import NodeRow
from medallion.pipeline import LAYERS, Node
from medallion.quality import RuleScore, judge_layer
from medallion.review.changed import Changed
from medallion.review.dbt import build
from medallion.review.side import Side

#: How many names a line lists before it counts them.
_LISTED = 8


@dataclass(frozen=True)
class Score:
    """What a rule measured on the change, and on the base; None if it was not measured there."""

    now: RuleScore
    before: RuleScore | None = None

    @property
    def moved(self) -> float | None:
        """By how much the score went up; None where there is nothing to compare."""
        old = self.before.score if self.before else None
        return None if old is None or self.now.score is None else self.now.score - old

    def facts(self) -> dict[str, Any]:
        """Return it as plain values."""
        before = self.before.facts() if self.before else None
        return self.now.facts() | {"base": before, "moved": self.moved}


@dataclass(frozen=True)
class ClientReview:
    """What became of one client.

    Attributes:
        client_id: whose.
        changed: what differs, and what was to be built for it.
        models: of how many models the client consists.
        tests: of how many tests.
        built: models and tests that dbt ran, whatever came of them.
        deferred: models of the base that were built to be read.
        scores: of the rules that were measured, the breached ones first, then the least.
        problems: what speaks against the change.
        notes: what one should know of it.
        seconds: how long it took.
    """

    client_id: str
    changed: Changed
    models: int = 0
    tests: int = 0
    built: tuple[Node, ...] = ()
    deferred: int = 0
    scores: tuple[Score, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0

    def count(self, kind: str) -> int:
        """How many models, or tests, were built."""
        return sum(node.kind == kind for node in self.built)

    def facts(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "id": self.client_id,
            "changed": list(self.changed.models),
            "removed": list(self.changed.removed),
            "built": [node.name for node in self.built],
            "models": {"built": self.count("model"), "of": self.models},
            "tests": {"run": self.count("test"), "of": self.tests},
            "deferred_to": self.deferred,
            "scores": [score.facts() for score in self.scores],
            "problems": list(self.problems),
            "notes": list(self.notes),
            "seconds": round(self.seconds, 1),
        }


def build_and_judge(base: Side | None, head: Side, changed: Changed, note: str = "") -> ClientReview:
    """Build what differs of a client on its sample data, and hold the results against its thresholds.

    Args:
        base: what it was; None builds without it.
        head: what it is to be.
        changed: what to build.
        note: what one should know of it.

    Raises:
        MedallionError: if its rows cannot be landed, or dbt does not start.
    """
    notes = [note] if note else []
    before: Mapping[str, NodeRow] = {}
    if changed.nodes:
        if base:
            try:
                before = _build_base(base, head, changed)
            except MedallionError as error:
                notes.append(f"the base could not be built, so all of the client was: {error}")
                changed = Changed(tuple(head.nodes.values()), changed.models, changed.removed)
                base = None
        head.land()
        rows = build(head, changed.nodes, base)
    else:
        rows = {}
    nodes = head.nodes.values()
    return ClientReview(
        head.client.id,
        changed,
        models=sum(node.kind == "model" for node in nodes),
        tests=sum(node.kind == "test" for node in nodes),
        built=tuple(node for node in changed.nodes if _ran(rows.get(node.unique_id))),
        deferred=sum(key.startswith("model.") for key in before),
        scores=_scores(head, rows, base, before),
        problems=tuple(_problems(head, changed.nodes, rows)),
        notes=tuple(notes),
    )


def _build_base(base: Side, head: Side, changed: Changed) -> Mapping[str, NodeRow]:
    """Build of the base what the change reads, and what its rules are compared with.

    Raises:
        MedallionError: if one of its models cannot be built.
    """
    chosen = {node.unique_id for node in changed.nodes}
    read = {parent for key in chosen for parent in head.parents[key] if parent not in chosen}
    rules = {node.name for node in changed.nodes if node.rule}
    compared = [key for key, node in base.nodes.items() if node.rule and node.name in rules]
    base.land()
    needed = base.above([*read, *compared])
    rows = build(base, list(needed.values())) if needed else {}
    bad = [node.name for key, node in needed.items() if node.kind == "model" and not _good(rows.get(key))]
    if bad:
        raise MedallionError(f"{', '.join(bad)} did not end well")
    return rows


def _scores(
    head: Side, rows: Mapping[str, NodeRow], base: Side | None, before: Mapping[str, NodeRow]
) -> tuple[Score, ...]:
    old = {score.rule: score for score in _measured(base, before)} if base else {}
    found = [Score(score, old.get(score.rule)) for score in _measured(head, rows)]
    return tuple(sorted(found, key=_concern))


def _concern(score: Score) -> tuple[bool, bool, float, str]:
    """Breached ones first, then those that went down, then the least."""
    moved = score.moved or 0.0
    measured = 1.0 if score.now.score is None else score.now.score
    return score.now.passed, moved >= 0, measured, score.now.rule


def _measured(side: Side, rows: Mapping[str, NodeRow]) -> Iterable[RuleScore]:
    return (score for layer in LAYERS for score in judge_layer(side.plan, layer, rows).rules)


def _problems(head: Side, nodes: Iterable[Node], rows: Mapping[str, NodeRow]) -> Iterable[str]:
    """What would stop a run: nodes that ended badly or were not reached, and breached rules."""
    unreached = []
    for node in nodes:
        row = rows.get(node.unique_id)
        if row is None or row.status == "skipped":
            unreached.append(node.name)
        elif not row.good:
            yield f"{node.name} ended {row.status}: {row.message.strip()}"
        elif node.rule and row.population is None:
            yield f"{node.name} does not say what it counted"
    if unreached:
        more = f" and {len(unreached) - _LISTED} more" if len(unreached) > _LISTED else ""
        yield f"not built, for what they read was not: {', '.join(unreached[:_LISTED])}{more}"
    yield from (str(score) for score in _measured(head, rows) if not score.passed)


def _good(row: NodeRow | None) -> bool:
    return row is not None and row.good


def _ran(row: NodeRow | None) -> bool:
    return row is not None and row.status != "skipped"
