from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from medallion.exceptions import RetentionRefused, TransformError
from medallion.ledger import RunKey, streams, tables
from medallion.pipeline import shape_of
from medallion.reports.index import update_fleet
from medallion.retention import by_hand
from medallion.transform import run_operation

pytestmark = pytest.mark.slow

BRONZE, LINES = "acme_bronze.bronze_sales__orders", "acme_bronze.bronze_sales__order_lines"
SILVER, QUARANTINE = "acme_silver.clean_sales__orders", "acme_silver.quarantine_sales__orders"


def _ages(*ages, today=date(2026, 3, 1)):
    return [str(today - timedelta(days=age)) for age in sorted(ages, reverse=True)]


def test_a_row_of_the_cutoffs_day_stays_and_one_of_the_day_before_goes(house):
    house.fill(BRONZE, *_ages(0, 1, 29, 30, 31))
    house.clean()
    assert house.days(BRONZE) == _ages(0, 1, 29, 30)


def test_gold_is_told_what_it_loses_by_silver_and_by_bronze_where_there_is_no_silver(house):
    for table in (BRONZE, LINES, SILVER):
        house.fill(table, *_ages(0, 1, 2, 61))
    house.keep_log(BRONZE, LINES, SILVER)
    house.clean()
    assert house.logged(SILVER) == house.logged(LINES) == [(1, 2, 1)]
    assert house.logged(BRONZE) == [], "silver keeps its rows longer than bronze"


def test_a_leap_day_counts(house):
    house.fill(BRONZE, "2024-02-29", "2024-03-01", "2024-03-30")
    house.clean(date(2024, 3, 31))
    assert house.days(BRONZE) == ["2024-03-01", "2024-03-30"]
    house.fill(LINES, "2024-02-28", "2024-02-29", "2024-03-30")
    house.clean(date(2024, 3, 30))
    assert house.days(LINES) == ["2024-02-29", "2024-03-30"]


@pytest.mark.parametrize(
    ("today", "cutoff"),
    [
        (date(2028, 3, 30), "2028-02-29"),
        (date(2028, 3, 31), "2028-03-01"),
        (date(2028, 2, 29), "2028-01-30"),
        (date(2027, 1, 30), "2026-12-31"),
        (date(2027, 1, 31), "2027-01-01"),
    ],
    ids=str,
)
def test_the_edge_holds_over_a_leap_day_and_a_years_end(house, today, cutoff):
    house.fill(BRONZE, *_ages(0, 1, 29, 30, 31, today=today))
    (bronze,) = house.clean(today).losses
    assert str(bronze.cutoff) == cutoff
    assert house.days(BRONZE) == _ages(0, 1, 29, 30, today=today)


def test_a_row_without_a_day_stays(house):
    house.fill(BRONZE, None, *_ages(0, 31))
    house.clean()
    assert house.days(BRONZE) == [*_ages(0), None]


def test_each_layer_has_its_own_days_and_quarantine_is_part_of_silver(house):
    for table in (BRONZE, SILVER, QUARANTINE):
        house.fill(table, *_ages(0, 1, 60, 61))
    house.fill("acme_gold.shop_orders", *_ages(0, 1, 90, 91))
    house.clean()
    assert house.days(BRONZE) == _ages(0, 1)
    assert house.days(SILVER) == house.days(QUARANTINE) == _ages(0, 1, 60)
    assert house.days("acme_gold.shop_orders") == _ages(0, 1, 90)


def test_a_table_without_run_date_is_let_be_and_told(house):
    house.fill(SILVER, *_ages(0, 1, 61))
    house.query("create schema acme_gold")
    house.query("create table acme_gold.shop_orders as select date '2001-01-01' as order_date")
    (mart,) = [loss for loss in house.look().losses if loss.layer == "gold"]
    assert (mart.object, mart.cutoff, mart.held, mart.gone) == ("shop_orders", None, None, 0)
    house.clean()
    assert house.query("select count(*) from acme_gold.shop_orders") == [(1,)]


