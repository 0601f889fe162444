"""What gates and the report say in a note: the verdict in words, and the rules it rests on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from medallion.orchestration.markdown import code, plain, some
from medallion.orchestration.notes import Note
from medallion.quality import LayerVerdict, RuleScore
from medallion.reports.words import check_name, moment, number, score
from medallion.storage import Root

_HEAD = ("rule", "score", "threshold", "failing of measured", "verdict")
#: Names that are listed one by one.
_MOST = 5


def verdict_note(verdicts: Sequence[LayerVerdict]) -> Note:
    """A gate's verdict: passed or blocked, by which rules, those first that had the least room."""
    passed = all(one.passed for one in verdicts)
    said = [f"**{'passed' if passed else 'blocked'}**. {'; '.join(map(_layer, verdicts))}"]
    for one in verdicts:
        said += [f"{one.layer} failed: {_named(one.failed)}"] if one.failed else []
        said += [f"{one.layer} lacks a result of this run: {_named(one.missing)}"] if one.missing else []
    rules = sorted((rule for one in verdicts for rule in one.rules), key=_least_room)
    return Note(tuple(said), _HEAD, tuple(map(_row, rules)))


def _layer(verdict: LayerVerdict) -> str:
    if not verdict.expected:
        return f"{verdict.layer}: nothing to build"
    told = [f"{verdict.layer}: {some(verdict.expected, 'node')}"]
    told += [f"{len(verdict.failed)} failed"] if verdict.failed else []
    told += [f"{len(verdict.missing)} without a result"] if verdict.missing else []
    told += [f"{some(len(verdict.breaches), 'rule')} breached"] if verdict.breaches else []
    told += [f"{some(len(verdict.waived), 'rule')} waived"] if verdict.waived else []
    if verdict.passed and verdict.score is not None:
        told.append(f"score {score(verdict.score)}, threshold {verdict.threshold:g}")
    return ", ".join(told)


def _least_room(rule: RuleScore) -> tuple[bool, float, str]:
    """Breached rules first; of those that passed, a waived one has the least room: it is below zero."""
    room = rule.score - rule.threshold if rule.gates and rule.score is not None else 1.0
    return rule.passed, room, rule.rule


def _row(rule: RuleScore) -> tuple[str, ...]:
    return (
        code(rule.rule),
        score(rule.score),
        f"{rule.threshold:g}" if rule.gates else "",
        f"{number(rule.failing)} of {number(rule.population)}",
        _word(rule),
    )


def _word(rule: RuleScore) -> str:
    if not rule.passed:
        return "**breached**" if rule.score is not None else "**not measured**"
    if rule.waiver and rule.waived:
        return f"waived until {rule.waiver.until}"
    if not rule.gates:
        return "counted"
    return "passed" if rule.score is not None else "not measured"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(map(code, names[:_MOST])) + more


def checks_note(rows: Sequence[Mapping[str, Any]]) -> Note | None:
    """Which checks of a source's contract were breached, those first that nothing lands with; None if none.

    Args:
        rows: what the ledger has of them.
    """
    breached = sorted((row for row in rows if row["breaches"]), key=lambda row: row["state"] != "failed")
    if not breached:
        return None
    held = len(rows) - len(breached)
    refused = breached[0]["state"] == "failed"
    head = "**refused**: nothing landed" if refused else "**landed with a warning**"
    said = f"{head}. {some(len(breached), 'check')} of the contract breached, {held} held"
    return Note((said,), ("check", "found", "then"), tuple(map(_check_row, breached)))


def _check_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    return code(check_name(row)), plain(row["said"]), f"**{row['state']}**"


def run_note(page: Root, url: str) -> Note:
    """What became of a run, from the JSON beside its report's page.

    Args:
        page: the report's page.
        url: where people read it.
    """
    figures = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    run, verdict = figures["run"], figures["verdict"]
    told = f"{moment(run['interval_start'])} to {moment(run['interval_end'])}"
    facts = [told]
    if verdict["outcome"] != "failed":  # then its reasons say which score was too low
        facts += [*_least_score(figures["layers"]), *_delivered(figures["delivery"])]
        facts += _warned(figures.get("checks", []))
    said = [f"**{plain(verdict['outcome'])}**. {', '.join(facts)}. [Report]({url})"]
    return Note(tuple(said), ("why",), tuple((plain(reason),) for reason in verdict["reasons"]))


def _least_score(layers: Sequence[Mapping[str, Any]]) -> list[str]:
    measured = [(one["score"], one["threshold"]) for one in layers if one["score"] is not None]
    if not measured:
        return []
    least, threshold = min(measured)
    return [f"score {score(least)}, threshold {threshold:g}"]


def _warned(checks: Sequence[Mapping[str, Any]]) -> list[str]:
    warned = sum(one["state"] == "warned" for one in checks)
    return [f"{some(warned, 'check')} of contracts warned"] if warned else []


def _delivered(delivery: Mapping[str, Any] | None) -> list[str]:
    if delivery is None:
        return []
    rows = sum(count or 0 for count in delivery["tables"].values())
    tables = some(len(delivery["tables"]), "table")
    return [f"{some(rows, 'row')} in {tables} at {code(delivery['destination'])}"]
