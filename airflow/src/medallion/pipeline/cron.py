"""When a cron line comes due by the clocks of a place, also on the days on which they are changed.

A time that the clocks skip comes due as much later as they skip: 02:30 at 03:30. A time that they show twice
comes due the second time, or both times if the line comes due in every hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter

#: More than any clock is changed by at once.
_NEAR = timedelta(hours=4)


def following(line: str, zone: str, moment: datetime) -> datetime:
    """The first time after a moment at which a line comes due, in UTC."""
    return _step(line, zone, moment.astimezone(UTC), 1)


def preceding(line: str, zone: str, moment: datetime) -> datetime:
    """The last time before a moment at which a line came due, in UTC."""
    return _step(line, zone, moment.astimezone(UTC), -1)


def _step(line: str, zone: str, moment: datetime, way: int) -> datetime:
    place = ZoneInfo(zone)
    local = _local(moment, place)
    first = next(_times(line, local, way))
    if _steady(place, moment) and _steady(place, first.replace(tzinfo=place).astimezone(UTC)):
        return first.replace(tzinfo=place).astimezone(UTC)
    # A clock's time says no more which of two comes first: all those near are put in their order.
    best: datetime | None = None
    for time in _times(line, local - way * _NEAR, way):
        if best and way * (time - _local(best, place)) > _NEAR:
            break
        beyond = [one for one in _moments(line, place, time) if way * (one - moment) > timedelta(0)]
        best = min([*beyond, *([best] if best else [])], key=lambda one: way * (one - moment), default=None)
    assert best  # noqa: S101 - the times never end
    return best


def _times(line: str, local: datetime, way: int) -> Iterator[datetime]:
    """The times of a line by a clock that nobody changes, from a time on, in one direction."""
    times = croniter(line, local)
    while True:
        yield times.get_next(datetime) if way > 0 else times.get_prev(datetime)


def _moments(line: str, place: ZoneInfo, time: datetime) -> set[datetime]:
    """When a clock shows a time, or would have."""
    both = [time.replace(tzinfo=place, fold=fold) for fold in (0, 1)]
    twice = both[0].utcoffset() > both[1].utcoffset()  # type: ignore[operator]  # a zone has offsets
    if twice and croniter(line).expanded[1] == ["*"]:
        return {one.astimezone(UTC) for one in both}
    return {max(one.astimezone(UTC) for one in both)}


def _local(moment: datetime, place: ZoneInfo) -> datetime:
    return moment.astimezone(place).replace(tzinfo=None, fold=0)


def _steady(place: ZoneInfo, moment: datetime) -> bool:
    """Are the clocks left alone around a moment?"""
    before, after = (moment + way * _NEAR for way in (-1, 1))
    return before.astimezone(place).utcoffset() == after.astimezone(place).utcoffset()
