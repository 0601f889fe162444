"""Figures → one self-contained page: no script, no network, every name and message as text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

_UNKNOWN = "\N{EN DASH}"
_FIRST = {"breached": 0, "waived": 1}  # what a reader looks for


def render_report(figures: Mapping[str, Any]) -> str:
    """Draw a run's figures.

    Args:
        figures: what :func:`medallion.reports.run_figures` gave, or what was read back from its JSON.
    """
    rules = sorted(figures["rules"], key=lambda rule: _FIRST.get(rule["state"], len(_FIRST)))
    slowest = max((model["seconds"] or 0 for model in figures["models"]), default=0)
    drawn = {**figures, "rules": rules}
    return _template().render(drawn, floor=score_floor(figures["rules"]), slowest=slowest)


@cache
def _template() -> Template:
    """The page's template; its name ends in j2, so escaping is said here and not guessed from it."""
    loader = FileSystemLoader(Path(__file__).parent)
    jinja = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    filters = (number, score, seconds, size, moment, along, share, breakable)
    jinja.filters.update({drawn.__name__: drawn for drawn in filters})
    return jinja.get_template("run_report.html.j2")


def score_floor(rules: Iterable[Mapping[str, Any]]) -> float:
    """Where the axis of all scores begins: a step of 0.05 below the least score or threshold that gates."""
    gating = [rule for rule in rules if rule["threshold"] is not None]
    shown = [rule[key] for rule in gating for key in ("score", "threshold") if rule[key] is not None]
    return max(0.0, math.floor((min(shown, default=1.0) - 0.02) * 20) / 20)


def along(value: float, floor: float) -> str:
    """How far along the axis from ``floor`` to 1 a score stands, in per cent."""
    return f"{100 * min(1.0, max(0.0, (value - floor) / (1 - floor))):.2f}"


def share(value: float | None, whole: float) -> str:
    """A part of a whole, in per cent."""
    return f"{100 * (value or 0) / whole:.2f}" if whole else "0"


def number(value: int | None) -> str:
    """1234567 → 1,234,567."""
    return _UNKNOWN if value is None else f"{value:,}"


def score(value: float | None) -> str:
    """Five digits; what is below 1 never reads as 1."""
    if value is None:
        return _UNKNOWN
    return "1" if value == 1 else min(f"{value:.5f}", "0.99999")


def seconds(value: float | None) -> str:
    """0.42 s, 12 s, 3 min 05 s, 2 h 10 min."""
    if value is None:
        return _UNKNOWN
    if value < 60:
        return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"
    minutes, left = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {left:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def size(value: int | None) -> str:
    """Bytes in the largest unit that leaves a number above 1."""
    if value is None:
        return _UNKNOWN
    amount, units = float(value), ["B", "kB", "MB", "GB"]
    while amount >= 1000 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return (
        f"{amount:.0f}\N{NO-BREAK SPACE}B" if units[0] == "B" else f"{amount:.1f}\N{NO-BREAK SPACE}{units[0]}"
    )


def moment(value: str | None) -> str:
    """2026-01-15T06:00:00Z → 2026-01-15 06:00; seconds only where there are any."""
    if value is None:
        return _UNKNOWN
    when = datetime.fromisoformat(value)
    return when.strftime("%Y-%m-%d %H:%M:%S" if when.second else "%Y-%m-%d %H:%M")


def breakable(text: str) -> Markup:
    """Text whose long names may be broken behind an underscore, and nowhere else if it can be helped."""
    return Markup("_<wbr>").join(escape(text).split("_"))
