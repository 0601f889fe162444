"""A run's report on disk: each file is replaced whole or not at all."""

from __future__ import annotations

import json

from medallion.interval import Interval
from medallion.ledger import Ledger, RunKey
from medallion.pipeline import Asked, Plan
from medallion.reports.daily_write import write_daily_report
from medallion.reports.day_in_warehouse import NOT_READ, DayInWarehouse
from medallion.reports.figures import run_figures
from medallion.reports.files import replace_all
from medallion.reports.fleet import Statuses
from medallion.reports.history import HTML_FILE
from medallion.reports.index import Look, update_fleet
from medallion.reports.page import render_report
from medallion.storage import Root, make_folder


def report_folder(root: Root, plan: Plan, interval: Interval) -> Root:
    """Where the report of a client's interval is: ``<root>/<client>/year=…/month=…/day=…/[hour=…/]``."""
    return root / plan.client.id / interval.partition_path(sub_daily=plan.sub_daily)


def report_page(root: Root, plan: Plan, asked: Asked) -> Root:
    """Where a run's page is, with its JSON beside it; a dry run leaves the report of a real one alone."""
    return report_folder(root, plan, asked.interval) / (f"dry_{HTML_FILE}" if asked.dry_run else HTML_FILE)


def write_run_report(
    ledger: Ledger,
    plan: Plan,
    key: RunKey,
    asked: Asked,
    root: Root,
    statuses: Statuses | None = None,
    seen: DayInWarehouse = NOT_READ,
    look: Look | None = None,
) -> Root:
    """Write ``run_report.json`` and, from it alone, ``run_report.html``, over those of an earlier run.

    The report of the day and the fleet's page are rewritten after them. A dry run's report lies beside the
    other, and leaves all of them alone.

    Args:
        ledger: where the run was written down.
        plan: the client's plan.
        key: the run.
        asked: what the run was asked to do.
        root: the folder of all reports.
        statuses: what the registry says of clients, by id, for the fleet's page.
        seen: what the warehouse knows of the run's day, for the day's report.
        look: looks for what did not land of clients, for the same.

    Returns:
        The run's page.

    Raises:
        OSError: if it cannot be written; an earlier report is still there.
    """
    document = json.dumps(run_figures(ledger, plan, key, asked.interval), indent=2, ensure_ascii=False) + "\n"
    page = render_report(json.loads(document))
    page_file = report_page(root, plan, asked)
    make_folder(page_file.parent)
    replace_all({page_file.with_suffix(".json"): document, page_file: page})
    if not asked.dry_run:
        write_daily_report(ledger, plan, asked.interval.run_date, root, seen)
        update_fleet(ledger, root, plan.client.id, statuses, look)
    return page_file
