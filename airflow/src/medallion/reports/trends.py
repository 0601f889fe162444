"""Ninety days in a row: scores and durations from the ledger, orders and revenue from gold's rolling weeks.

A day of several runs has their least score and the sum of their seconds; a day without any has a gap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from medallion.interval import midnight
from medallion.ledger import Ledger
from medallion.ledger.past import PastRun, past_runs
from medallion.pipeline import LAYERS, Plan, calendar_of, last_complete_interval
from medallion.reports.day_in_warehouse import TREND_DAYS, Weeks

Figures = dict[str, Any]
Runs = Mapping[date, Sequence[PastRun]]


def runs_by_day(ledger: Ledger, plan: Plan, day: date) -> Runs:
    """The runs of the days until a day, one an interval: of repeated ones that which ended last.

    Args:
        ledger: where they were written down.
        plan: the client's.
        day: the last one.
    """
    zone = plan.client.timezone
    first, end = (midnight(day + timedelta(days=days), zone) for days in (1 - TREND_DAYS, 1))
    found = past_runs(ledger, plan.dag_id, first.replace(tzinfo=None), end.replace(tzinfo=None))
    latest: dict[datetime, PastRun] = {}
    for run in sorted(found, key=lambda one: one.ended_at or one.started_at):
        latest[own_start(plan, run.interval_start, run.interval_end)] = run
    days: dict[date, list[PastRun]] = defaultdict(list)
    for start, run in sorted(latest.items()):
        days[start.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()].append(run)
    return days


def own_start(plan: Plan, start: datetime, end: datetime) -> datetime:
    """The start of the interval that a run is dated by, which is the last it processed.

    Args:
        plan: the client's.
        start: of the first interval, in UTC without zone.
        end: of the last one.
    """
    last = last_complete_interval(calendar_of(plan.client), end.replace(tzinfo=UTC))
    return max(start, last.start.replace(tzinfo=None))


def trends_of(plan: Plan, day: date, runs: Runs, weeks: Iterable[Weeks]) -> Figures:
    """Put the trends together.

    Args:
        plan: the client's.
        day: the last day of each trend.
        runs: by day, as :func:`runs_by_day` found them.
        weeks: the client's marts of rolling weeks.

    Returns:
        What :class:`medallion.reports.daily_contract.Trends` describes.
    """
    days = [day - timedelta(days=back) for back in reversed(range(TREND_DAYS))]
    series = [one for mart in weeks if mart.days for one in _of_mart(days, mart)]
    series += [_of_layer(plan, days, runs, layer) for layer in LAYERS if _measured(runs, layer)]
    series.append(_series("seconds", [_seconds(runs.get(one, ())) for one in days]))
    return {"first_day": days[0].isoformat(), "last_day": day.isoformat(), "series": series}


def _of_mart(days: Sequence[date], weeks: Weeks) -> Iterable[Figures]:
    def column(name: str) -> list[Any]:
        return [weeks.days[one][name] if one in weeks.days else None for one in days]

    yield _series(
        "revenue",
        column("revenue"),
        of=weeks.mart,
        unit=weeks.currency,
        averages=column("average_daily_revenue"),
    )
    yield _series("orders", column("order_count"), of=weeks.mart, averages=column("average_daily_orders"))


def _of_layer(plan: Plan, days: Sequence[date], runs: Runs, layer: str) -> Figures:
    values = [min(_scores(runs.get(one, ()), layer), default=None) for one in days]
    threshold = plan.client.business_rules.quality_threshold.default
    return _series("score", values, of=layer, threshold=threshold)


def _scores(runs: Sequence[PastRun], layer: str) -> list[float]:
    return [run.scores[layer] for run in runs if layer in run.scores]


def _measured(runs: Runs, layer: str) -> bool:
    return any(layer in run.scores for of_day in runs.values() for run in of_day)


def _seconds(runs: Sequence[PastRun]) -> float | None:
    took = [run.seconds for run in runs if run.seconds is not None]
    return round(sum(took), 3) if took else None


def _series(
    name: str,
    values: list[Any],
    *,
    of: str | None = None,
    unit: str | None = None,
    averages: list[Any] | None = None,
    threshold: float | None = None,
) -> Figures:
    return {
        "name": name,
        "of": of,
        "unit": unit,
        "threshold": threshold,
        "values": values,
        "averages": averages,
    }
