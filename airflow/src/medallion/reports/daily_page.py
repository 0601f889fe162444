"""A day's figures → one self-contained page, with a picture of each trend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from medallion.reports import pictures, words
from medallion.reports.page import templates

#: Rules that are shown unfolded, if no more than these are breached or waived.
_SHOWN = 8
_TITLES = {"revenue": "Revenue", "orders": "Orders", "score": "Score", "seconds": "Duration of the runs"}


def render_daily(figures: Mapping[str, Any]) -> str:
    """Draw a client's day.

    Args:
        figures: what :func:`medallion.reports.daily.daily_figures` gave, or what was read back from its JSON.
    """
    rules = sorted(figures["rules"], key=words.rule_rank)
    notable = max(_SHOWN, sum(rule["state"] in words.FIRST for rule in rules))
    trends = [trend(one, figures["trends"]["last_day"]) for one in figures["trends"]["series"]]
    drawn = {**figures, "rules": rules, "pictures": trends}
    return (
        templates()
        .get_template("daily_report.html.j2")
        .render(drawn, notable=notable, floor=words.score_floor(figures["rules"]))
    )


def trend(series: Mapping[str, Any], last_day: str) -> dict[str, Any]:
    """A trend with its picture, and what it shows in words.

    Args:
        series: as the figures have it.
        last_day: of the trend, which is the report's own.
    """
    values = series["values"]
    if series["name"] == "score":
        picture = pictures.scores(values, series["threshold"])
    else:
        picture = pictures.bars(values, series["averages"])
    said = _writer(series)
    known = [one for one in values if one is not None]
    return {
        "title": title_of(series),
        "picture": picture,
        "today": said(values[-1]),
        "average": said(series["averages"][-1]) if series["averages"] else None,
        "least": said(min(known)) if known else words.UNKNOWN,
        "most": said(max(known)) if known else words.UNKNOWN,
        "threshold": series["threshold"],
        "missing": len(values) - len(known),
        "said": _said(known, len(values), said, said(values[-1]), last_day),
    }


def title_of(series: Mapping[str, Any]) -> str:
    """What a trend is of: Revenue in EUR, retail_rolling_sales; Score of silver."""
    told = _TITLES[series["name"]] + (f" in {series['unit']}" if series["unit"] else "")
    if series["name"] == "score":
        return f"{told} of {series['of']}"
    return f"{told}, {series['of']}" if series["of"] else told


def _writer(series: Mapping[str, Any]) -> Callable[[float | None], str]:
    writers = {
        "revenue": words.amount,
        "orders": words.amount,
        "score": words.score,
        "seconds": words.seconds,
    }
    return writers[series["name"]]


def _said(
    known: list[float], days: int, said: Callable[[float | None], str], today: str, last_day: str
) -> str:
    if not known:
        return f"Nothing is known of these {days} days."
    gaps = f"; {days - len(known)} of {days} days have no value" if len(known) < days else ""
    return f"From {said(min(known))} to {said(max(known))}; {today} on {last_day}{gaps}."
