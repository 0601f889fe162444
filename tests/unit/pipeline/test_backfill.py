from datetime import UTC, date, datetime, timedelta

import pytest

from medallion.exceptions import ConfigError
from medallion.pipeline.backfill import Again, read_backfill, spans
from small_shop import small_shop

NOW = datetime(2026, 3, 10, 14, 30, tzinfo=UTC)
SIX_HOURS = timedelta(hours=6)


def ask(first="2026-03-02", last="2026-03-04", of=None, **how):
    days = date.fromisoformat(first), date.fromisoformat(last)
    return read_backfill(of or small_shop(schedule_interval=SIX_HOURS), *days, NOW, **how)


def test_both_days_are_run_whole():
    request = ask().request("client_shop_pipeline")
    assert request["from_date"] == "2026-03-02T00:00:00+00:00"
    assert request["to_date"] == "2026-03-04T23:59:59.999999+00:00"


def test_the_days_are_those_of_the_clients_clocks():
    berlin = small_shop(timezone="Europe/Berlin")
    spring = datetime(2026, 3, 29, 22, 30, tzinfo=UTC)  # 30 March, half past midnight, there
    days = date(2026, 3, 29), date(2026, 3, 30)
    request = read_backfill(berlin, *days, spring).request("dag")
    assert request["from_date"] == "2026-03-28T23:00:00+00:00"
    assert request["to_date"] == "2026-03-30T21:59:59.999999+00:00"
    with pytest.raises(ConfigError, match="today is 2026-03-29 in Europe/Berlin"):
        read_backfill(berlin, *days, spring - timedelta(hours=1))


def test_what_is_left_open_runs_what_never_ran_with_todays_config():
    request = ask(conf={"reason": "why"}).request("client_shop_pipeline")
    del request["from_date"], request["to_date"]
    assert request == {
        "dag_id": "client_shop_pipeline",
        "run_backwards": False,
        "reprocess_behavior": "none",
        "max_active_runs": 1,
        "run_on_latest_version": True,
        "dag_run_conf": {"reason": "why"},
    }


@pytest.mark.parametrize(
    ("again", "said"), [(Again.MISSING, "none"), (Again.FAILED, "failed"), (Again.ALL, "completed")]
)
def test_airflow_is_told_in_its_own_words_what_runs_again(again, said):
    assert ask(again=again).request("dag")["reprocess_behavior"] == said


def test_a_period_that_divides_no_day_begins_with_the_first_interval_of_the_day():
    request = ask(of=small_shop(schedule_interval=timedelta(hours=5))).request("dag")
    assert request["from_date"] == "2026-03-02T04:00:00+00:00"  # 98,447 periods after 1970 began


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"first": "2026-03-05"}, "--to 2026-03-04 is before --from 2026-03-05"),
        (
            {"first": "2025-12-31"},
            "--from 2025-12-31 is before shop starts: its start_date is 2026-01-01",
        ),
        ({"last": "2026-03-11"}, "--to 2026-03-11 lies in the future: today is 2026-03-10 in UTC"),
        ({"conf": {"dry_run": True}}, "--dry-run is for --date"),
    ],
)
def test_what_cannot_be_run_is_said_so(asked, told):
    with pytest.raises(ConfigError, match=told):
        ask(**asked)


def test_runs_that_depend_on_the_past_repair_it_first():
    of = small_shop(depends_on_past=True)
    assert ask(of=of).again is Again.FAILED
    assert ask(of=of, again=Again.ALL).again is Again.ALL
    with pytest.raises(ConfigError, match="--again missing: shop has depends_on_past"):
        ask(of=of, again=Again.MISSING)
    with pytest.raises(ConfigError, match="--backwards: shop has depends_on_past"):
        ask(of=of, backwards=True)


def test_neighbours_are_told_as_one_stretch_and_a_hole_parts_them():
    starts = [datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in (18, 0, 6)]
    first, second, last = starts[1], starts[2], starts[0]
    assert spans(starts, SIX_HOURS) == [(first, second, 2), (last, last, 1)]
    assert spans([], SIX_HOURS) == []
