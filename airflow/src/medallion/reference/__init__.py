"""docs/configuration.md, written from the models, the settings and the Makefile that it describes."""

from medallion.reference.page import PAGE, page_text

__all__ = ["PAGE", "page_text"]
