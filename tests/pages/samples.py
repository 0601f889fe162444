"""Figures with every part that a page can show, and names that are long or mean harm."""

from medallion.reports.contract import Report
from medallion.reports.daily_contract import DailyReport

HOSTILE = "<script>document.title='stolen'</script><img src=x onerror=document.title='stolen'>\"'&{{ 7 * 7 }}"
LONG = "a_name_that_somebody_made_longer_than_any_column_is_wide_" * 3
WIDE = "word" * 60  # nowhere to break


def delivered():
    """A run that delivered, with a waiver, quarantine, retries and many rules."""
    return _checked(
        rules=[
            _rule(LONG, failing=410, state="waived", waiver=_waiver()),
            _rule(HOSTILE, failing=41),
            *(_rule(f"rule_{number}", failing=number) for number in range(12)),
        ],
        quarantine=[
            {
                "model": f"quarantine_{LONG}",
                "entity": LONG,
                "table": f"acme_silver.quarantine_{LONG}",
                "command": f"medallion quarantine acme --model {LONG} --date 2026-01-15",
                "rows": 4711,
                "rules": {LONG: 41, HOSTILE: 7},
                "releases": [
                    {"key": {"id": HOSTILE}, "rules": ["r"], "why": WIDE, "signed_by": HOSTILE},
                ],
            }
        ],
        delivery={
            "destination": "data_warehouse",
            "path": f"/srv/{LONG}.duckdb",
            "delivered_at": "2026-01-16T00:17:00Z",
            "tables": {LONG: 1_234_567, HOSTILE: None},
            "waived": [LONG],
        },
        cleanup={
            "partitions": 2,
            "files": 3,
            "bytes": 9_999_999,
            "cleaned_at": "2026-01-16T00:18:00Z",
            "left_out": "",
        },
        retention=[_retained(rows=40, refused=False), _retained(rows=None, refused=True)],
    )


def failed():
    """A run that failed, with messages of every kind."""
    message = f"Binder Error: {WIDE}\n" + "  no such column\n" * 60 + HOSTILE
    return _checked(
        verdict={"outcome": "failed", "reasons": [f"silver: {HOSTILE}", WIDE]},
        models=[_model(LONG, status="error", message=message), _model("clean_people")],
        tests=_counts(failed=1) | {"failing": [_failing(HOSTILE, message=WIDE)]},
        rules=[_rule(HOSTILE, failing=500, state="breached")],
        retries=[
            _failed_try("bronze", reason=message, waited=300.0),
            _failed_try("silver", reason=WIDE, failure=LONG, sign=HOSTILE, again=False, delay=None),
        ],
    )


def _failed_try(layer, **changed):
    facts = {
        "task": f"{layer}.build",
        "layer": layer,
        "try": 1,
        "failure": "locked",
        "sign": "",
        "again": True,
    }
    return facts | {"delay": 300.0, "ended_at": None, "waited": None} | changed


def fleet():
    """Clients with many runs, with one, and with none."""
    runs = [
        _brief(day, score=1 - day / 300, outcome="failed" if day % 9 == 1 else "delivered")
        for day in range(30)
    ]
    unreported = {
        "run_id": HOSTILE,
        "interval_start": "2026-01-16T00:00:00Z",
        "started_at": "2026-01-17T00:05:00Z",
    }
    missing = [
        {"hole": hole, "intervals": 3, "first": "2026-01-12T00:00:00Z", "last": "2026-01-15T00:00:00Z"}
        | {"sources": [LONG], "said": f"3 intervals ({LONG})", "todo": f"medallion run {LONG} {HOSTILE}"}
        for hole in (True, False)
    ]
    clients = [
        {"id": HOSTILE, "status": HOSTILE, "unreported": unreported, "runs": [_brief(1, reason=HOSTILE)]},
        {"id": LONG, "status": "disabled", "unreported": None, "runs": [_brief(1, reason=WIDE), *runs[1:]]},
        {"id": "new", "status": "active", "unreported": None, "runs": []},
        {"id": "acme_corp", "status": "active", "unreported": None, "runs": runs},
        {
            "id": "unmeasured",
            "status": None,
            "unreported": None,
            "runs": [_brief(1, score=None, threshold=None)],
        },
    ]
    counts = {"clients": 5, "delivered": 3, "failed": 1, "no_report": 1}
    clients = [{**one, "missing": missing if one["id"] in (LONG, "new") else []} for one in clients]
    return {"format": 2, "written_at": "2026-01-17T06:00:00Z", "counts": counts, "clients": clients}


