"""Sources → landing: dlt finds and opens the files, Arrow reads them, landing changes whole or not at all."""

from medallion.extract.checks import Checked, worst
from medallion.extract.source import Landed, extract_source, totals

__all__ = ["Checked", "Landed", "extract_source", "totals", "worst"]