def test_only_the_clients_own_tables_that_the_project_made_are_touched(house):
    others = ("acme_bronze.by_hand", "acme_bronze.clean_sales__orders", "globex_bronze.bronze_sales__orders")
    for table in (BRONZE, *others):
        house.fill(table, *_ages(0, 1, 31))
    house.clean()
    assert house.days(BRONZE) == _ages(0, 1)
    for table in others:
        assert house.days(table) == _ages(0, 1, 31), table


def test_reports_go_with_the_rest_are_audited_and_leave_the_fleets_page(house):
    house.report(*_ages(0, 1, 90, 91))
    update_fleet(house.ledger, house.settings.reports, "acme", {"acme": "active"})
    doomed = house.clean()
    assert str(doomed).splitlines()[1:] == [
        "  reports runs_and_days: 1 of 4 days before 2025-12-01, 25.0%, 1 files, "
        f"{doomed.reports.loss.bytes} bytes"
    ]
    (row,) = house.audit()
    told = [row[name] for name in ("layer", "object", "rows", "partitions", "files", "refused")]
    assert (told, row["cutoff"]) == (["reports", "runs_and_days", None, 1, 1, 0], date(2025, 12, 1))
    (finished,) = house.finished()
    assert finished["detail"] == {"cutoffs": {"reports": "2025-12-01"}}
    (client,) = json.loads((house.settings.reports / "index.json").read_text())["clients"]
    assert [run["run_id"][4:] for run in client["runs"]] == _ages(0, 1, 90)[::-1]


def test_too_many_reports_keep_everything_else_too(house):
    house.fill(BRONZE, *_ages(0, 1, 31))
    house.report(*_ages(0, 91, 92))
    with pytest.raises(RetentionRefused, match="reports runs_and_days: 2 of 3 days before 2025-12-01"):
        house.clean()
    assert (len(house.days(BRONZE)), len(house.reported())) == (3, 3)
    assert [(row["layer"], row["refused"]) for row in house.audit()] == [("reports", 1)]
    house.clean(run="forced", force=True)
    assert (len(house.days(BRONZE)), len(house.reported())) == (2, 1)


def test_nothing_built_and_nothing_landed_is_nothing_to_do(house):
    assert house.clean().losses == ()
    assert house.audit() == []


def test_looking_deletes_nothing_and_leaves_no_trace(house):
    house.fill(BRONZE, *_ages(0, 31))
    house.land("orders", *_ages(0, 91))
    told = {(loss.layer, loss.object): (loss.gone, loss.held) for loss in house.look().losses}
    assert told == {("landing", "sales.orders"): (1, 2), ("bronze", "bronze_sales__orders"): (1, 2)}
    assert house.days(BRONZE) == _ages(0, 31)
    assert (house.landed(), house.audit(), house.finished()) == (2, [], [])


@pytest.mark.parametrize("over", ["table", "landing"])
def test_too_much_of_one_object_and_nothing_goes_anywhere(house, over):
    house.fill(BRONZE, *_ages(0, 1, 31))
    house.fill(LINES, *(_ages(0, 31, 32) if over == "table" else _ages(0, 31)))
    house.land("orders", *(_ages(0, 1, 91) if over == "table" else _ages(0, 91, 92)))
    where = {
        "table": "bronze bronze_sales__order_lines: 2 of 3 rows before 2026-01-30, 66.7%",
        "landing": "landing sales.orders: 2 of 3 partitions before 2025-12-01, 66.7%, 2 files, 20 bytes",
    }
    with pytest.raises(RetentionRefused) as raised:
        house.clean()
    assert str(raised.value).splitlines() == [
        "acme: the cleanup would delete more than 50% of what is there; nothing was deleted. "
        "If it should go: medallion retention acme --date 2026-03-01 --force",
        f"  {where[over]}",
    ]
    assert len(house.days(BRONZE)) == 3
    assert len(house.days(LINES)) == (3 if over == "table" else 2)
    assert house.landed() == 3
    refused = [(row["layer"], row["refused"], row["rows"], row["partitions"]) for row in house.audit()]
    assert refused == [("bronze", 1, 2, None) if over == "table" else ("landing", 1, None, 2)]
    assert house.finished() == []