def _checked(**changed):
    figures = _figures() | changed
    Report.model_validate(figures, strict=True, extra="forbid", by_alias=True)
    return figures


def _figures():
    return {
        "format": 1,
        "client": {"id": "acme_corp", "description": HOSTILE},
        "run": {
            "dag_id": "client_acme_corp_pipeline",
            "run_id": f"scheduled__{WIDE}",
            "config_version": "0123456789ab",
            "interval_start": "2026-01-15T00:00:00Z",
            "interval_end": "2026-01-16T00:00:00Z",
            "started_at": "2026-01-16T00:05:00Z",
            "ended_at": "2026-01-16T00:18:00Z",
            "seconds": 780.0,
            "asked_by": LONG,
            "reason": HOSTILE,
            "rebuild": ["silver", "gold"],
        },
        "verdict": {"outcome": "delivered", "reasons": []},
        "links": {
            "airflow": f"https://airflow.example/{WIDE}",
            "fleet": "../../../../index.html",
            "daily": "daily_report.html",
        },
        "layers": [_layer("bronze", None), _layer("silver", 0.959), _layer("gold", 0.94)],
        "rules": [],
        "quarantine": [],
        "models": [
            _model(f"bronze_{LONG}"),
            _model("clean_people", layer="silver"),
            _model(HOSTILE, layer="gold"),
        ],
        "slowest": [{"name": LONG, "layer": "silver", "seconds": 61.5, "share": 0.42}],
        "tests": _counts() | {"failing": []},
        "checks": [
            _held("freshness", "warned", intervals=3),
            _held("not_null", "failed", column=LONG),
            _held("rows_a_day", "passed"),
            _held("outside_interval", "not measured", column="at"),
        ],
        "extraction": [_landed("people", ()), _landed(LONG, (f"new column {LONG}", HOSTILE))],
        "delivery": None,
        "cleanup": None,
        "retention": [],
        "builds": [_build("success", ""), _build("failed", WIDE)],
        "retries": [],
    }


def _counts(expected=12, failed=0):
    return {"expected": expected, "done": expected - failed - 1, "failed": failed, "not_built": 1}


def _layer(name, score):
    facts = {"name": name, "state": "passed", "gate": "passed", "nodes": _counts(), "tests": _counts()}
    return facts | {"score": score, "threshold": 0.95, "breaches": [LONG], "waived": [HOSTILE]}


def _rule(name, failing=0, state="passed", waiver=None):
    return {
        "rule": name,
        "layer": "silver",
        "model": f"clean_{LONG}",
        "condition": f"{WIDE} is not null and {HOSTILE}",
        "effect": "gate",
        "on_fail": "quarantine",
        "failing": failing,
        "population": 1000,
        "score": 1 - failing / 1000,
        "threshold": 0.95,
        "own_threshold": True,
        "waiver": waiver,
        "failing_rows": {
            "table": f"acme_silver.quarantine_{LONG}",
            "column": "_broken_rules",
            "command": f"medallion quarantine acme --rule {WIDE}",
        },
        "state": state,
    }


def _waiver():
    return {"until": "2026-01-31", "why": HOSTILE, "signed_by": WIDE}


def _model(name, layer="bronze", status="success", message=""):
    facts = {"name": name, "layer": layer, "group": "crm", "status": status, "message": message}
    return facts | {"seconds": 0.42, "rows": 1200}


def _failing(name, message):
    return {"name": name, "model": LONG, "layer": "silver", "status": "fail", "rows": 3, "message": message}


def _landed(entity, changes):
    return {
        "source": "crm",
        "entity": entity,
        "rows": 1_234_567,
        "files": 1,
        "bytes": 98_765_432,
        "changes": list(changes),
    }


def _held(check, state, *, column=None, intervals=1):
    return {
        "source": LONG,
        "entity": HOSTILE,
        "check": check,
        "column": column,
        "on_breach": "warn",
        "state": state,
        "found": 1_234_567,
        "population": 9_876_543 if column else None,
        "allowed": 0.05 if column else 86_400.0,
        "intervals": intervals,
        "breaches": int(state != "passed"),
        "interval_start": "2026-01-15T00:00:00Z",
        "said": f"{WIDE}: {HOSTILE}",
    }


def _retained(*, rows, refused):
    facts = {"layer": "silver", "object": LONG, "rows": rows, "partitions": 3, "files": 3, "bytes": 9}
    return facts | {"share": 0.125, "cutoff": "2025-12-16", "refused": refused, "forced": False}


