"""The fleet's facts → one self-contained page, with a small picture of each client's last scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from medallion.reports.history import RUNS
from medallion.reports.page import templates
from medallion.reports.words import along, score, score_floor

#: The picture's size in units of its own: a bar each 6, and room above and below.
_STEP, _TALL, _LEAST = 6, 30, 3


@dataclass(frozen=True)
class Picture:
    """A bar for each run, oldest first, on an axis from ``floor`` to 1.

    Attributes:
        good: the path of the bars of runs that delivered.
        bad: of those that did not.
        line: the height of the last threshold; None if nothing was measured.
        said: the picture in words.
    """

    good: str
    bad: str
    line: float | None
    said: str
    width: int = RUNS * _STEP
    height: int = _TALL + 2


def render_fleet(facts: Mapping[str, Any]) -> str:
    """Draw the fleet.

    Args:
        facts: what :func:`medallion.reports.fleet.fleet_facts` gave, or what was read back from its JSON.
    """
    rows = [_row(client) for client in facts["clients"]]
    return templates().get_template("fleet.html.j2").render({**facts, "clients": rows})


def _row(client: Mapping[str, Any]) -> dict[str, Any]:
    runs = client["runs"]
    last = runs[0] if runs else None
    pages = {name: _address(client["id"], last[name]) if last else "" for name in ("page", "daily")}
    return {**client, **pages, "last": last, "picture": picture_of(runs) if runs else None}


def _address(client_id: str, page: str | None) -> str:
    """A page of a client's folder as a link from the fleet's; blank if there is none."""
    return "/".join(quote(part, safe="=") for part in (client_id, *page.split("/"))) if page else ""


def picture_of(runs: Sequence[Mapping[str, Any]]) -> Picture:
    """Draw the last scores of a client.

    Args:
        runs: newest first, as the facts have them.
    """
    floor = score_floor(runs)
    newest, *_ = [one["threshold"] for one in runs if one["threshold"] is not None] or [None]
    failed = sum(one["outcome"] == "failed" for one in runs)
    scores = [one["score"] for one in runs if one["score"] is not None]
    said = f"{len(runs)} runs, {failed} failed"
    if scores:
        said += (
            f"; scores from {score(min(scores))} to {score(max(scores))}, the last {score(runs[0]['score'])}"
        )
    drawn = list(reversed(runs))
    return Picture(
        good=_bars(drawn, "delivered", floor),
        bad=_bars(drawn, "failed", floor),
        line=None if newest is None else _TALL - _height(newest, floor) + 1,
        said=said,
    )


def _bars(runs: Sequence[Mapping[str, Any]], outcome: str, floor: float) -> str:
    """The path of the bars of an outcome, at the right edge; a run that measured nothing is a stub."""
    first = (RUNS - len(runs)) * _STEP + _STEP // 2
    chosen: Iterable[tuple[int, Mapping[str, Any]]] = (
        (place, one) for place, one in enumerate(runs) if one["outcome"] == outcome
    )
    return "".join(
        f"M{first + place * _STEP} {_TALL + 1}v-{_height(one['score'], floor):g}" for place, one in chosen
    )


def _height(value: float | None, floor: float) -> float:
    if value is None:
        return _LEAST
    return round(max(_LEAST, float(along(value, floor)) * _TALL / 100), 1)
