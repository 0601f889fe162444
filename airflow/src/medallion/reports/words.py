"""How a page writes what it tells: numbers, scores, times and names, for people."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

UNKNOWN = "\N{EN DASH}"
#: What a reader looks for among rules, and among checks.
FIRST = {"breached": 0, "waived": 1}
FIRST_CHECKS = {"failed": 0, "warned": 1}


def score_floor(rules: Iterable[Mapping[str, Any]]) -> float:
    """Where the axis of all scores begins: a step of 0.05 below the least score or threshold that gates."""
    gating = [rule for rule in rules if rule["threshold"] is not None]
    shown = [rule[key] for rule in gating for key in ("score", "threshold") if rule[key] is not None]
    return max(0.0, math.floor((min(shown, default=1.0) - 0.02) * 20) / 20)


def rule_rank(rule: Mapping[str, Any]) -> tuple[float, ...]:
    """Sorts breached rules first, then waived ones, then by how little room is left above the threshold."""
    gates = rule["threshold"] is not None and rule["score"] is not None
    room = rule["score"] - rule["threshold"] if gates else 1.0
    return FIRST.get(rule["state"], len(FIRST)), room


def check_rank(check: Mapping[str, Any]) -> int:
    """Sorts checks that failed first, then those that warned; the rest stays in its order."""
    return FIRST_CHECKS.get(check["state"], len(FIRST_CHECKS))


def check_name(check: Mapping[str, Any]) -> str:
    """sales.orders: not_null of customer_id; of a source as a whole its name alone."""
    of = f" of {check['column']}" if check["column"] else ""
    return f"{check['source']}{'.' if check['entity'] else ''}{check['entity']}: {check['check']}{of}"


def check_found(check: Mapping[str, Any]) -> str:
    """What a check found: an age, or rows, of how many where that has a meaning."""
    if check["found"] is None:
        return UNKNOWN
    if check["check"] == "freshness":
        return seconds(check["found"])
    of = "" if check["population"] is None else f" of {number(check['population'])}"
    return f"{number(check['found'])}{of}"


def check_allowed(check: Mapping[str, Any]) -> str:
    """What a check allows: an age or rows at most, rows at least, or a share of the rows at most."""
    if check["check"] == "freshness":
        return f"at most {seconds(check['allowed'])}"
    if check["check"] == "times_usual":
        return f"at most {number(int(check['allowed']))}"
    if check["population"] is None:
        return f"at least {number(int(check['allowed']))}"
    return f"at most {100 * check['allowed']:g}\N{NO-BREAK SPACE}%" if check["allowed"] else "none"


def along(value: float, floor: float) -> str:
    """How far along the axis from ``floor`` to 1 a score stands, in per cent."""
    return f"{100 * min(1.0, max(0.0, (value - floor) / (1 - floor))):.2f}"


def share(value: float | None, whole: float) -> str:
    """A part of a whole, in per cent."""
    return f"{100 * (value or 0) / whole:.2f}" if whole else "0"


def number(value: int | None) -> str:
    """1234567 → 1,234,567."""
    return UNKNOWN if value is None else f"{value:,}"


def counted(value: int, one: str) -> str:
    """1 row, 1,200 rows."""
    return f"{value:,} {one if value == 1 else one + 's'}"


def amount(value: float | None) -> str:
    """1234567.891 → 1,234,567.89; a whole number has no digits behind its point."""
    if value is None:
        return UNKNOWN
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def growth(value: float | None) -> str:
    """0.234 → +23 %, with a sign, for it is a change."""
    if value is None:
        return UNKNOWN
    told = f"{100 * value:+.0f}".replace("-", "\N{MINUS SIGN}")
    return f"{'0' if told[1:] == '0' else told}\N{NO-BREAK SPACE}%"


def score(value: float | None) -> str:
    """Five digits; what is below 1 never reads as 1."""
    if value is None:
        return UNKNOWN
    return "1" if value == 1 else min(f"{value:.5f}", "0.99999")


def seconds(value: float | None) -> str:
    """0.42 s, 12 s, 3 min 05 s, 2 h 10 min."""
    if value is None:
        return UNKNOWN
    if value < 60:
        return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"
    minutes, left = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {left:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def size(value: int | None) -> str:
    """Bytes in the largest unit that leaves a number above 1."""
    if value is None:
        return UNKNOWN
    amount, units = float(value), ["B", "kB", "MB", "GB"]
    while amount >= 1000 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return (
        f"{amount:.0f}\N{NO-BREAK SPACE}B" if units[0] == "B" else f"{amount:.1f}\N{NO-BREAK SPACE}{units[0]}"
    )


def moment(value: str | None, zone: str = "UTC") -> str:
    """2026-01-15T06:00:00Z → 2026-01-15 06:00; seconds only where there are any.

    In another zone than UTC it is the zone's time, with what the zone calls it: 2026-01-15 07:00 CET.
    """
    if value is None:
        return UNKNOWN
    when = datetime.fromisoformat(value).astimezone(ZoneInfo(zone))
    form = "%Y-%m-%d %H:%M:%S" if when.second else "%Y-%m-%d %H:%M"
    return when.strftime(form if zone == "UTC" else f"{form} %Z")


def breakable(text: str) -> Markup:
    """Text whose long names may be broken behind an underscore, and nowhere else if it can be helped."""
    return Markup("_<wbr>").join(escape(text).split("_"))


def percent(value: float) -> str:
    """0.1234 → 12 %; what is there never reads as nothing."""
    return f"{100 * value:.0f}\N{NO-BREAK SPACE}%" if value >= 0.01 else "<1\N{NO-BREAK SPACE}%"


def total(counts: Iterable[int | None]) -> int:
    """The sum of what is known."""
    return sum(one or 0 for one in counts)


def sum_of(rows: Iterable[Mapping[str, Any]], key: str) -> float:
    """The sum of a key over what has it."""
    return sum(row[key] or 0 for row in rows)
