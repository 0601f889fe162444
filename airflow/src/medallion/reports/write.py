"""A run's report on disk: each file is replaced whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

from medallion.interval import Interval
from medallion.ledger import Ledger, RunKey
from medallion.pipeline import Plan
from medallion.reports.figures import run_figures
from medallion.reports.files import replace_all
from medallion.reports.fleet import Statuses
from medallion.reports.history import HTML_FILE, JSON_FILE
from medallion.reports.index import update_fleet
from medallion.reports.page import render_report


def report_folder(root: Path, plan: Plan, interval: Interval) -> Path:
    """Where the report of a client's interval is: ``<root>/<client>/year=…/month=…/day=…/[hour=…/]``."""
    return root / plan.client.id / interval.partition_path(sub_daily=plan.sub_daily)


def write_run_report(
    ledger: Ledger,
    plan: Plan,
    key: RunKey,
    interval: Interval,
    root: Path,
    statuses: Statuses | None = None,
) -> Path:
    """Write ``run_report.json`` and, from it alone, ``run_report.html``, over those of an earlier run.

    The fleet's page is rewritten after them.

    Args:
        ledger: where the run was written down.
        plan: the client's plan.
        key: the run.
        interval: the run's data interval.
        root: the folder of all reports.
        statuses: what the registry says of clients, by id, for the fleet's page.

    Returns:
        The page.

    Raises:
        OSError: if it cannot be written; an earlier report is still there.
    """
    document = json.dumps(run_figures(ledger, plan, key, interval), indent=2, ensure_ascii=False) + "\n"
    page = render_report(json.loads(document))
    folder = report_folder(root, plan, interval)
    folder.mkdir(parents=True, exist_ok=True)
    replace_all({folder / JSON_FILE: document, folder / HTML_FILE: page})
    update_fleet(ledger, root, plan.client.id, statuses)
    return folder / HTML_FILE
