"""Runs of a day told one after the other, and the day's report read back."""

import json
from datetime import UTC, date, datetime, timedelta

from jsonschema import Draft202012Validator

from medallion.interval import Interval
from medallion.ledger import RunKey
from medallion.pipeline import Asked
from medallion.reports import read_day, write_run_report
from medallion.reports.daily_contract import DailyReport, daily_schema

DAY = date(2026, 1, 15)
SCHEMA = Draft202012Validator(daily_schema())


def at(hour, hours=24, day=DAY):
    start = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return Interval(start, start + timedelta(hours=hours))


def tell(told, interval, name="run"):
    """Let the story go on with another run, an hour after the interval."""
    told.interval, told.clock = interval, interval.end.replace(tzinfo=None) + timedelta(hours=1)
    told.key = RunKey(told.key.dag_id, f"{name}__{interval.start:%Y%m%dT%H%M}")
    return told


def started(told, **ends):
    told.start()
    told.land()
    told.build("bronze", **ends)
    told.judge("bronze.gate", passed=not ends)


def write(told, settings, seen=None):
    """Write the run's report and its day's, and read the day's back."""
    day = told.interval.run_date
    seen = read_day(settings, told.plan, day, patience=0) if seen is None else seen
    asked = Asked((told.interval,))
    page = write_run_report(told.ledger, told.plan, told.key, asked, settings.reports, seen=seen)
    folder = page.parent.parent if told.plan.sub_daily else page.parent
    figures = json.loads((folder / "daily_report.json").read_text(encoding="utf-8"))
    SCHEMA.validate(figures)
    DailyReport.model_validate(figures, strict=True, extra="forbid", by_alias=True)
    return figures


def latest(settings):
    path = settings.reports / "acme_corp" / "latest_daily_report.json"
    return json.loads(path.read_text(encoding="utf-8"))


def series(figures, name):
    return next(one for one in figures["trends"]["series"] if one["name"] == name)
