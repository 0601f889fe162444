"""What a client's DAG says of itself in the Airflow UI."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from medallion.clients import Client
from medallion.clients.schedule import duration_text
from medallion.clients.weekdays import weekdays_text
from medallion.orchestration.markdown import code, plain, table
from medallion.orchestration.plugin import PREFIX, in_airflow
from medallion.pipeline import Plan, Streamed, realtime_dag_id_of, realtime_plan

_READING = (
    "A layer's `build` runs dbt once for the whole layer. Each model has a task `run` and a task `test`; "
    "they turn green or red with what dbt says of them, and have its lines in their logs. A layer's "
    "`gate` passes once all of them ended well and every rule reached its threshold; its note says which "
    "did not. What became of a run is in its report: the button *Run report* of its tasks, or [all "
    "clients]({reports})."
)


def client_document(plan: Plan) -> str:
    """The client's contract, as Markdown, and how to read its DAG."""
    client, rules = plan.client, plan.client.business_rules
    rows = [
        ("schedule", _schedule(client.schedule_interval)),
        *([("time zone", code(client.timezone))] if client.timezone != "UTC" else []),
        ("sources", _codes(extract.source for extract in plan.extracts)),
        ("transformations", ", ".join(step.value for step in client.transformations) or "none"),
        ("destination", code(client.destination)),
        ("quality threshold", f"{rules.quality_threshold.default:g}"),
        *(
            (f"threshold of {code(rule)}", f"{value:g}")
            for rule, value in sorted(rules.quality_threshold.rules.items())
        ),
        ("days kept", ", ".join(f"{layer} {days}" for layer, days in rules.data_retention_days)),
        ("cleaned up", weekdays_text(client.cleanup_on)),
        ("real time", _real_time(plan)),
        ("told when it fails", _told(client)),
        *((f"may {name}", _codes(roles)) for name, roles in client.access if roles),
        *([("late", late)] if (late := _late(client)) else []),
        ("gold", _codes(plan.marts)),
        ("config version", code(plan.config_version)),
        ("dbt manifest", code(plan.manifest)),
    ]
    reading = _READING.format(reports=in_airflow(f"{PREFIX}/"))
    return f"## {plain(client.description)}\n\n{table(('', ''), rows)}\n\n{reading}\n"


def _real_time(plan: Plan) -> str:
    """Where events are dropped, and when they are to be in gold; or that there are none."""
    client = plan.client
    if not client.business_rules.enable_real_time:
        return "no"
    streams = _codes(node.name for node in plan.layer("bronze").models if node.realtime)
    stream, said = realtime_dag_id_of(client.id, client.platform), client.realtime
    within = f"within {duration_text(said.max_delay)}, in micro-batches of {duration_text(said.batch)}"
    return f"yes, {within}: {code(stream)} streams {streams or 'nothing: no entity may come as events'}"


_STREAM = """## {description}: the stream

Files of events that are moved into `inbox/{client}/<source>/<entity>/` (a JSON object a line, `*.jsonl`)
land at once, and reach gold in micro-batches of {batch}, {delay} after they happened at the latest. Each
micro-batch is a run of this DAG with one task; the batches of {pipeline} bring the same events once more,
take their place and say in their reports where they differ.

{table}
"""


def stream_document(plan: Plan, streamed: Iterable[Streamed]) -> str:
    """What the client's second DAG says of itself."""
    client, part = plan.client, realtime_plan(plan)
    said = client.realtime
    rows = [
        ("entities", _codes(one.name for one in streamed)),
        ("builds", _codes(node.name for layer in part.layers for node in layer.models)),
        ("gathers for", duration_text(said.batch)),
        ("in gold within", duration_text(said.max_delay)),
        ("events of an entity at once", f"{said.limit:,} at most"),
        *([("queues", _codes(f"{one.name} from {one.topic}" for one in said.queues))] if said.queues else []),
        ("config version", code(plan.config_version)),
    ]
    return _STREAM.format(
        description=plain(client.description),
        client=client.id,
        batch=duration_text(said.batch),
        delay=duration_text(said.max_delay),
        pipeline=code(plan.dag_id),
        table=table(("", ""), rows),
    )


def _told(client: Client) -> str:
    """Who is told: the mail address, and further channels from which severity on."""
    mail = [client.notification_email] if client.notification_email else []
    return _codes([*mail, *map(str, client.notifications)]) or "nobody"


def _late(client: Client) -> str:
    """After how long the run is late, and each layer; blank where nothing is."""
    spans = {"run": client.sla.run, **dict(client.sla.layers)}
    return ", ".join(f"{name} after {duration_text(span)}" for name, span in spans.items() if span)


def _schedule(schedule: timedelta | str | None) -> str:
    if schedule is None:
        return "by hand"
    return f"every {duration_text(schedule)}" if isinstance(schedule, timedelta) else code(schedule)


def _codes(names: Iterable[str]) -> str:
    return ", ".join(map(code, names))
