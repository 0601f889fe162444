"""What became of a run: its figures as one plain dict, and the page made from them."""

from medallion.reports.day_in_warehouse import read_day
from medallion.reports.figures import run_figures
from medallion.reports.page import render_report
from medallion.reports.write import report_folder, report_page, write_run_report

__all__ = ["read_day", "render_report", "report_folder", "report_page", "run_figures", "write_run_report"]
