"""What an extract's checks find reaches log, ledger and report, whether the source lands or not."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowNotFoundException

from medallion.clients import SourceContract
from medallion.exceptions import ExtractError
from medallion.interval import Interval
from medallion.ledger import RunKey, open_ledger, tables
from medallion.orchestration import notes
from medallion.orchestration.ends import ExtractTask
from medallion.pipeline import Asked, Extract, LayerPlan, Plan
from medallion.reports import write_run_report
from medallion.reports.history import read_report
from small_shop import small_shop

LAYERS = tuple(LayerPlan(layer, ()) for layer in ("bronze", "silver", "gold"))
PLAN = Plan(small_shop(), (Extract("sales", None),), LAYERS)
KEY = RunKey("client_shop_pipeline", "manual__1")
DAY = Interval(datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC))
CHECKS = {
    "rows_a_day": 3,
    "not_null": ["id", {"name": "city", "on_breach": "warn"}],
    "outside_interval": {"share": 0, "on_breach": "warn"},
}


@pytest.fixture
def extract(tmp_path, monkeypatch):
    """Run the extract's task on some orders of one day, or of several."""
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MEDALLION_REGISTRY_URL", f"sqlite:///{tmp_path}/registry.db")

    def missing():
        raise AirflowNotFoundException("there is no connection")

    monkeypatch.setattr(notes, "airflow_client", missing)
    entity = {"path": "{interval}.csv", "keys": ["id"], "event_time": "at", "checks": CHECKS}
    contract = SourceContract(
        name="sales",
        description="Sales",
        location=str(tmp_path),
        format="csv",
        load="interval",
        freshness="6h",
        entities={"orders": entity},
    )

    def run(*days, params=None):
        for number, rows in enumerate(days, start=15):
            text = "".join(f"{row}\n" for row in ("id,city,at", *rows))
            (tmp_path / f"202601{number}T0000.csv").write_text(text)
        dag_run = SimpleNamespace(
            dag_id=KEY.dag_id, run_id=KEY.run_id, run_after=datetime(2026, 2, 1, tzinfo=UTC)
        )
        task = ExtractTask(task_id="extract_sales", plan=PLAN, extract=PLAN.extracts[0], contract=contract)
        task.execute(
            {
                "dag_run": dag_run,
                "ti": SimpleNamespace(task_id="extract_sales"),
                "params": params or {},
                "data_interval_start": DAY.start,
                "data_interval_end": DAY.end,
            }
        )

    return run


@pytest.fixture
def ledger(extract, tmp_path):
    return open_ledger(f"sqlite:///{tmp_path}/registry.db")


def told(ledger):
    rows = ledger.rows_of(tables.contract_check, KEY)
    return [(row["entity"], row["check"], row["column"], row["state"], row["found"]) for row in rows]


def test_counts_reach_ledger_log_and_report(extract, ledger, tmp_path, capfd):
    extract(["1,Rome,2026-01-15T20:00:00", "2,,2026-01-14T20:00:00", "3,Oslo,2026-01-15T01:00:00"])
    assert told(ledger) == [
        ("", "freshness", None, "passed", 4 * 3600),
        ("orders", "rows_a_day", None, "passed", 3),
        ("orders", "not_null", "id", "passed", 0),
        ("orders", "not_null", "city", "warned", 1),
        ("orders", "outside_interval", None, "warned", 1),
    ]
    log = capfd.readouterr().out
    assert "orders: 20260115T0000.csv: city is null or blank in 1 of 3 rows; expected at most 0" in log
    assert "rows_a_day" not in log  # what holds is the ledger's

    page = write_run_report(ledger, PLAN, KEY, Asked((DAY,)), tmp_path / "reports")
    figures = read_report(page.with_suffix(".json"))
    assert [(one["state"], one["found"], one["population"]) for one in figures["checks"]] == [
        ("passed", 4 * 3600, None),
        ("passed", 3, None),
        ("passed", 0, 3),
        ("warned", 1, 3),
        ("warned", 1, 3),
    ]
    assert "city is null or blank in 1 of 3 rows" in page.read_text(encoding="utf-8")


def test_what_was_refused_is_in_ledger_and_reasons_too(extract, ledger, tmp_path):
    with pytest.raises(ExtractError, match=r"^shop: sales\.orders: .*2 rows; expected at least 3"):
        extract(["1,Rome,2026-01-15T20:00:00", ",Rome,2026-01-15T21:00:00"])
    states = [state for _, _, _, state, _ in told(ledger)]
    assert states == ["passed", "failed", "failed", "passed", "passed"]
    assert ledger.rows_of(tables.extraction, KEY) == []
    assert not list((tmp_path / "home" / "landing").glob("shop/**/*.parquet"))

    page = write_run_report(ledger, PLAN, KEY, Asked((DAY,)), tmp_path / "reports")
    (reason,) = read_report(page.with_suffix(".json"))["verdict"]["reasons"]
    assert reason.startswith("sales was not landed: orders: 20260115T0000.csv: 2 rows; expected at least 3")
    assert "id is null or blank in 1 of 2 rows" in reason


def test_of_several_days_the_worst_is_written_once(extract, ledger):
    days = [[f"{number},Rome,2026-01-{day}T20:00:00" for number in range(3)] for day in (15, 16, 17)]
    days[1][0] = "0,,2026-01-16T20:00:00"
    extract(*days, params={"day": "2026-01-15", "until": "2026-01-17"})
    rows = ledger.rows_of(tables.contract_check, KEY)
    assert len(rows) == 5
    city = next(row for row in rows if row["column"] == "city")
    told = (city["state"], city["intervals"], city["breaches"], city["interval_start"])
    assert told == ("warned", 3, 1, datetime(2026, 1, 16))
