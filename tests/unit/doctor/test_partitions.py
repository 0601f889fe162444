from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from medallion.database import metadata
from medallion.doctor import BAD, OK, WARN
from medallion.doctor.partitions import partitions
from medallion.ledger import Ledger, RunKey

NOW = datetime(2026, 1, 20, 9, tzinfo=UTC)


@pytest.fixture
def ledger():
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)
    yield Ledger(engine)
    engine.dispose()


@pytest.fixture
def look(settings, ledger, definition):
    """What is missing of a client that ran first on a day and landed some partitions."""

    def look(*landed, first=datetime(2026, 1, 10), now=NOW, **changed):
        values = {"interval_start": first, "interval_end": first}
        ledger.start_run(RunKey("dag", "scheduled__1"), client_id="acme", config_version="x", **values)
        for partition in landed:
            folder = settings.landing / "acme/crm/people/year=2026/month=01" / partition
            folder.mkdir(parents=True)
        return list(partitions(settings.landing, ledger, [definition(**changed)], now))

    return look


def days(*numbers):
    return [f"day={number}" for number in numbers]


def test_where_all_landed_nothing_is_missing(look):
    (found,) = look(*days(*range(10, 19)))
    assert found.level == OK


def test_the_last_interval_may_still_run(look):
    (found,) = look(*days(*range(10, 18)), now=datetime(2026, 1, 19, 23, tzinfo=UTC))
    assert found.level == OK  # the 18th ended 23 hours ago


def test_a_hole_is_bad_and_has_its_command(look):
    (found,) = look(*days(10, 11, 14, 16, 17, 18))
    assert found.level == BAD
    assert (
        found.said
        == "acme: 3 intervals of 2026-01-12 to 2026-01-15 did not land, though later ones did (crm)"
    )
    assert found.todo == (
        "medallion run acme --from 2026-01-12 --to 2026-01-13 --again all; "
        "medallion run acme --date 2026-01-15"
    )


def test_what_was_never_run_at_the_end_is_only_told(look):
    (found,) = look(*days(*range(10, 18)))
    assert (found.level, found.todo) == (WARN, "medallion run acme --date 2026-01-18")
    assert found.said == "acme: 1 interval of 2026-01-18 has not landed (crm)"


def test_hours_are_told_apart(look):
    hours = [f"day={day}/hour={hour:02}00" for day in (18, 19) for hour in (0, 12)]
    found = look(*hours[:1], *hours[2:], first=datetime(2026, 1, 18), schedule_interval="12h")
    assert [(one.level, "1 interval of 2026-01-18" in one.said) for one in found] == [(BAD, True)]


def test_what_retention_has_deleted_is_not_missed(look):
    kept = {"data_retention_days": 2, "quality_threshold": 0.95}
    (found,) = look(*days(18), business_rules=kept)
    assert found.level == OK


def test_a_client_without_schedule_misses_nothing(look):
    (found,) = look(schedule_interval=None)
    assert found.level == OK


def test_a_client_that_never_ran_misses_nothing(settings, ledger, definition):
    (found,) = partitions(settings.landing, ledger, [definition()], NOW)
    assert found.level == OK


def test_many_spans_are_cut_short(look):
    (found,) = look(*days(11, 13, 15, 17, 18))
    assert found.todo.endswith("--date 2026-01-14 and 1 more span")
