"""What is late → messages of it: a run by its deadline, a layer by its gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from tenacity import retry, stop_after_delay, wait_exponential

from medallion.airflow_api.backfills import BACKFILL
from medallion.clients import Client, duration_text
from medallion.interval import Interval
from medallion.ledger import Ledger, RunKey, open_ledger
from medallion.ledger.pace import EXTRACT, Stage, stages_of, usual_seconds
from medallion.notifications import LayerLate, Row, RunLate
from medallion.notifications.render import moment
from medallion.notifications.telling import now
from medallion.orchestration.messages import facts_of
from medallion.orchestration.routes import teller_of
from medallion.pipeline import LAYERS, load_task
from medallion.settings import load_settings
from medallion.severity import Severity

#: By how much longer than usual a stage takes that is called slow.
_SLOW = 1.5
#: The triggerer waits for people longer than a task may: nothing waits for it.
_PATIENCE = 60.0
_UNDER_WAY = ("queued", "running")
_RUN_ADVICE = (
    "Nothing, if that is all: the run goes on, and you are told when it has delivered. Where a stage is "
    "slow, the logs of its tasks in Airflow say what it does; where none is, the run waits for its turn or a "
    "worker. If it takes that long from now on, give `sla.run` more."
)
_LAYER_ADVICE = (
    "Nothing at once: the run goes on. `medallion report {client} --date DAY` has the seconds of each model. "
    "If {layer} takes that long from now on, give `sla.layers.{layer}` more."
)


def tell_if_late(client: Client, run: Mapping[str, Any]) -> str:
    """Tell that a run has not delivered in time, unless there is nothing to tell.

    Args:
        client: whose.
        run: the run, by Airflow's REST names, as it was when its deadline had passed.

    Returns:
        What was done.
    """
    key = RunKey(run["dag_id"], run["dag_run_id"])
    if run["run_type"] == BACKFILL:
        return "nobody was told: a backfilled run is never late"
    if not _under_way(key, client):
        return "nobody was told: the run has delivered, or has failed, which was told"
    settings = load_settings()
    message = late_run(open_ledger(settings.database_url), client, run)
    teller_of(settings, client, patience=_PATIENCE).tell([message])
    return f"told: {message.headline}"


@retry(stop=stop_after_delay(_PATIENCE), wait=wait_exponential(multiplier=0.2, max=5), reraise=True)
def _under_way(key: RunKey, client: Client) -> bool:
    """Whether a run has still to deliver, as Airflow knows it now; asked again while that is away."""
    if not RuntimeTaskInstance.get_dr_count(dag_id=key.dag_id, run_ids=[key.run_id], states=[*_UNDER_WAY]):
        return False
    found = RuntimeTaskInstance.get_task_states(dag_id=key.dag_id, run_ids=[key.run_id])
    return still_delivers(found.get(key.run_id, {}), load_task(client))


def still_delivers(states: Mapping[str, str | None], load: str) -> bool:
    """Whether a run has still to deliver, and nothing of it has failed for good.

    Args:
        states: Airflow's states of its tasks.
        load: the task that delivers.
    """
    failed = any(state in ("failed", "upstream_failed") for state in states.values())
    return not failed and states.get(load) not in ("success", "skipped", "removed")


def late_run(ledger: Ledger, client: Client, run: Mapping[str, Any]) -> RunLate:
    """What there is to tell of a run that has not delivered in time.

    Args:
        ledger: has how far it is, and how long others took.
        client: whose.
        run: the run, by Airflow's REST names.
    """
    key, at = RunKey(run["dag_id"], run["dag_run_id"]), now()
    stages, usual = stages_of(ledger, key), usual_seconds(ledger, key)
    elapsed, allowed = at - _read(run["queued_at"]), client.sla.run or timedelta(0)
    waiting = "" if stages else " It has not begun: it waits for its turn, or for a worker."
    return RunLate(
        client_id=client.id,
        dag_id=key.dag_id,
        run_id=key.run_id,
        task_id=load_task(client),
        cause="late:run",
        severity=Severity.ERROR,
        at=at,
        interval=_interval(run, client),
        elapsed=_span(elapsed.total_seconds()),
        slow=slowest(stages, usual, at.replace(tzinfo=None)),
        reason=f"It was queued at {moment(_read(run['queued_at']))} and should have delivered within "
        f"{duration_text(allowed)}; that is over by {_span((elapsed - allowed).total_seconds())}.{waiting}",
        rows=tuple(_rows(stages, usual, at.replace(tzinfo=None))),
        advice=_RUN_ADVICE,
    )


def late_layer(ledger: Ledger, client: Client, context: Any, layer: str) -> LayerLate | None:
    """What there is to tell of a layer whose gate has passed just now; None if it is in time.

    A gate that somebody had run again is in time: who waits for it knows.

    Args:
        ledger: has how long it took, and others before it.
        client: whose.
        context: the gate's.
        layer: which.
    """
    task, allowed = context["ti"], client.sla.layers.of_layer(layer)
    if allowed is None or task.try_number > 1 or context["dag_run"].run_type == BACKFILL:
        return None
    key, at = RunKey(task.dag_id, task.run_id), now().replace(tzinfo=None)
    stage = next((one for one in stages_of(ledger, key) if one.name == layer), None)
    if stage is None or stage.seconds(at) <= allowed.total_seconds():
        return None
    usual = usual_seconds(ledger, key)
    return LayerLate(
        **facts_of(client, context),
        cause=f"late:{layer}",
        severity=Severity.WARNING,
        layer=layer,
        over=_span(stage.seconds(at) - allowed.total_seconds()),
        reason=f"{layer} may take {duration_text(allowed)}.",
        rows=(_row(stage, usual, at),),
        advice=_LAYER_ADVICE.format(client=client.id, layer=layer),
    )


def slowest(stages: Sequence[Stage], usual: Mapping[str, float], at: datetime) -> str:
    """The stage that takes the most beyond what is usual for it; blank if none takes much longer.

    Args:
        stages: those of the run so far.
        usual: seconds by stage.
        at: now, in UTC without zone.
    """
    over = {
        stage.name: stage.seconds(at) - usual[stage.name]
        for stage in stages
        if stage.name in usual and stage.seconds(at) > _SLOW * usual[stage.name]
    }
    return max(over, key=lambda name: over[name], default="")


def _rows(stages: Sequence[Stage], usual: Mapping[str, float], at: datetime) -> list[Row]:
    begun = {stage.name for stage in stages}
    rows = [_row(stage, usual, at) for stage in stages]
    return rows + [Row(name, "not begun") for name in (EXTRACT, *LAYERS) if name not in begun]


def _row(stage: Stage, usual: Mapping[str, float], at: datetime) -> Row:
    taken = _span(stage.seconds(at))
    state = f"took {taken}" if stage.ended else f"going on for {taken}"
    known = usual.get(stage.name)
    return Row(
        stage.name, state, "no run before it delivered" if known is None else f"usually {_span(known)}"
    )


def _span(seconds: float) -> str:
    """A length of time to the second."""
    return duration_text(timedelta(seconds=round(seconds)))


def _interval(run: Mapping[str, Any], client: Client) -> str:
    if not run.get("data_interval_start") or not run.get("data_interval_end"):
        return ""
    start, end = _read(run["data_interval_start"]), _read(run["data_interval_end"])
    span = Interval(start, end, client.timezone)
    return f"{span.said} UTC" if span.zone == "UTC" else span.said


def _read(at: Any) -> datetime:
    """A time of Airflow's, which may have been through JSON."""
    found = at if isinstance(at, datetime) else datetime.fromisoformat(str(at).replace("Z", "+00:00"))
    return found.astimezone(UTC)
