from __future__ import annotations

from datetime import timedelta

import pytest

from medallion.exceptions import ExtractError
from medallion.extract.landing import Stage
from medallion.ledger import streams
from medallion.stream.inbox import Inbox


def test_what_is_dropped_lands_and_leaves_the_inbox(till):
    till.drop("a.jsonl", till.sale(1), till.sale(2))
    assert till.take() == [(2, 0, False)]
    assert till.landed() == ["S1", "S2"]
    assert not list(till.inbox.glob("*.jsonl"))
    assert till.waiting().events == 2
    assert streams.position(till.ledger, "shop", "till", "sales", "inbox") == "a.jsonl"


def test_nothing_lands_of_an_empty_inbox(till):
    assert till.take() == []
    assert not till.waiting()


def test_an_event_that_comes_again_does_not_land_again(till):
    till.drop("a.jsonl", till.sale(1), till.sale(1))
    assert till.take() == [(1, 1, False)]
    till.drop("b.jsonl", till.sale(1), till.sale(2))
    assert till.take() == [(1, 1, False)]
    assert till.landed() == ["S1", "S2"]


def test_a_later_version_of_a_key_is_another_event(till):
    till.drop("a.jsonl", till.sale(1), till.sale(1, till.now + timedelta(seconds=1)))
    assert till.take() == [(2, 0, False)]


def test_no_more_than_the_limit_is_taken_and_the_oldest_first(till):
    till.client = till.client.model_copy(
        update={"realtime": till.client.realtime.model_copy(update={"limit": 3})}
    )
    for number in range(4):
        till.drop(f"{number}.jsonl", till.sale(2 * number), till.sale(2 * number + 1))
    assert till.take() == [(2, 0, True)]
    assert till.landed() == ["S0", "S1"]
    assert till.take() == [(2, 0, True)]
    assert [till.take(), till.take()] == [[(2, 0, True)], [(2, 0, False)]]
    assert till.take() == []


@pytest.mark.parametrize("moment", ["before landing", "after landing", "before the inbox is cleared"])
def test_a_writer_that_is_killed_loses_nothing_and_doubles_nothing(till, monkeypatch, moment):
    till.drop("a.jsonl", till.sale(1))
    till.take()
    till.drop("b.jsonl", till.sale(2), till.sale(3))

    class Killed(BaseException):
        pass

    def die(*_arguments, **_options):
        raise Killed

    with monkeypatch.context() as killing:
        if moment == "before landing":
            killing.setattr(Stage, "land", die)
        elif moment == "after landing":
            land = Stage.land
            killing.setattr(Stage, "land", lambda *given: (land(*given), die()))
        else:
            killing.setattr(Inbox, "done", die)
        with pytest.raises(Killed):
            till.take()
    ((events, duplicates, _),) = till.take()
    assert events + duplicates == 2
    assert till.landed() == ["S1", "S2", "S3"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"id": "S1", "amount": 5', "line 1 is cut off or malformed"),
        ("5", "line 1 is not an object"),
        ('{"id": "S1", "amount": 5}', "line 1 lacks at"),
        ('{"id": "S1", "at": "2026-01-15T06:00:00Z"}', "no line has amount"),
    ],
)
def test_a_file_of_no_events_is_set_aside_and_holds_up_nothing(till, line, why):
    till.drop("a.jsonl")
    (till.inbox / "a.jsonl").write_text(f"{line}\n")
    till.drop("b.jsonl", till.sale(2))
    assert till.take() == [(1, 0, False)]
    assert (till.inbox / "refused" / "a.jsonl").read_text() == f"{line}\n"
    assert why in (till.inbox / "refused" / "a.jsonl.why").read_text()


def test_a_file_whose_columns_do_not_fit_is_set_aside_alone(till):
    till.drop("a.jsonl", till.sale(1))
    till.drop("b.jsonl", {**till.sale(2), "amount": {"of": 5}})
    till.drop("c.jsonl", till.sale(3))
    while till.take():
        pass
    assert till.landed() == ["S1", "S3"]
    assert [path.name for path in (till.inbox / "refused").glob("*.jsonl")] == ["b.jsonl"]


def test_events_of_long_ago_are_late_and_say_nothing_of_how_fresh_gold_is(till):
    till.drop("a.jsonl", till.sale(1), till.sale(2, till.now - timedelta(days=2)))
    till.take()
    (row,) = streams.mark_gold(till.ledger, "shop", "run", till.waiting())
    assert (row["events"], row["late"]) == (2, 1)
    assert row["first_event"] == till.now.replace(tzinfo=None)


def test_a_late_event_that_a_batch_has_brought_does_not_land(till):
    till.batch(till.sale(1), till.sale(2))
    till.drop("a.jsonl", till.sale(2), till.sale(3))
    assert till.take() == [(1, 1, False)]
    assert till.landed() == ["S3"]


def test_what_lands_meanwhile_still_waits_once_gold_has_the_rest(till):
    till.drop("a.jsonl", till.sale(1))
    till.take()
    seen = till.waiting()
    till.drop("b.jsonl", till.sale(2))
    till.take()
    streams.mark_gold(till.ledger, "shop", "run", seen)
    assert till.waiting().events == 1
    assert till.waiting().parts


def test_a_landing_that_cannot_be_written_leaves_the_events_in_the_inbox(till):
    till.settings.landing.parent.mkdir(exist_ok=True)
    till.settings.landing.mkdir()
    (till.settings.landing / "shop").write_text("in the way")
    till.drop("a.jsonl", till.sale(1))
    with pytest.raises((ExtractError, OSError)):
        till.take()
    assert [path.name for path in till.inbox.glob("*.jsonl")] == ["a.jsonl"]
