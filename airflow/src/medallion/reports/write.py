"""A run's report on disk: each file is replaced whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

from medallion.interval import Interval
from medallion.ledger import Ledger, RunKey
from medallion.pipeline import Plan
from medallion.reports.figures import run_figures
from medallion.reports.page import render_report

JSON_FILE, HTML_FILE = "run_report.json", "run_report.html"


def report_folder(root: Path, plan: Plan, interval: Interval) -> Path:
    """Where the report of a client's interval is: ``<root>/<client>/year=…/month=…/day=…/[hour=…/]``."""
    return root / plan.client.id / interval.partition_path(sub_daily=plan.sub_daily)


def write_run_report(ledger: Ledger, plan: Plan, key: RunKey, interval: Interval, root: Path) -> Path:
    """Write ``run_report.json`` and, from it alone, ``run_report.html``, over those of an earlier run.

    Args:
        ledger: where the run was written down.
        plan: the client's plan.
        key: the run.
        interval: the run's data interval.
        root: the folder of all reports.

    Returns:
        The page.

    Raises:
        OSError: if it cannot be written; an earlier report is still there.
    """
    document = json.dumps(run_figures(ledger, plan, key, interval), indent=2, ensure_ascii=False) + "\n"
    page = render_report(json.loads(document))
    folder = report_folder(root, plan, interval)
    folder.mkdir(parents=True, exist_ok=True)
    _replace_all({folder / JSON_FILE: document, folder / HTML_FILE: page})
    return folder / HTML_FILE


def _replace_all(texts: dict[Path, str]) -> None:
    """Write all files beside their places first, and only then put them there."""
    staged = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in texts}
    try:
        for path, text in texts.items():
            staged[path].write_text(text, encoding="utf-8")
        for path, temporary in staged.items():
            temporary.replace(path)
    finally:
        for temporary in staged.values():
            temporary.unlink(missing_ok=True)
