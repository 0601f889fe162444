"""Sources → landing: dlt finds and opens the files, Arrow reads them, landing changes whole or not at all."""

from medallion.extract.source import Landed, extract_source, totals

__all__ = ["Landed", "extract_source", "totals"]
