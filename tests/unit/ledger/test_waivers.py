from datetime import date, datetime, timedelta

import pytest

from medallion.ledger import open_ledger
from medallion.ledger.waivers import Waiver, in_force, sign, waivers, withdraw

NOW = datetime(2026, 1, 15, 23, 59)
TODAY = NOW.date()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def _no_midnight(monkeypatch):
    monkeypatch.setattr("medallion.ledger.waivers.utcnow", lambda: NOW)


@pytest.fixture
def book(tmp_path):
    return open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")


def test_a_waiver_counts_up_to_and_with_its_last_day(book):
    for until in (YESTERDAY, TODAY, TOMORROW):
        sign(book, "a", "line_has_order", until=until, why="late tills", by="ann")
    assert [one.until for one in in_force(book, "a")] == [TODAY, TOMORROW]


def test_clients_stay_apart(book):
    sign(book, "a", "line_has_order", until=TODAY, why="late tills", by="ann")
    assert (len(waivers(book, "a")), waivers(book, "b")) == (1, [])


def test_withdrawing_ends_what_is_in_force_and_keeps_what_was_signed(book):
    old = sign(book, "a", "line_has_order", until=YESTERDAY, why="first", by="ann")
    sign(book, "a", "line_has_order", until=TOMORROW, why="second", by="ann")
    other = sign(book, "a", "order_has_address", until=TOMORROW, why="third", by="ann")
    assert withdraw(book, "a", "line_has_order", "bob") == 1
    assert withdraw(book, "a", "line_has_order", "eve") == 0
    assert in_force(book, "a") == [other]
    ended = waivers(book, "a")[1]
    assert (ended.why, ended.signed_by, ended.withdrawn_by) == ("second", "ann", "bob")
    assert waivers(book, "a")[0] == old


def test_a_waiver_survives_json():
    stamp = datetime(2026, 1, 15, 12, 30, 5, 123)
    for withdrawn in (None, stamp):
        one = Waiver("a", "r", date(2026, 1, 31), "because", "ann", stamp, "bob", withdrawn, id=3)
        assert Waiver.of(one.facts()) == one