def _build(state, message):
    facts = {"layer": "bronze", "cause": "cleared by hand", "try": 2, "state": state, "nodes": 12}
    return facts | {"started_at": "2026-01-16T00:06:00Z", "seconds": 60.0, "message": message}


def _brief(day, *, score=0.9, threshold=0.95, outcome="delivered", reason=""):
    return {
        "run_id": f"run_{day}",
        "interval_start": "2026-01-15T00:00:00Z",
        "interval_end": "2026-01-16T00:00:00Z",
        "started_at": "2026-01-16T00:05:00Z",
        "ended_at": "2026-01-16T00:18:00Z",
        "seconds": 780.0,
        "outcome": outcome,
        "reason": reason,
        "score": score,
        "threshold": threshold,
        "page": "year=2026/month=01/day=15/run_report.html",
        "daily": "year=2026/month=01/day=15/daily_report.html",
    }


def daily():
    """A day of three runs, with trends that have gaps and marts whose names are long or mean harm."""
    waves = [None if day in (3, 4, 40, 89) else 1000 * (day % 7) + 0.55 for day in range(90)]
    series = [
        _series("revenue", waves, of=HOSTILE, unit=WIDE, averages=[3000.25] * 90),
        _series("orders", [day % 5 for day in range(90)], of=LONG, averages=[None] * 6 + [2.5] * 84),
        _series("score", [0.99 - day % 9 / 100 for day in range(90)], of="silver", threshold=0.95),
        _series("seconds", [None] * 90),
    ]
    week = {
        "order_count": 12,
        "revenue": 1234.5,
        "window_days": 7,
        "window_order_count": 70,
        "window_revenue": 7000.0,
        "average_daily_orders": 10.0,
        "average_daily_revenue": 1000.0,
        "order_growth": 0.2,
        "revenue_growth": -0.2345,
        "order_trend": "up",
        "revenue_trend": "down",
    }
    rules = [_rule(LONG, failing=41, state="breached"), *(_rule(f"rule_{number}") for number in range(12))]
    names = ("rule", "layer", "model", "failing", "population", "score", "threshold", "state")
    figures = {
        "format": 1,
        "client": {"id": "acme_corp", "description": HOSTILE},
        "day": "2026-01-15",
        "totals": {
            "outcome": "failed",
            "runs": 3,
            "delivered": 1,
            "failed": 1,
            "no_report": 1,
            "score": 0.9,
            "threshold": 0.95,
            "seconds": 1560.0,
        },
        "runs": [
            _of_day(_brief(1)),
            _of_day(_brief(2, outcome="failed", reason=WIDE)),
            _of_day(_brief(3, score=None, threshold=None)) | {"outcome": "no report", "page": None},
        ],
        "extraction": [
            {
                "source": LONG,
                "entity": HOSTILE,
                "runs": 2,
                "rows": 2_469_134,
                "files": 2,
                "bytes": 9_876_543_210,
            }
        ],
        "processed": [{"layer": "bronze", "table": LONG, "rows": 1}, _processed(WIDE), _processed(HOSTILE)],
        "not_read": "",
        "layers": [
            {name: layer[name] for name in ("name", "nodes", "score", "threshold", "breaches", "waived")}
            for layer in (_layer("bronze", None), _layer("silver", 0.959), _layer("gold", 0.94))
        ],
        "rules": [{name: rule[name] for name in names} for rule in rules],
        "delivery": {
            "destination": WIDE,
            "path": f"/srv/{LONG}.duckdb",
            "delivered_at": "2026-01-16T00:17:00Z",
            "tables": {LONG: 1_234_567, HOSTILE: None},
            "waived": [],
        },
        "rolling": [
            {"mart": HOSTILE, "currency": WIDE, "last_day": "2026-01-15", "day": week},
            {"mart": LONG, "currency": None, "last_day": "2026-01-14", "day": None},
        ],
        "cleanup": {"partitions": 1, "files": 3, "bytes": 9_999_999},
        "cleanup_left_out": "",
        "retention": [_retained(rows=40, refused=False), _retained(rows=None, refused=True)],
        "trends": {"first_day": "2025-10-18", "last_day": "2026-01-15", "series": series},
    }
    DailyReport.model_validate(figures, strict=True, extra="forbid", by_alias=True)
    return figures


def _series(name, values, **changed):
    return {
        "name": name,
        "of": None,
        "unit": None,
        "threshold": None,
        "values": values,
        "averages": None,
    } | changed


def _of_day(brief):
    return {name: value for name, value in brief.items() if name != "daily"} | {"run_id": WIDE}


def _processed(table):
    return {"layer": "silver", "table": table, "rows": 1200}