def test_more_than_the_share_goes_when_forced(house):
    house.fill(BRONZE, *_ages(0, 31, 32))
    house.land("orders", *_ages(0, 91, 92))
    house.clean(force=True)
    assert house.days(BRONZE) == _ages(0)
    assert house.landed() == 1
    assert [(row["forced"], row["refused"]) for row in house.audit()] == [(1, 0), (1, 0)]


def test_half_may_go(house):
    house.fill(BRONZE, *_ages(0, 1, 31, 32))
    house.clean()
    assert house.days(BRONZE) == _ages(0, 1)


def test_everything_that_went_is_in_the_ledger(house):
    house.fill(BRONZE, *_ages(0, 1, 2, 31))
    house.fill(LINES, *_ages(0, 1))
    house.land("orders", *_ages(0, 1, 91))
    house.clean()
    rows = [{k: v for k, v in row.items() if k not in ("id", "cleaned_at")} for row in house.audit()]
    common = {"dag_id": "dag", "run_id": "run", "client_id": "acme", "refused": 0, "forced": 0}
    common |= {"actor": "cleanup_old_data"}
    assert rows == [
        {
            **common,
            "layer": "bronze",
            "object": "bronze_sales__orders",
            **{"rows": 1, "partitions": None, "files": None, "bytes": None},
            "cutoff": date(2026, 1, 30),
            "share": 0.25,
        },
        {
            **common,
            "layer": "landing",
            "object": "sales.orders",
            **{"rows": None, "partitions": 1, "files": 1, "bytes": 10},
            "cutoff": date(2025, 12, 1),
            "share": pytest.approx(1 / 3),
        },
    ]
    (finished,) = house.finished()
    assert (finished["partitions"], finished["files"], finished["bytes"]) == (1, 1, 10)
    assert finished["detail"] == {"cutoffs": {"landing": "2025-12-01", "bronze": "2026-01-30"}}


def test_what_a_stream_took_is_forgotten_with_its_partitions_once_gold_has_it(house):
    oldest, old, yesterday, today = _ages(0, 1, 91, 92)
    house.land("orders", oldest, old, yesterday, today)
    for day in (old, yesterday, today):
        _streams(house, "orders", day)
    streams.mark_gold(house.ledger, "acme", "run", streams.waiting(house.ledger, "acme"))
    _streams(house, "orders", oldest)  # nobody has delivered it
    _streams(house, "lines", old)  # has no partition that goes
    house.clean()
    assert _known(house, tables.stream_part) == {("lines", old), ("orders", yesterday), ("orders", today)}
    left = {("lines", old), ("orders", oldest), ("orders", yesterday), ("orders", today)}
    assert _known(house, tables.stream_batch) == left


def _streams(house, entity, day):
    at = datetime.fromisoformat(day)
    part = streams.Part("sales", entity, f"{at:year=%Y/month=%m/day=%d}", at, at, at, 1, at)
    taken = {"channel": "inbox", "events": 1, "duplicates": 0, "late": 0}
    streams.land(house.ledger, RunKey("client_acme_realtime", "run"), "acme", part, taken)


def _known(house, table):
    """The entities and days that a table of the stream has."""
    with house.ledger.engine.connect() as connection:
        rows = connection.execute(select(table.c.entity, table.c.path)).all()
    return {(entity, "-".join(re.findall(r"\d+", path))) for entity, path in rows}


def test_a_second_cleanup_finds_nothing_more(house):
    house.fill(BRONZE, *_ages(0, 1, 31))
    house.land("orders", *_ages(0, 1, 91))
    house.clean()
    again = house.clean(run="again")
    assert [loss.gone for loss in again.losses] == [0, 0]
    assert house.audit("again") == []
    assert len(house.finished("again")) == 1


