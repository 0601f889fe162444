"""A task's context, and what the ledger has of its run → messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from airflow.sdk.exceptions import AirflowException

from medallion.clients import Client
from medallion.exceptions import ConfigError, MedallionError
from medallion.failures import classify, lost
from medallion.ledger import Ledger, NodeRow, RunKey, tables
from medallion.ledger.waivers import Waiver
from medallion.notifications import GateBreached, Message, Recovered, Row, TaskFailed, WaiverUsed
from medallion.notifications.causes import cause_of, cause_of_all, cause_of_breach, cause_of_layer, trace_of
from medallion.notifications.telling import now
from medallion.orchestration.context import asked_of
from medallion.orchestration.gates import NotPassed
from medallion.orchestration.retries import backoff_of, judge
from medallion.quality import LayerVerdict, RuleScore
from medallion.severity import Severity

#: Failures that stop more than one client, whichever task meets them first.
_CRITICAL = frozenset({"disk full", "out of memory"})
#: Failures of a source's server, which all that is read from it meets.
_OF_SERVER = frozenset(
    {"connection lost", "timed out", "rate limited", "server error", "credentials refused"}
)
_BREACHED = (
    "Nothing was published. Look at the failing rows (`medallion quarantine {client}`) and have the source "
    "mend them, or sign for them: `medallion waive {client} {rule} --until DAY --why WHY`. Then clear {task} "
    "in Airflow, with what follows it."
)
_INCOMPLETE = "Nothing was published. See which model failed, or why nothing built it; then clear {task}."
_WAIVED = (
    "Nothing, if that is meant: the run goes on. The waiver ends by itself; to end it now: "
    "`medallion waive {client} {rule} --withdraw`."
)


def failures(ledger: Ledger, client: Client, context: Any, *, again: bool) -> list[Message]:
    """What there is to tell of a failed task: a message, or of a gate one a breached layer.

    Args:
        ledger: has the results of the run.
        client: whose task.
        context: the task's.
        again: whether another try follows.
    """
    error, task = context.get("exception"), context["ti"]
    if isinstance(error, NotPassed):
        return list(_of_gate(client, context, error))
    message = plain_failure(client, context, again=again)
    layer = getattr(getattr(task.task, "builder", None), "layer", None)
    if layer is None:
        return [message]
    rows, unreached = _failed_nodes(ledger, RunKey(task.dag_id, task.run_id), layer)
    if rows:  # they say it all, one by one
        message = replace(message, reason=message.reason.partition("\n")[0])
    return [replace(message, cause=cause_of_layer(layer), rows=rows, unreached=unreached)]


def plain_failure(client: Client, context: Any, *, again: bool) -> TaskFailed:
    """What can be told of a failed task from its context alone."""
    error, task = context.get("exception"), context["ti"]
    failure = classify(error) if isinstance(error, BaseException) else lost()
    worst = Severity.CRITICAL if failure.kind in _CRITICAL else Severity.ERROR
    return TaskFailed(
        **facts_of(client, context),
        cause=_cause(task, failure.kind, error),
        severity=Severity.WARNING if again else worst,
        next_try=_next_try(client, context) if again else None,
        failure=failure.kind,
        advice=failure.advice,
        reason=_reason(error),
        trace=trace_of(error),
    )


def _cause(task: Any, kind: str, error: object) -> str:
    """The cause of a task's failure: what several tasks of a run meet at once is told once."""
    if kind in _CRITICAL:
        return cause_of_all(kind)
    if kind in _OF_SERVER and (server := getattr(getattr(task, "task", None), "server", "")):
        return cause_of_all(f"{kind}:{server}")
    # Of a try that was killed Airflow says how it found out, or nothing.
    return cause_of(task.task_id, error if isinstance(error, BaseException) else None)


def recovery(client: Client, context: Any) -> Recovered:
    """A recovery of the task; what it recovered from is known to the ledger."""
    facts = facts_of(client, context)
    return Recovered(**facts, cause="recovered", severity=Severity.INFO, advice="Nothing: the run goes on.")


def waivers_used(ledger: Ledger, client: Client, context: Any) -> list[Message]:
    """The waivers that a gate passed by alone; each is told once, in whichever run it is used first."""
    task = context["ti"]
    rows = [
        row
        for row in ledger.rows_of(tables.verdict, RunKey(task.dag_id, task.run_id))
        if row["gate"] == task.task_id
    ]
    last = {row["layer"]: row["detail"].get("rules", []) for row in rows}
    return [
        _waived(client, context, rule, Waiver.of(rule["waiver"]))
        for rules in last.values()
        for rule in rules
        if rule["waived"]
    ]


