"""A message of each kind, as docs/notifications.md shows them, and one whose every word is hostile."""

from datetime import UTC, datetime

from medallion.notifications import (
    ClientRemoved,
    ClientsInvalid,
    GateBreached,
    Recovered,
    Row,
    TaskFailed,
    WaiverUsed,
)
from medallion.severity import Severity
from pages.samples import HOSTILE

_RUN = {
    "client_id": "acme_corp",
    "dag_id": "client_acme_corp_pipeline",
    "run_id": "scheduled__2026-01-16T00:00:00+00:00",
    "interval": "2026-01-15 18:00 to 2026-01-16 00:00 UTC",
    "at": datetime(2026, 1, 16, 0, 7, tzinfo=UTC),
    "log_url": "http://localhost:8080/dags/client_acme_corp_pipeline/runs/scheduled__2026-01-16/tasks/x?try_number=1",
}
_FACTORY = {
    "client_id": "default",
    "dag_id": "medallion_factory",
    "run_id": "scheduled__2026-01-16T00:05:00+00:00",
    "task_id": "go_round",
    "at": datetime(2026, 1, 16, 0, 5, tzinfo=UTC),
}
_TRACE = """Traceback (most recent call last):
  File "medallion/extract/sql_reader.py", line 88, in read
    connection = engine.connect()
psycopg.OperationalError: connection failed: connection to server at "10.1.2.3" failed: refused
"""
_BUILD_TRACE = """Traceback (most recent call last):
  File "medallion/orchestration/layer_build.py", line 41, in build
    self._run(settings, ledger, context, self._left_over(ledger, key, series), series)
  File "medallion/transform/build.py", line 155, in _raise_if_bad
    raise BuildFailed(_told(bad, causes) + said, raised)
medallion.exceptions.BuildFailed: 10 models failed, 4 nodes were not built
"""
_RULE = Row(
    "sales_amount_is_positive",
    "score 0.91250 < 0.95",
    "in enrich_sales__order_lines",
    501,
    5_726,
    "line_amount > 0 and quantity > 0",
)


def task_failed():
    return TaskFailed(
        **_RUN,
        task_id="silver.build",
        cause="layer:silver",
        severity=Severity.ERROR,
        try_number=1,
        tries=4,
        failure="schema changed",
        reason="10 models failed, 4 nodes were not built",
        rows=tuple(
            Row(
                f"clean_sales__entity_{one}",
                "error",
                f'Binder Error: column "amount_{one}" not found\nLINE 3: …',
            )
            for one in range(10)
        ),
        unreached=4,
        advice="Ask whether the change is meant. If so, change the contract or the model.",
        trace=_BUILD_TRACE,
    )


def tried_again():
    return TaskFailed(
        **_RUN,
        task_id="extract_crm",
        cause="extract_crm:1",
        severity=Severity.WARNING,
        try_number=1,
        tries=4,
        next_try=datetime(2026, 1, 16, 0, 12, tzinfo=UTC),
        failure="connection lost",
        reason="crm: the server at 10.1.2.3, port 5432 does not answer: Connection refused",
        advice="See whether the server runs, and whether its name and port are right.",
        trace=_TRACE,
    )


def recovered():
    return Recovered(
        **_RUN,
        task_id="extract_crm",
        cause="recovered:1",
        severity=Severity.INFO,
        try_number=3,
        tries=4,
        rows=(
            Row(
                "acme_corp will try extract_crm again: try 1 of 4 failed",
                "first at 2026-01-16 00:07 UTC",
                "1 repeat was held back",
            ),
        ),
        advice="Nothing: the run goes on.",
    )


def gate_breached():
    return GateBreached(
        **_RUN,
        task_id="silver.gate",
        cause="breach:silver:sales_amount_is_positive",
        severity=Severity.ERROR,
        try_number=1,
        tries=1,
        reason="silver is below what the client's contract promises.",
        rows=(_RULE,),
        advice="Nothing was published. Look at the failing rows (`medallion quarantine acme_corp`) and have "
        "the source mend them, or sign for them: `medallion waive acme_corp sales_amount_is_positive "
        "--until DAY --why WHY`. Then clear silver.gate in Airflow, with what follows it.",
    )


def waiver_used():
    waived = Row(
        _RULE.name,
        "score 0.91250 < 0.95, waived",
        "waived until 2026-01-31 by ann: refunds were booked as orders, mended in February",
        _RULE.failing,
        _RULE.population,
        _RULE.sql,
    )
    return WaiverUsed(
        **_RUN,
        task_id="silver.gate",
        cause="waiver:3",
        severity=Severity.WARNING,
        try_number=2,
        tries=2,
        rows=(waived,),
        advice="Nothing, if that is meant: the run goes on. The waiver ends by itself; to end it now: "
        "`medallion waive acme_corp sales_amount_is_positive --withdraw`.",
    )


def client_removed():
    return ClientRemoved(
        **_FACTORY | {"client_id": "acme_corp", "dag_id": "client_acme_corp_pipeline"},
        cause="removed",
        severity=Severity.WARNING,
        reason="waits for scheduled__2026-01-16T00:00:00+00:00",
        advice="Nothing, if that is meant. Its data, reports and last delivery stay; to have it back, put "
        "its file back.",
    )


def clients_invalid():
    return ClientsInvalid(
        **_FACTORY,
        cause="clients:1",
        severity=Severity.ERROR,
        rows=(
            Row(
                "acme_corp",
                "invalid",
                "configs/clients/acme_corp.yml:6: schedule_interval: must be a duration such as 6h, 1d or "
                "PT6H, a cron line, a preset such as @daily, or null, is 'sometimes'",
            ),
            Row("shop_two", "failed", "Airflow cannot read its DAG: KeyError: 'sales'"),
        ),
        advice="Mend what is named; `medallion validate` says whether it is. What was live before still is.",
    )


def hostile():
    texts = ("client_id", "run_id", "task_id", "interval", "reason", "trace", "advice", "failure", "log_url")
    return TaskFailed(
        **_RUN | dict.fromkeys(texts, HOSTILE),
        cause="x",
        severity=Severity.CRITICAL,
        rows=(Row(HOSTILE, HOSTILE, HOSTILE, 1, 2, HOSTILE), Row("x" * 300, "y" * 90, "z" * 500)),
        try_number=1,
        tries=1,
    )


KINDS = (
    task_failed,
    tried_again,
    recovered,
    gate_breached,
    waiver_used,
    client_removed,
    clients_invalid,
    hostile,
)
