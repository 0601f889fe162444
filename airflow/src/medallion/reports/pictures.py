"""Numbers in a row → paths of a small picture: a bar a day, or a line, with gaps where nothing is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from medallion.reports import words

Values = Sequence[float | None]
#: The picture's size in units of its own: so many a day, so many high, with room above and below.
_STEP, _TALL, _ROOM = 4, 72, 4
#: What is there but as good as nothing is still seen.
_LEAST = 1.0


@dataclass(frozen=True)
class Picture:
    """The paths of a picture; each may be empty.

    Attributes:
        width: in units of the paths.
        height: likewise.
        bars: a stroke a day.
        line: through the averages, or through the values where these have no bars.
        low: dots on values below the threshold.
        threshold: how high it is drawn; None if there is none.
    """

    width: int
    height: int
    bars: str = ""
    line: str = ""
    low: str = ""
    threshold: float | None = None


def bars(values: Values, averages: Values | None = None) -> Picture:
    """Draw amounts as bars from zero, with their averages as a line.

    Args:
        values: one a day.
        averages: likewise.
    """
    shown = [one for one in (*values, *(averages or ())) if one is not None]
    floor, top = min([0.0, *shown]), max([0.0, *shown])
    zero = _height(0.0, floor, top)
    drawn = [None if one is None else _bar(_height(one, floor, top), zero) for one in values]
    return Picture(
        *_size(values),
        bars="".join(
            f"M{_across(place)} {zero:g}V{end:g}" for place, end in enumerate(drawn) if end is not None
        ),
        line=_line(averages or (), floor, top),
    )


def scores(values: Values, threshold: float) -> Picture:
    """Draw scores as a line up to 1, with the threshold they are held to.

    Args:
        values: one a day.
        threshold: what they are held to.
    """
    floor = words.score_floor({"score": one, "threshold": threshold} for one in values)
    low = [one if one is not None and one < threshold else None for one in values]
    return Picture(
        *_size(values),
        line=_line(values, floor, 1.0),
        low="".join(_dot(place, one, floor) for place, one in enumerate(low) if one is not None),
        threshold=_height(threshold, floor, 1.0),
    )


def _size(values: Values) -> tuple[int, int]:
    return len(values) * _STEP, _TALL + 2 * _ROOM


def _across(place: int) -> int:
    return place * _STEP + _STEP // 2


def _height(value: float, floor: float, top: float) -> float:
    """How far from the picture's upper edge."""
    whole = top - floor or 1.0
    return round(_ROOM + _TALL * (top - value) / whole, 1)


def _bar(end: float, zero: float) -> float:
    """Where a bar ends: a day of nothing has a stub, for it is none of which nothing is known."""
    return zero - _LEAST if abs(end - zero) < _LEAST else end


def _dot(place: int, value: float, floor: float) -> str:
    return f"M{_across(place)} {_height(value, floor, 1.0):g}h0"


def _line(values: Values, floor: float, top: float) -> str:
    return "".join(_strokes(values, floor, top))


def _strokes(values: Values, floor: float, top: float) -> Iterator[str]:
    """A stroke through each stretch of days that follow each other; a day on its own is a dot."""
    before: float | None = None
    for place, value in enumerate(values):
        if value is not None:
            point = f"{_across(place)} {_height(value, floor, top):g}"
            alone = before is None and (place + 1 == len(values) or values[place + 1] is None)
            yield f"{'M' if before is None else 'L'}{point}" + ("h0" if alone else "")
        before = value
