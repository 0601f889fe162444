"""A day's report on disk, rewritten after each of the day's runs by one process at a time."""

from __future__ import annotations

import json
from datetime import date

from medallion.ledger import Ledger
from medallion.pipeline import Plan
from medallion.reports.daily import daily_figures
from medallion.reports.daily_page import render_daily
from medallion.reports.day_in_warehouse import DayInWarehouse
from medallion.reports.files import replace_all
from medallion.reports.history import DAILY_HTML, DAILY_JSON, LATEST, folder_of_day
from medallion.storage import Root, file_lock, make_folder

_LOCK = ".daily.lock"


def write_daily_report(ledger: Ledger, plan: Plan, day: date, root: Root, seen: DayInWarehouse) -> Root:
    """Write ``daily_report.json`` and, from it alone, ``daily_report.html``.

    A copy of the newest day's JSON is ``latest_daily_report.json`` in the client's folder; an older day
    leaves it alone.

    Args:
        ledger: where the runs were written down.
        plan: the client's plan.
        day: which.
        root: the folder of all reports; those of the day's runs are there already.
        seen: what the warehouse knows of the day.

    Returns:
        The page.

    Raises:
        OSError: if it cannot be written; an earlier report is still there.
    """
    client = root / plan.client.id
    folder = folder_of_day(client, day.isoformat())
    make_folder(folder)
    # Whoever writes last has read all that lay there: no report lacks a run whose own was there before it.
    with file_lock(client, _LOCK):
        figures = daily_figures(ledger, plan, root, day, seen)
        document = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
        texts = {folder / DAILY_JSON: document, folder / DAILY_HTML: render_daily(json.loads(document))}
        if _day_of(client / LATEST) <= day:
            texts[client / LATEST] = document
        replace_all(texts)
    return folder / DAILY_HTML


def _day_of(latest: Root) -> date:
    """The day that a report is of; the first of all days if there is none or it cannot be read."""
    try:
        return date.fromisoformat(json.loads(latest.read_text(encoding="utf-8"))["day"])
    except (OSError, ValueError, KeyError, TypeError):
        return date.min
