"""The intervals of a client's schedule in a span of days: those its runs will ask extracts of."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from medallion.clients import Client
from medallion.interval import Interval, midnight
from medallion.pipeline import calendar_of, last_complete_interval


def intervals_of(client: Client, first: date, last: date) -> list[Interval]:
    """The client's intervals that start on one of the days, in their order.

    Args:
        client: whose schedule; one without a schedule has an interval a day.
        first: first day, by the client's clocks.
        last: last day, itself included.
    """
    begin = midnight(first, client.timezone)
    after = midnight(last + timedelta(days=1), client.timezone)
    found: list[Interval] = []
    # An interval that starts on the last day may end after it, as those of a week do.
    moment = _end_of_the_one_at(client, after)
    while (interval := last_complete_interval(calendar_of(client), moment)).start >= begin:
        if interval.start < after:
            found.append(interval)
        moment = interval.start
    return found[::-1]


def _end_of_the_one_at(client: Client, moment: datetime) -> datetime:
    """A moment by which the interval that was going on at ``moment`` has ended."""
    ended = last_complete_interval(calendar_of(client), moment)
    return moment + 2 * (ended.end - ended.start)
