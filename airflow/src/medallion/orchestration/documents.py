"""What a client's DAG says of itself in the Airflow UI."""

from __future__ import annotations

from medallion.pipeline import Plan


def client_document(plan: Plan) -> str:
    """The client's contract, as Markdown."""
    client, rules = plan.client, plan.client.business_rules
    steps = ", ".join(step.value for step in client.transformations) or "none"
    rows = [
        ("schedule", str(client.schedule_interval or "by hand")),
        ("sources", ", ".join(f"`{extract.source}`" for extract in plan.extracts)),
        ("transformations", steps),
        ("destination", f"`{client.destination}`"),
        ("quality threshold", f"{rules.quality_threshold.default:g}"),
        *(
            (f"threshold of {rule}", f"{value:g}")
            for rule, value in sorted(rules.quality_threshold.rules.items())
        ),
        ("retention in days", ", ".join(f"{layer} {days}" for layer, days in rules.data_retention_days)),
        ("real time", "yes: batches only until real time lands" if rules.enable_real_time else "no"),
        ("told when it fails", client.notification_email or "nobody"),
        ("gold", ", ".join(f"`{mart}`" for mart in plan.marts)),
        ("config version", f"`{plan.config_version}`"),
        ("dbt manifest", f"`{plan.manifest}`"),
    ]
    table = "\n".join(f"| {name} | {_cell(value)} |" for name, value in rows)
    return f"## {_cell(client.description)}\n\n| | |\n|---|---|\n{table}\n"


def _cell(text: str) -> str:
    """Text of a client's that cannot break out of its table cell."""
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
