from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from medallion.clients import client_from_dict
from medallion.orchestration.links import RunReportLink
from medallion.pipeline import Plan

CONFIG = {
    "description": "A shop",
    "schedule_interval": "6h",
    "data_sources": ["sales"],
    "transformations": [],
    "destination": "shelf",
    "business_rules": {"data_retention_days": 3, "quality_threshold": 0.95},
}
START, END = datetime(2026, 1, 15, 6, tzinfo=UTC), datetime(2026, 1, 15, 12, tzinfo=UTC)


def link(schedule="6h", **params):
    """What Airflow keeps as the link of a task of a run that was asked for these."""
    plan = Plan(client_from_dict("shop", CONFIG | {"schedule_interval": schedule}), (), ())
    context = {
        "dag_run": SimpleNamespace(run_after=datetime(2026, 2, 1, tzinfo=UTC)),
        "data_interval_start": START,
        "data_interval_end": END,
        "params": params,
    }
    task = SimpleNamespace(get_template_context=lambda: context)
    return RunReportLink().get_link(SimpleNamespace(plan=plan), ti_key=task)


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({}, "day=15/hour=0600/run_report.html"),
        ({"schedule": "1d"}, "day=15/run_report.html"),
        ({"day": "2026-01-20"}, "day=20/hour=1800/run_report.html"),
        ({"dry_run": True}, "day=15/hour=0600/dry_run_report.html"),
    ],
)
def test_a_link_goes_to_the_report_of_the_run(asked, path):
    assert link(**asked) == f"/medallion/shop/year=2026/month=01/{path}"


def test_a_run_that_asked_for_the_impossible_links_to_all_clients():
    assert link(until="2026-01-20") == "/medallion/"


def test_a_link_keeps_the_path_that_airflow_is_at(monkeypatch):
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://data.example/airflow/")
    assert link().startswith("/airflow/medallion/shop/")
