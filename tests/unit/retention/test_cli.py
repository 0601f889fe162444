from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from typer.testing import CliRunner

from medallion.cli import app
from medallion.clients.weekdays import Weekday
from medallion.exceptions import RetentionRefused
from medallion.interval import Interval
from medallion.ledger import RunKey, tables
from medallion.orchestration.ends import CleanupTask
from medallion.pipeline import make_plan, shape_of
from medallion.transform import load_slim

pytestmark = pytest.mark.slow

BRONZE, LINES = "acme_bronze.bronze_sales__orders", "acme_bronze.bronze_sales__order_lines"
CONFIG = """
description: A shop
schedule_interval: 1d
data_sources: [sales]
transformations: [clean, validate]
destination: lake
business_rules:
  data_retention_days: {landing: 30, bronze: 30, silver: 60, gold: 90}
  quality_threshold: 0.9
"""


@pytest.fixture
def installed(house, monkeypatch):
    """The house as the installation that commands and tasks find; a client's file is in its configs."""
    clients = house.settings.configs / "clients"
    clients.mkdir(exist_ok=True)
    (clients / "acme.yml").write_text(CONFIG)
    monkeypatch.setenv("MEDALLION_PROJECT", str(house.settings.project))
    monkeypatch.setenv("MEDALLION_HOME", str(house.settings.home))
    monkeypatch.delenv("MEDALLION_REGISTRY_URL", raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("LOGNAME", "mia")
    house.fill(BRONZE, "2026-01-29", "2026-01-30", "2026-02-28", "2026-03-01")
    house.fill("acme_silver.clean_sales__orders", "2026-02-28")
    house.query("create schema acme_gold")
    house.query("create table acme_gold.shop_orders as select 1 as id")
    house.land("orders", "2025-11-30", "2026-02-28", "2026-03-01")
    return house


def _run(*words):
    return CliRunner().invoke(app, ["retention", "acme", "--date", "2026-03-01", *words])


def _by_hand(house, table=tables.cleanup_object):
    with house.ledger.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(table.select())]


def test_a_dry_run_shows_what_would_go_and_why_the_rest_stays(installed):
    result = _run("--dry-run")
    assert result.exit_code == 0, result.output
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "landing sales.orders 2025-12-01 1 partition 3 33.3% 1 10" in lines
    assert "bronze bronze_sales__orders 2026-01-30 1 row 4 25.0%" in lines
    assert "silver: 1 with nothing from before 2025-12-31" in lines
    assert "gold: 1 without _run_date: the next run takes out of them what silver lost" in lines
    assert lines[-1] == "a dry run: nothing was deleted"
    assert (len(installed.days(BRONZE)), installed.landed(), _by_hand(installed)) == (4, 3, [])


def test_it_deletes_and_signs_with_the_users_name(installed):
    result = _run()
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "deleted, and in the ledger"
    assert (len(installed.days(BRONZE)), installed.landed()) == (3, 2)
    assert [(row["object"], row["actor"]) for row in _by_hand(installed)] == [
        ("bronze_sales__orders", "mia"),
        ("sales.orders", "mia"),
    ]


def test_reports_are_listed_and_deleted_with_the_rest(installed):
    installed.report("2025-11-30", "2025-12-01", "2026-03-01")
    lines = [" ".join(line.split()) for line in _run("--dry-run").stdout.splitlines()]
    size = sum(path.stat().st_size for path in installed.reported()[:1])
    assert f"reports runs_and_days 2025-12-01 1 day 3 33.3% 1 {size}" in lines
    (told,) = [
        one for one in json.loads(_run("--dry-run", "--json").stdout)["objects"] if one["unit"] == "days"
    ]
    assert (told["gone"], told["held"], told["files"], told["bytes"]) == (1, 3, 1, size)
    assert len(installed.reported()) == 3
    assert _run().exit_code == 0
    assert [path.parent.name for path in installed.reported()] == ["day=01", "day=01"]
    assert [row["object"] for row in _by_hand(installed)][-1] == "runs_and_days"


def test_json_tells_everything_it_looked_at(installed):
    facts = json.loads(_run("--dry-run", "--json").stdout)
    assert (facts["client"], facts["today"], facts["deleted"]) == ("acme", "2026-03-01", False)
    told = {one["object"]: (one["gone"], one["held"], one["unit"], one["cutoff"]) for one in facts["objects"]}
    assert told == {
        "sales.orders": (1, 3, "partitions", "2025-12-01"),
        "bronze_sales__orders": (1, 4, "rows", "2026-01-30"),
        "clean_sales__orders": (0, 1, "rows", "2025-12-31"),
        "shop_orders": (0, None, "rows", None),
    }


