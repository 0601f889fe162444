"""Sources → landing: dlt finds and opens the files, Arrow reads them, landing changes whole or not at all."""

from medallion.extract.checks import Checked, worst
from medallion.extract.damage import check_landing
from medallion.extract.source import Landed, extract_source, totals

__all__ = ["Checked", "Landed", "check_landing", "extract_source", "totals", "worst"]
