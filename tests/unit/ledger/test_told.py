from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from medallion.ledger import RunKey, open_ledger
from medallion.ledger.tables import notification
from medallion.ledger.told import (
    channels_told,
    end_cause,
    end_telling,
    hold_back,
    note,
    open_causes,
    take,
)
from medallion.severity import Severity

KEY = RunKey("client_shop_pipeline", "manual__1")
SAID = {"client_id": "shop", "kind": "task failed", "task_id": "silver.build", "subject": "shop failed"}
MANY = 8


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request, tmp_path):
    if request.param == "sqlite":
        return open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    return open_ledger(request.getfixturevalue("own_schema")())


def write(ledger, cause="layer:silver", severity=Severity.ERROR, key=KEY):
    return note(ledger, key, cause=cause, severity=severity, **SAID)


def at_once(work):
    """What several threads give that do the same at once."""
    start = Barrier(MANY)

    def one(_):
        start.wait()
        return work()

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(one, range(MANY)))


def test_of_several_at_once_one_finds_a_cause_new_and_all_find_the_same(ledger):
    found = at_once(lambda: write(ledger))
    assert sorted(new for _, new in found) == [False] * (MANY - 1) + [True]
    assert len({told.id for told, _ in found}) == 1


def test_of_several_at_once_one_tells_a_channel(ledger):
    told, _ = write(ledger)
    assert sum(at_once(lambda: take(ledger, told.id, "email", Severity.ERROR))) == 1
    end_telling(ledger, told.id, "email", "away")
    assert sum(at_once(lambda: take(ledger, told.id, "email", Severity.ERROR))) == 1
    assert sum(at_once(lambda: take(ledger, told.id, "email", Severity.CRITICAL))) == 1


def test_of_several_at_once_one_ends_a_cause_and_every_repeat_is_counted(ledger):
    told, _ = write(ledger)
    at_once(lambda: hold_back(ledger, told.id))
    assert sum(at_once(lambda: end_cause(ledger, told.id))) == 1
    with ledger.engine.connect() as connection:
        assert connection.execute(select(notification.c.held)).scalars().all() == [MANY]


def test_a_cause_keeps_its_worst_severity_and_comes_back_as_another_episode(ledger):
    first, _ = write(ledger, severity=Severity.ERROR)
    write(ledger, severity=Severity.WARNING)
    assert [one.severity for one in open_causes(ledger, KEY)] == ["error"]
    end_cause(ledger, first.id)
    again, new = write(ledger)
    assert new
    assert again.id != first.id
    assert [one.id for one in open_causes(ledger, KEY)] == [again.id]


def test_a_channel_that_was_told_is_not_told_again_unless_it_is_worse(ledger):
    told, _ = write(ledger)
    assert take(ledger, told.id, "chat", Severity.WARNING)
    end_telling(ledger, told.id, "chat")
    assert not take(ledger, told.id, "chat", Severity.WARNING)
    assert not take(ledger, told.id, "chat", Severity.INFO)
    assert take(ledger, told.id, "chat", Severity.ERROR)
    assert take(ledger, told.id, "mail", Severity.INFO)
    end_telling(ledger, told.id, "mail", "refused")
    assert channels_told(ledger, [told.id]) == {"chat": ("sending", ""), "mail": ("failed", "refused")}


def test_causes_are_of_their_run_and_task(ledger):
    write(ledger)
    write(ledger, cause="other", key=RunKey(KEY.dag_id, "manual__2"))
    assert [one.cause for one in open_causes(ledger, KEY)] == ["layer:silver"]
    assert open_causes(ledger, KEY, "gold.build") == []
    assert len(open_causes(ledger, KEY, "silver.build")) == 1
