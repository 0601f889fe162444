"""What a client's DAG says of itself in the Airflow UI."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from medallion.clients import Client
from medallion.clients.schedule import duration_text
from medallion.clients.weekdays import weekdays_text
from medallion.orchestration.markdown import code, plain, table
from medallion.orchestration.plugin import PREFIX, in_airflow
from medallion.pipeline import Plan

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
        ("real time", "yes: batches only until real time lands" if rules.enable_real_time else "no"),
        ("told when it fails", _told(client)),
        *((f"may {name}", _codes(roles)) for name, roles in client.access if roles),
        *([("late", late)] if (late := _late(client)) else []),
        ("gold", _codes(plan.marts)),
        ("config version", code(plan.config_version)),
        ("dbt manifest", code(plan.manifest)),
    ]
    reading = _READING.format(reports=in_airflow(f"{PREFIX}/"))
    return f"## {plain(client.description)}\n\n{table(('', ''), rows)}\n\n{reading}\n"


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
