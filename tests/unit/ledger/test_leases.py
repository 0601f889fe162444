from datetime import timedelta

import pytest
from sqlalchemy import update

from medallion.database import utcnow
from medallion.ledger import RunKey, open_ledger
from medallion.ledger.leases import LEASE, Lease
from medallion.ledger.tables import layer_lease

KEY = RunKey("client_a_pipeline", "manual__1")


class Steady:
    """A clock that goes forward when it is told to."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Steady()


@pytest.fixture
def lease(tmp_path, clock):
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    return lambda owner, layer="silver": Lease(ledger, KEY, layer, owner, clock)


def test_only_one_holds_a_lease_until_it_is_given_back(lease):
    one, two = lease("one"), lease("two")
    assert one.take()
    assert one.take()
    assert not two.take()
    assert lease("two", "gold").take()
    one.give_back()
    assert two.take()


def test_a_lease_of_a_holder_that_died_is_over_after_a_while(lease, clock):
    dead, waiting = lease("dead"), lease("waiting")
    assert dead.take()
    assert not waiting.take()
    clock.now += LEASE.total_seconds() - 1
    assert not waiting.take()
    clock.now += 1
    assert waiting.take()
    assert not dead.take()  # it may have been asleep


def test_of_several_who_wait_one_takes_over(lease, clock):
    assert lease("dead").take()
    waiting = [lease(name) for name in ("a", "b", "c")]
    assert [one.take() for one in waiting] == [False, False, False]
    clock.now += LEASE.total_seconds()
    assert [one.take() for one in waiting] == [True, False, False]


def test_a_lease_that_is_extended_stays(lease, clock):
    holder, waiting = lease("holder"), lease("waiting")
    assert holder.take()
    for _ in range(10):
        assert not waiting.take()
        clock.now += LEASE.total_seconds() / 3
        assert holder.take()


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_set_neither_ends_a_lease_nor_keeps_it(lease, clock, hours, tmp_path):
    holder, waiting = lease("holder"), lease("waiting")
    assert holder.take()
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}").engine.begin() as connection:
        # As if it had been taken before the clock was set.
        connection.execute(update(layer_lease).values(expires_at=utcnow() + LEASE - timedelta(hours=hours)))
    assert not waiting.take()
    clock.now += LEASE.total_seconds()
    assert waiting.take()