def test_too_much_is_refused_and_goes_when_forced(installed):
    installed.fill(LINES, "2026-01-01", "2026-01-02", "2026-03-01")
    told = _run("--dry-run")
    assert told.exit_code == 0
    assert "more than 50% would go (red): refused without --force" in told.stdout
    refused = _run("--json")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "bronze bronze_sales__order_lines: 2 of 3 rows before 2026-01-30, 66.7%" in refused.stderr
    assert (len(installed.days(BRONZE)), len(installed.days(LINES)), installed.landed()) == (4, 3, 3)
    assert json.loads(_run("--force", "--json").stdout)["deleted"]
    assert (len(installed.days(BRONZE)), len(installed.days(LINES)), installed.landed()) == (3, 1, 2)


def test_a_day_in_the_future_is_refused(installed):
    result = CliRunner().invoke(app, ["retention", "acme", "--date", "2999-01-01", "--force"])
    assert result.exit_code == 1
    assert "--date 2999-01-01 is in the future" in result.stderr
    assert len(installed.days(BRONZE)) == 4


def _execute(house, day="2026-03-01", run_type="scheduled", cleanup_on=tuple(Weekday)):
    client = house.client.model_copy(update={"cleanup_on": cleanup_on})
    plan = make_plan(client, load_slim(house.settings, shape_of(house.client)))
    interval = Interval.parse(f"{day}T00:00:00+00:00/{day}T23:59:00+00:00")
    context = {
        "dag_run": SimpleNamespace(dag_id="dag", run_id="run", run_after=interval.end, run_type=run_type),
        "data_interval_start": interval.start,
        "data_interval_end": interval.end,
    }
    CleanupTask(task_id="cleanup_old_data", plan=plan).execute(context)


def test_a_runs_cleanup_counts_from_its_interval(installed):
    _execute(installed, "2026-02-28")
    assert (len(installed.days(BRONZE)), installed.landed()) == (4, 3)
    _execute(installed, "2026-03-01")
    assert (len(installed.days(BRONZE)), installed.landed()) == (3, 2)
    assert {row["actor"] for row in installed.audit()} == {"cleanup_old_data"}
    assert len(installed.ledger.rows_of(tables.cleanup, RunKey("dag", "run"))) == 2


def test_a_runs_cleanup_fails_for_good_when_refused(installed):
    installed.fill(LINES, "2026-01-01", "2026-01-02", "2026-03-01")
    with pytest.raises(RetentionRefused, match="medallion retention acme --date 2026-03-01 --force"):
        _execute(installed)
    assert (len(installed.days(BRONZE)), installed.landed()) == (4, 3)


def test_a_backfilled_run_deletes_nothing(installed):
    with pytest.raises(AirflowSkipException, match="a backfilled run deletes nothing"):
        _execute(installed, "2026-03-01", run_type="backfill")
    assert (len(installed.days(BRONZE)), installed.landed(), list(installed.audit())) == (4, 3, [])
    (row,) = installed.ledger.rows_of(tables.cleanup, RunKey("dag", "run"))
    assert (row["partitions"], row["detail"]["why"][:16]) == (0, "a backfilled run")


def test_on_another_day_than_its_own_a_run_deletes_nothing_and_says_when(installed):
    why = "the next cleanup comes with the run of Sunday, 2026-03-01"
    with pytest.raises(AirflowSkipException, match=why):
        _execute(installed, "2026-02-28", cleanup_on=(Weekday.SUNDAY,))
    assert (len(installed.days(BRONZE)), installed.landed(), list(installed.audit())) == (4, 3, [])
    (row,) = installed.finished()
    assert (row["partitions"], row["detail"]["why"].endswith(why)) == (0, True)
    _execute(installed, "2026-03-01", cleanup_on=(Weekday.SUNDAY,))
    assert (len(installed.days(BRONZE)), installed.landed()) == (3, 2)


def test_by_hand_it_cleans_up_on_any_day(installed):
    file = installed.settings.configs / "clients" / "acme.yml"
    file.write_text(CONFIG + "cleanup_on: monday\n")  # the day to count from is a Sunday
    assert _run().exit_code == 0
    assert len(installed.days(BRONZE)) == 3
