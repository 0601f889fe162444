"""A day's figures: its runs' reports added up, beside the warehouse's rows and the ledger's trends.

:mod:`medallion.reports.daily_contract` says what each key means, and the JSON Schema is made from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError

from medallion.ledger import Ledger
from medallion.pipeline import Plan
from medallion.reports import words
from medallion.reports.contract import Report
from medallion.reports.daily_contract import FORMAT
from medallion.reports.day_in_warehouse import DayInWarehouse, Weeks
from medallion.reports.figures import client_part
from medallion.reports.history import HTML_FILE, brief_of, read_report, reports_of_day
from medallion.reports.outcome import DELIVERED, FAILED
from medallion.reports.stream import stream_of_day
from medallion.reports.trends import Runs, own_start, runs_by_day, trends_of
from medallion.storage import Root, below

Figures = dict[str, Any]
Reports = Sequence[Mapping[str, Any]]
#: What is within so much of the average is as usual, and a whole week is needed to know what is usual.
_USUAL, _WEEK = 0.1, 7


def daily_figures(ledger: Ledger, plan: Plan, root: Root, day: date, seen: DayInWarehouse) -> Figures:
    """Gather the figures of a client's day.

    Args:
        ledger: knows the runs of the days before, and those of the day that have no report.
        plan: the client's plan.
        root: the folder of all reports, where those of the day's runs are.
        day: which.
        seen: what the warehouse knows of it.

    Returns:
        What :class:`medallion.reports.daily_contract.DailyReport` describes.
    """
    folder = root / plan.client.id
    found = [(path, _whole(path)) for path in reversed(reports_of_day(folder, day.isoformat()))]
    reports = [(path, figures) for path, figures in found if figures]
    past = runs_by_day(ledger, plan, day)
    runs = [_run(figures, below(path.with_name(HTML_FILE), root)) for path, figures in reports]
    runs += _without_report(plan, past, day, runs)
    runs.sort(key=lambda one: (one["interval_start"], one["run_id"]))
    of_runs = [figures for _, figures in reports]
    return {
        "format": FORMAT,
        "client": client_part(plan.client),
        "day": day.isoformat(),
        "totals": _totals(runs),
        "runs": runs,
        "extraction": _landed(of_runs),
        "processed": [
            {"layer": layer, "table": table, "rows": rows} for (layer, table), rows in seen.rows.items()
        ],
        "not_read": seen.problem,
        "layers": [_layer(name, [_named(one, name) for one in of_runs]) for name in _layers(of_runs)],
        "rules": _rules(of_runs),
        "delivery": _last_delivery(of_runs),
        "rolling": [_rolling(weeks, day) for weeks in seen.weeks],
        "cleanup": _cleaned(of_runs),
        "cleanup_left_out": _left_out(of_runs),
        "retention": _retained(of_runs),
        "stream": stream_of_day(ledger, plan, day),
        "trends": trends_of(plan, day, past, seen.weeks),
    }


def _whole(path: Root) -> Mapping[str, Any] | None:
    """A run's report; None if it is none of this version."""
    try:
        Report.model_validate(figures := read_report(path))
    except ValidationError:
        return None
    return figures


def _run(figures: Mapping[str, Any], page: str) -> Figures:
    return brief_of(figures) | {"page": page}


def _without_report(plan: Plan, past: Runs, day: date, reported: Reports) -> Iterator[Figures]:
    """The day's runs that the ledger knows and that left no report."""
    known = {own_start(plan, _plain(one["interval_start"]), _plain(one["interval_end"])) for one in reported}
    for run in past.get(day, ()):
        if own_start(plan, run.interval_start, run.interval_end) not in known:
            moments = {
                name: _text(getattr(run, name)) for name in ("interval_start", "interval_end", "started_at")
            }
            unknown = dict.fromkeys(("ended_at", "seconds", "score", "threshold", "page"))
            yield {"run_id": run.run_id, "outcome": "no report", "reason": ""} | moments | unknown


def _totals(runs: Reports) -> Figures:
    ends = [one["outcome"] for one in runs]
    measured = [(one["score"], one["threshold"]) for one in runs if one["score"] is not None]
    score, threshold = min(measured, default=(None, None))
    took = [one["seconds"] for one in runs if one["seconds"] is not None]
    return {
        "outcome": FAILED if FAILED in ends else DELIVERED,
        "runs": len(runs),
        "delivered": ends.count(DELIVERED),
        "failed": ends.count(FAILED),
        "no_report": ends.count("no report"),
        "score": score,
        "threshold": threshold,
        "seconds": round(sum(took), 3) if took else None,
    }


