"""Facts → self-contained pages: no script, no network, every name and message as text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from medallion.reports import words

#: Rules that are shown unfolded, if no more than these are breached or waived.
_SHOWN = 8
_FILTERS = (
    words.number,
    words.counted,
    words.amount,
    words.growth,
    words.score,
    words.seconds,
    words.size,
    words.moment,
    words.along,
    words.share,
    words.percent,
    words.sum_of,
    words.breakable,
    words.check_found,
    words.check_allowed,
)


def render_report(figures: Mapping[str, Any]) -> str:
    """Draw a run's figures.

    Args:
        figures: what :func:`medallion.reports.run_figures` gave, or what was read back from its JSON.
    """
    rules = sorted(figures["rules"], key=words.rule_rank)
    checks = sorted(figures.get("checks", []), key=words.check_rank)
    breached = sum(check["state"] in words.FIRST_CHECKS for check in checks)
    notable = max(_SHOWN, sum(rule["state"] in words.FIRST for rule in rules))
    slowest_model = max((model["seconds"] or 0 for model in figures["models"]), default=0)
    floor = words.score_floor(figures["rules"])
    template = templates().get_template("run_report.html.j2")
    drawn = {**figures, "rules": rules, "checks": checks}
    return template.render(
        drawn, notable=notable, breached=breached, floor=floor, slowest_model=slowest_model
    )


@cache
def templates() -> Environment:
    """The pages' templates; their names end in j2, so escaping is said here and not guessed from it."""
    loader = FileSystemLoader(Path(__file__).parent)
    jinja = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    jinja.filters.update({drawn.__name__: drawn for drawn in _FILTERS})
    return jinja