def _waived(client: Client, context: Any, rule: dict[str, Any], waiver: Waiver) -> WaiverUsed:
    score = f"score {rule['score']:.5f} < {rule['threshold']:g}, waived"
    row = Row(rule["rule"], score, str(waiver), rule["failing"], rule["population"], rule["condition"])
    return WaiverUsed(
        **facts_of(client, context),
        cause=f"waiver:{waiver.id}",
        severity=Severity.WARNING,
        rows=(row,),
        advice=_WAIVED.format(client=client.id, rule=rule["rule"]),
    )


def _of_gate(client: Client, context: Any, error: NotPassed) -> Iterator[Message]:
    """A message a breached layer; where none is, what is missing or failed, which follows from something."""
    facts = facts_of(client, context) | {"severity": Severity.ERROR}
    breached = [verdict for verdict in error.verdicts if verdict.breaches]
    for verdict in breached:
        names = [rule.rule for rule in verdict.breaches]
        advice = _BREACHED.format(client=client.id, rule=names[0], task=facts["task_id"])
        yield GateBreached(
            **facts,
            cause=cause_of_breach(verdict.layer, names),
            reason=f"{verdict.layer} is below what the client's contract promises.",
            rows=tuple(_row_of(rule) for rule in verdict.breaches),
            advice=advice,
        )
    if not breached:
        verdict = next(one for one in error.verdicts if not one.passed)
        yield TaskFailed(
            **facts,
            cause=cause_of_layer(verdict.layer),
            reason=str(verdict).partition("\n")[0],
            rows=tuple(_incomplete(verdict)),
            advice=_INCOMPLETE.format(task=facts["task_id"]),
            consequence=True,
        )


def _row_of(rule: RuleScore) -> Row:
    if rule.score is None:
        state = "not measured"
        said = f"{rule.model} has no row for it"
    else:
        state, said = f"score {rule.score:.5f} < {rule.threshold:g}", f"in {rule.model}"
    return Row(rule.rule, state, said, rule.failing, rule.population, rule.condition)


def _incomplete(verdict: LayerVerdict) -> Iterator[Row]:
    yield from (Row(name, "failed") for name in verdict.failed)
    yield from (Row(name, "no result of this run") for name in verdict.missing)


def _failed_nodes(ledger: Ledger, key: RunKey, layer: str) -> tuple[tuple[Row, ...], int]:
    """The layer's models and tests that failed, and how many were not reached because of them."""
    bad = [row for row in ledger.latest_results(key).values() if row.layer == layer and not row.good]
    failed = [row for row in bad if row.status != "skipped"]
    return tuple(map(_of_node, failed)), len(bad) - len(failed)


def _of_node(row: NodeRow) -> Row:
    """A failed node; one that is of a build of ten models says in a few words why."""
    name = row.node.split(".")[2] if row.node.count(".") > 1 else row.node
    return Row(name, row.status, row.message, row.failing, row.population)


def facts_of(client: Client, context: Any) -> dict[str, Any]:
    """What is known of any task; one that was ended from outside may lack some."""
    task = context["ti"]
    # Clearing a task sets max_tries to its tries so far and its retries.
    tries = max((getattr(task, "max_tries", None) or 0) + 1, task.try_number)
    return {
        "client_id": client.id,
        "dag_id": task.dag_id,
        "run_id": task.run_id,
        "task_id": task.task_id,
        "at": now(),
        "interval": _interval(client, context),
        "try_number": task.try_number,
        "tries": tries,
        "log_url": str(getattr(task, "log_url", "") or ""),
        "lasting": told_once(task),
    }


def told_once(task: Any) -> bool:
    """Whether what a task fails of is told once for all runs, until one goes well."""
    return bool(getattr(getattr(task, "task", None), "told_once", False))


def _next_try(client: Client, context: Any) -> datetime:
    """When the next try is not before; a try that was killed waits as the task's first one does."""
    error, backoff = context.get("exception"), backoff_of(client)
    delay = judge(error, context["ti"], backoff)[1].delay if isinstance(error, BaseException) else None
    return now() + (backoff.after(1) if delay is None else delay)


def _reason(error: object) -> str:
    """What the task said; errors raised on purpose are written for people, the others need their kind."""
    if error is None:
        return "It gave no reason; its log says what happened."
    if isinstance(error, (MedallionError, AirflowException, str)):
        return str(error) or type(error).__name__
    return f"{type(error).__name__}: {error}"


def _interval(client: Client, context: Any) -> str:
    if not context.get("dag_run") or told_once(context["ti"]):
        return ""
    try:
        span = asked_of(context, client).span
    except ConfigError:
        return ""
    return f"{span.said} UTC" if span.zone == "UTC" else span.said
