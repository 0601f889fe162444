"""Pages in Markdown from templates beside this file, the same in every process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def filled(template: str, **facts: Any) -> str:
    """Fill a template in; its filter ``cell`` makes any text one cell of a table."""
    # Markdown, not HTML: `cell` escapes what would break a table.
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=False,  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = _cell
    return environment.get_template(template).render(facts)


def _cell(text: str) -> str:
    """Write a text so that it stays one cell of a table, and stays text."""
    parts = text.replace("|", "\\|").replace("\n", " ").split("`")
    return "`".join(part.replace("<", "\\<") if index % 2 == 0 else part for index, part in enumerate(parts))
