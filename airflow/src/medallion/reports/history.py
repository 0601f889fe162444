"""A client's last runs, as short facts, from the reports that lie in its folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from medallion.storage import Root, below

Facts = dict[str, Any]
JSON_FILE, HTML_FILE = "run_report.json", "run_report.html"
DAILY_JSON, DAILY_HTML, LATEST = "daily_report.json", "daily_report.html", "latest_daily_report.json"
#: How many runs of a client the fleet's page knows.
RUNS = 30


def last_runs(folder: Root, most: int = RUNS) -> list[Facts]:
    """A client's last runs by interval, newest first; what is no report of ours is left out.

    Args:
        folder: the client's folder of reports.
        most: how many.
    """
    found: list[Facts] = []
    for path in _newest_first(folder):
        if len(found) == most:
            break
        figures = read_report(path)
        if figures:
            page = below(path.with_name(HTML_FILE), folder)
            known = {"page": page, "daily": _daily_page(folder, path), "timezone": zone_of(figures)}
            found.append(brief_of(figures) | known)
    return found


def _daily_page(folder: Root, report: Root) -> str | None:
    """The report of the day that a run's report lies in, from the client's folder; None if there is none."""
    page = day_folder(report) / DAILY_HTML
    return below(page, folder) if page.is_file() else None


def day_folder(report: Root) -> Root:
    """The folder of the day that a run's report lies in."""
    return report.parent.parent if report.parent.name.startswith("hour=") else report.parent


def read_report(path: Root) -> Facts | None:
    """A report's figures; None if they cannot be read, are no object, or are of another format."""
    try:
        figures = json.loads(path.read_text(encoding="utf-8"))
        return figures if brief_of(figures) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def reports_of_day(folder: Root, day: str) -> list[Root]:
    """The reports of a client's day (YYYY-MM-DD), the last interval first."""
    return list(_reports_below(folder_of_day(folder, day)))


def folder_of_day(folder: Root, day: str) -> Root:
    """Where a client's day (YYYY-MM-DD) is, below its folder of reports."""
    year, month, number = day.split("-")
    return folder / f"year={year}" / f"month={month}" / f"day={number}"


def newest_report(folder: Root) -> Root | None:
    """A client's newest report by interval."""
    return next(_newest_first(folder), None)


def _newest_first(folder: Root) -> Iterator[Root]:
    for year in _sorted(folder, "year=*"):
        for month in _sorted(year, "month=*"):
            for day in _sorted(month, "day=*"):
                yield from _reports_below(day)


def _reports_below(day: Root) -> Iterator[Root]:
    for hour in _sorted(day, "hour=*"):
        if (hour / JSON_FILE).is_file():
            yield hour / JSON_FILE
    if (day / JSON_FILE).is_file():
        yield day / JSON_FILE


def _sorted(folder: Root, pattern: str) -> list[Root]:
    return sorted(folder.glob(pattern), reverse=True)


def zone_of(figures: Mapping[str, Any]) -> str:
    """The zone of a report's client; UTC in one from before clients had any."""
    return str(figures.get("client", {}).get("timezone", "UTC"))


def brief_of(figures: Mapping[str, Any]) -> Facts:
    """A run's report in short: its score is the least of its layers'."""
    run, verdict = figures["run"], figures["verdict"]
    measured = [
        (layer["score"], layer["threshold"]) for layer in figures["layers"] if layer["score"] is not None
    ]
    score, threshold = min(measured, default=(None, None))
    return {
        "run_id": str(run["run_id"]),
        "interval_start": str(run["interval_start"]),
        "interval_end": str(run["interval_end"]),
        "started_at": run["started_at"],
        "ended_at": run["ended_at"],
        "seconds": run["seconds"],
        "outcome": str(verdict["outcome"]),
        "reason": str(verdict["reasons"][0]) if verdict["reasons"] else "",
        "score": score,
        "threshold": threshold,
    }
