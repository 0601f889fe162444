"""Clients' words and data as Markdown that shows them as they are: no link, picture or cell of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

#: What begins or ends anything in Markdown, also where it stands, and what makes a bare address a link.
_SPECIAL = re.compile(r"[\\`*\[\]<|~@]|(?<!\w)_|_(?!\w)|^[#>]|&(?=#?\w+;)|:(?=//)|(?<=www)\.", re.IGNORECASE)


def plain(text: object) -> str:
    """Text on one line, as it is."""
    return _SPECIAL.sub(r"\\\g<0>", " ".join(str(text).split()))


def code(name: object) -> str:
    """A name in fixed width, also inside a table's cell."""
    shown = " ".join(str(name).split()).replace("`", "'").replace("|", "\\|")
    return f"`{shown}`" if shown else ""


def some(number: int, what: str) -> str:
    """1 row, 1,234 rows."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells that are Markdown already, as a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