def test_rows_that_a_rebuild_brought_back_do_not_count_against_the_share(house):
    house.fill(BRONZE, *_ages(0, 31, 32, 33))
    with pytest.raises(RetentionRefused):
        house.clean()
    house.clean(force=True)
    tomorrow = date(2026, 3, 2)
    house.fill(BRONZE, *_ages(-1, 0, 30, 31, 32, 33))  # rebuilt from landing, and a day later
    (bronze,) = house.look(tomorrow).losses
    assert (bronze.gone, bronze.held, bronze.share) == (4, 6, pytest.approx(1 / 3))
    house.clean(tomorrow, run="tomorrow")
    assert house.days(BRONZE) == _ages(-1, 0)


def test_a_refusal_does_not_soften_the_next_one(house):
    house.fill(BRONZE, *_ages(0, 31, 32))
    for _ in range(2):
        with pytest.raises(RetentionRefused):
            house.clean()
    assert len(house.days(BRONZE)) == 3


def test_one_tables_cleanup_says_nothing_of_another(house):
    house.fill(BRONZE, *_ages(0, 1, 31))
    house.clean()
    house.fill(LINES, *_ages(0, 31, 32))
    with pytest.raises(RetentionRefused, match="bronze_sales__order_lines"):
        house.clean()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"layer": "landing"}, "layer: 'landing' is none of bronze, silver, gold"),
        ({"layer": "bronze; drop schema acme_bronze"}, "is none of bronze, silver, gold"),
        ({"days": 0}, "days: a whole number from 1 is wanted, not '0'"),
        ({"days": -1}, "days: a whole number"),
        ({"days": "30"}, "days: a whole number"),
        ({"days": 1.5}, "days: a whole number"),
        ({"days": True}, "days: a whole number"),
        ({"today": "2026-3-1"}, "today: a date like 2026-01-15 is wanted, not '2026-3-1'"),
        ({"today": "2026-03-01' as date) or 1 = 1 --"}, "today: a date like"),
        ({"today": "2026-02-30"}, "day is out of range"),
        ({"cleaned": {"bronze_sales__orders": "2026-01-01'--"}}, "cleaned: a date like"),
    ],
)
def test_an_argument_that_makes_no_sense_ends_the_operation(house, wrong, said):
    house.fill(BRONZE, *_ages(0, 1, 31))
    sound = {"layer": "bronze", "days": 30, "today": "2026-03-01", "dry_run": False, "force": True}
    with pytest.raises(TransformError, match=said):
        run_operation(
            house.settings,
            "acme",
            shape_of(house.client),
            "apply_retention",
            sound | wrong,
            event="medallion_retention",
        )
    assert len(house.days(BRONZE)) == 3


def test_the_operation_by_itself_deletes_nothing_unless_told(house):
    house.fill(BRONZE, *_ages(0, 1, 31))
    arguments = {"layer": "bronze", "days": 30, "today": "2026-03-01"}
    shape = shape_of(house.client)
    (told,) = run_operation(
        house.settings, "acme", shape, "apply_retention", arguments, event="medallion_retention"
    )
    assert told == {
        "medallion_retention": "bronze_sales__orders",
        "layer": "bronze",
        "cutoff": "2026-01-30",
        "held": 3,
        "gone": 1,
        "share": pytest.approx(1 / 3),
        "too_many": False,
        "deleted": False,
    }
    assert len(house.days(BRONZE)) == 3


def test_the_operation_guards_the_share_itself(house):
    house.fill(BRONZE, *_ages(0, 31, 32))
    house.fill(LINES, *_ages(0, 31))
    arguments = {"layer": "bronze", "days": 30, "today": "2026-03-01", "dry_run": False}
    with pytest.raises(TransformError, match=r"more than 0.5 of bronze_sales__orders is from before"):
        run_operation(
            house.settings,
            "acme",
            shape_of(house.client),
            "apply_retention",
            arguments,
            event="medallion_retention",
        )
    assert (len(house.days(BRONZE)), len(house.days(LINES))) == (3, 2)


def test_a_cleanup_by_hand_is_named_after_its_time(house):
    key = by_hand(house.client)
    assert key.dag_id == "client_acme_pipeline"
    assert key.run_id.startswith("by_hand__2")
