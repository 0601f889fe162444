"""The generator of the demo's extracts: the same bytes for the same seed, client, source and interval.

A source's rows are written as SQL (``sql/<source>.sql``) over pure functions of seed and row number, so an
interval is made alone, in any order, and as fast as DuckDB writes. What was planted stands beside the files.
"""

from medallion.sample_data.generate import can_generate, generate, generate_client
from medallion.sample_data.intervals import intervals_of
from medallion.sample_data.planted import DEFAULT_ROWS, Fault, Planted, Recipe, read_planted

__all__ = [
    "DEFAULT_ROWS",
    "Fault",
    "Planted",
    "Recipe",
    "can_generate",
    "generate",
    "generate_client",
    "intervals_of",
    "read_planted",
]
