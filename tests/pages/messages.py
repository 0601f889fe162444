"""A message of each kind, as docs/notifications.md shows them, and one whose every word is hostile."""

from datetime import UTC, datetime

from medallion.notifications import (
    ClientRemoved,
    ClientsInvalid,
    GateBreached,
    LayerLate,
    NeverStarted,
    Recovered,
    Row,
    RunLate,
    StartsAgain,
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
_WATCH = {
    "client_id": "acme_corp",
    "dag_id": "client_acme_corp_pipeline",
    "run_id": "scheduled__2026-01-16T06:15:00+00:00",
    "task_id": "look",
    "at": datetime(2026, 1, 16, 6, 15, tzinfo=UTC),
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


def run_late():
    return RunLate(
        **_RUN | {"at": datetime(2026, 1, 16, 1, 30, 4, tzinfo=UTC), "log_url": ""},
        task_id="load_to_data_warehouse",
        cause="late:run",
        severity=Severity.ERROR,
        elapsed="1h30m4s",
        slow="silver",
        reason="It was queued at 2026-01-16 00:00 UTC and should have delivered within 1h30m; that is over "
        "by 4s.",
        rows=(
            Row("extract", "took 2m11s", "usually 2m3s"),
            Row("bronze", "took 4m", "usually 3m52s"),
            Row("silver", "going on for 1h23m50s", "usually 11m20s"),
            Row("gold", "not begun"),
        ),
        advice="Nothing, if that is all: the run goes on, and you are told when it has delivered. Where a "
        "stage is slow, the logs of its tasks in Airflow say what it does; where none is, the run waits for "
        "its turn or a worker. If it takes that long from now on, give `sla.run` more.",
    )


def layer_late():
    return LayerLate(
        **_RUN,
        task_id="bronze.gate",
        cause="late:bronze",
        severity=Severity.WARNING,
        try_number=1,
        tries=1,
        layer="bronze",
        over="11m2s",
        reason="bronze may take 20m.",
        rows=(Row("bronze", "took 31m2s", "usually 3m52s"),),
        advice="Nothing at once: the run goes on. `medallion report acme_corp --date DAY` has the seconds of "
        "each model. If bronze takes that long from now on, give `sla.layers.bronze` more.",
    )


def never_started():
    return NeverStarted(
        **_WATCH,
        cause="unstarted:PAUSED",
        severity=Severity.ERROR,
        rows=(
            Row(
                "acme_corp",
                "its DAG is paused",
                "2 intervals from 2026-01-15 18:00 to 2026-01-16 06:00 have no run",
            ),
        ),
        advice="Let client_acme_corp_pipeline go on in Airflow's UI; then what it leaves out: `medallion run "
        "acme_corp --date 2026-01-15`.",
    )


def starts_again():
    return StartsAgain(
        **_WATCH | {"run_id": "", "at": datetime(2026, 1, 16, 6, 40, tzinfo=UTC)},
        cause="recovered:7",
        severity=Severity.INFO,
        rows=(
            Row(
                "acme_corp did not start: its DAG is paused",
                "first at 2026-01-16 06:15 UTC",
                "4 repeats were held back",
            ),
        ),
        advice="Nothing: what was due has a run.",
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
    run_late,
    layer_late,
    never_started,
    starts_again,
    hostile,
)
