import pytest

from medallion.ledger import RunKey, open_ledger
from medallion.ledger.turns import BUILD, RUN, take_turn


class Client:
    """A client whose runs take turns; ``at_work`` are those that Airflow would call running."""

    def __init__(self, ledger):
        self.ledger = ledger
        self.at_work = set()

    def take(self, run_id, turns=1, kind=RUN):
        self.at_work.add(run_id)
        key = RunKey("client_shop_pipeline", run_id)
        return take_turn(self.ledger, key, turns, self.at_work.__contains__, kind)


@pytest.fixture
def client(tmp_path):
    return Client(open_ledger(f"sqlite:///{tmp_path}/ledger.db"))


def test_a_run_waits_until_the_one_before_has_ended(client):
    assert client.take("first") is None
    assert client.take("second") == "first"
    client.at_work.remove("first")
    assert client.take("second") is None
    assert client.take("third") == "second"


def test_a_run_that_has_its_turn_keeps_it(client):
    assert [client.take("first"), client.take("first")] == [None, None]


def test_as_many_are_at_work_as_there_are_turns(client):
    assert [client.take(run, 2) for run in ("first", "second", "third")] == [None, None, "first"]
    client.at_work.remove("second")
    assert client.take("third", 2) is None


def test_runs_of_before_count_where_there_are_fewer_turns_now(client):
    assert [client.take("first", 2), client.take("second", 2)] == [None, None]
    client.at_work.remove("first")
    assert client.take("third", 1) == "second"


def test_whoever_waits_longest_is_next(client):
    client.take("first")
    assert client.take("scheduled") == "first"
    client.at_work.remove("first")
    assert client.take("backfilled") == "scheduled"
    assert client.take("scheduled") is None
    assert client.take("backfilled") == "scheduled"
    client.at_work.remove("scheduled")
    assert client.take("backfilled") is None


def test_a_run_that_gave_up_waiting_holds_up_nobody(client):
    client.take("first")
    client.take("second")
    client.at_work -= {"first", "second"}
    assert client.take("third") is None


def test_a_run_that_is_made_anew_waits_again(client):
    client.take("first")
    client.at_work.remove("first")
    assert client.take("second") is None
    assert client.take("first") == "second"


def test_clients_take_turns_apart(client):
    client.take("first")
    other = RunKey("client_other_pipeline", "first")
    assert take_turn(client.ledger, other, 1, client.at_work.__contains__) is None


def test_one_of_several_at_work_builds_and_the_others_line_up(client):
    runs = ("first", "second", "third")
    assert [client.take(run, 3) for run in runs] == [None, None, None]
    assert client.take("second", kind=BUILD) is None
    assert [client.take(run, kind=BUILD) for run in ("third", "first")] == ["second", "second"]
    assert [client.take(run, 3) for run in runs] == [None, None, None]
    client.at_work.remove("second")
    assert client.take("first", kind=BUILD) == "third"
    assert client.take("third", kind=BUILD) is None
    assert client.take("fourth", 3) is None