def _landed(reports: Reports) -> list[Figures]:
    whole: dict[tuple[str, str], Figures] = {}
    for landed in (one for figures in reports for one in figures["extraction"]):
        key = landed["source"], landed["entity"]
        so_far = whole.setdefault(
            key, {"source": key[0], "entity": key[1]} | dict.fromkeys(("runs", "rows", "files", "bytes"), 0)
        )
        so_far["runs"] += 1
        for name in ("rows", "files", "bytes"):
            so_far[name] += landed[name]
    return [whole[key] for key in sorted(whole)]


def _layers(reports: Reports) -> list[str]:
    """The layers' names in their order, as any run has them."""
    return list(dict.fromkeys(layer["name"] for figures in reports for layer in figures["layers"]))


def _named(figures: Mapping[str, Any], layer: str) -> Mapping[str, Any]:
    return next((one for one in figures["layers"] if one["name"] == layer), {})


def _layer(name: str, of_runs: Iterable[Mapping[str, Any]]) -> Figures:
    layers = [one for one in of_runs if one]
    measured = [(one["score"], one["threshold"]) for one in layers if one["score"] is not None]
    score, threshold = min(measured, default=(None, layers[-1]["threshold"]))
    counted = ("expected", "done", "failed", "not_built")
    return {
        "name": name,
        "nodes": {key: sum(one["nodes"][key] for one in layers) for key in counted},
        "score": score,
        "threshold": threshold,
        "breaches": sorted({rule for one in layers for rule in one["breaches"]}),
        "waived": sorted({rule for one in layers for rule in one["waived"]}),
    }


def _rules(reports: Reports) -> list[Figures]:
    """Each rule as it was in its worst run."""
    worst: dict[str, Mapping[str, Any]] = {}
    for rule in (one for figures in reports for one in figures["rules"]):
        before = worst.get(rule["rule"])
        if before is None or words.rule_rank(rule) < words.rule_rank(before):
            worst[rule["rule"]] = rule
    names = ("rule", "layer", "model", "failing", "population", "score", "threshold", "state")
    return [{name: worst[rule][name] for name in names} for rule in sorted(worst)]


def _last_delivery(reports: Reports) -> Any:
    delivered = [one["delivery"] for one in reports if one["delivery"]]
    return max(delivered, key=lambda one: one["delivered_at"], default=None)


def _rolling(weeks: Weeks, day: date) -> Figures:
    return {
        "mart": weeks.mart,
        "currency": weeks.currency,
        "last_day": weeks.last_day.isoformat() if weeks.last_day else None,
        "day": _today(weeks.days[day]) if day in weeks.days else None,
    }


def _today(week: Mapping[str, Any]) -> Figures:
    known = week["window_days"] >= _WEEK
    trends = {
        "order_trend": trend_of(week["order_growth"]) if known else None,
        "revenue_trend": trend_of(week["revenue_growth"]) if known else None,
    }
    return {**week, **trends}


def trend_of(growth: float | None) -> str | None:
    """A day's growth against its week's average in a word; None if it is not known."""
    if growth is None:
        return None
    if abs(growth) <= _USUAL:
        return "as usual"
    return "up" if growth > 0 else "down"


def _cleaned(reports: Reports) -> Figures | None:
    done = [one["cleanup"] for one in reports if one["cleanup"] and not one["cleanup"].get("left_out")]
    names = ("partitions", "files", "bytes")
    return {name: sum(one[name] for one in done) for name in names} if done else None


def _left_out(reports: Reports) -> str:
    """Why no run of the day was to clean up, as the last said it; one that delivered nothing says nothing."""
    said = [one["cleanup"].get("left_out", "") for one in reports if one["cleanup"]]
    return said[-1] if said and all(said) else ""


def _retained(reports: Reports) -> list[Figures]:
    """What went of each object in all runs; what was refused is still there and counts once."""
    whole: dict[tuple[str, str, bool], Figures] = {}
    for one in (lost for figures in reports for lost in figures["retention"]):
        key = one["layer"], one["object"], one["refused"]
        before = whole.get(key)
        whole[key] = dict(one) if before is None or one["refused"] else _both(before, one)
    return [whole[key] for key in sorted(whole)]


def _both(before: Figures, later: Mapping[str, Any]) -> Figures:
    counts = {
        name: None
        if before[name] is None and later[name] is None
        else words.total((before[name], later[name]))
        for name in ("rows", "partitions", "files", "bytes")
    }
    worst = {name: max(before[name], later[name]) for name in ("share", "cutoff", "forced")}
    return {**before, **counts, **worst}


def _plain(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=None)


def _text(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
