from __future__ import annotations

from datetime import timedelta

from medallion.interval import Interval
from medallion.ledger import streams, tables


def test_a_batch_with_the_same_events_takes_the_place_of_the_stream(till):
    till.drop("a.jsonl", till.sale(1), till.sale(2))
    till.take()
    till.batch(till.sale(1), till.sale(2))
    assert till.reconcile() == {
        "batch_rows": 2, "stream_rows": 2, "same": 2, "differing": 0, "batch_only": 0, "stream_only": 0
    }  # fmt: skip
    assert till.landed() == []


def test_differences_are_counted_and_what_only_the_stream_has_stays(till):
    till.drop("a.jsonl", till.sale(1), till.sale(2), till.sale(3))
    till.take()
    till.batch(till.sale(1), till.sale(2, amount=6.0), till.sale(4))
    assert till.reconcile() == {
        "batch_rows": 3, "stream_rows": 3, "same": 1, "differing": 1, "batch_only": 1, "stream_only": 1
    }  # fmt: skip
    assert till.landed() == ["S3"]


def test_what_changed_in_landing_waits_for_bronze_the_batch_among_it(till):
    till.drop("a.jsonl", till.sale(1))
    till.take()
    streams.mark_gold(till.ledger, "shop", "run", till.waiting())
    assert not till.waiting()
    till.batch(till.sale(1))
    till.reconcile()
    assert len(till.waiting().parts) == 2


def test_a_run_compares_once_and_again_finds_nothing(till):
    till.drop("a.jsonl", till.sale(1))
    till.take()
    till.batch(till.sale(1))
    assert till.reconcile()
    assert till.reconcile() is None
    with till.ledger.engine.connect() as connection:
        assert len(connection.execute(tables.stream_difference.select()).all()) == 1


def test_events_of_another_day_stay_and_are_not_counted(till):
    till.drop("a.jsonl", till.sale(1), till.sale(2, till.now - timedelta(days=1)))
    till.take()
    till.batch(till.sale(1))
    found = till.reconcile()
    assert (found["stream_rows"], found["stream_only"]) == (1, 0)
    assert till.landed() == ["S2"]


def test_a_minute_that_begins_with_its_interval_is_not_forgotten(till):
    minute = till.now.replace(second=0, microsecond=0)
    interval = Interval(minute, minute + timedelta(hours=6))
    part = streams.Part(
        *("till", "sales", interval.partition_path(sub_daily=True)),
        *(minute.replace(tzinfo=None), till.now.replace(tzinfo=None), till.now.replace(tzinfo=None)),
        *(2, till.now.replace(tzinfo=None)),
    )
    till.write_part(part, till.sale(1), till.sale(2))
    till.batch(till.sale(1), interval=interval, sub_daily=True)
    assert till.reconcile(interval=interval, sub_daily=True)["stream_only"] == 1
    till.drop("b.jsonl", till.sale(2))
    assert till.take() == [(0, 1, False)]
    assert till.landed() == ["S2"]


def test_a_day_without_events_has_nothing_to_compare(till):
    till.batch(till.sale(1))
    assert till.reconcile() is None
