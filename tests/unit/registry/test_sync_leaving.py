"""Clients whose files go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medallion.registry import (
    ACTIVE,
    CLI,
    DRAINING,
    REMOVED,
    SyncPlan,
    plan_sync,
)

ANN = {"origin": CLI, "actor": "ann", "why": "by hand"}


def _words(done: SyncPlan) -> dict[str, str]:
    return {step.client_id: step.word for step in done.steps}


def _fleet(house, count: int) -> list[str]:
    names = [f"small_{number}" for number in range(count)]
    for name in names:
        house.write(name)
    (house.clients / "shop.yml").unlink()
    (house.clients / "small.yml").rename(house.clients / "kept.yml")
    house.sync()
    house.draw("kept", *names)
    return names


def test_a_client_whose_file_is_gone_drains_and_without_a_dag_is_removed_at_once(house) -> None:
    house.sync()
    house.draw("shop")
    for name in ("shop", "small"):
        (house.clients / f"{name}.yml").unlink()

    done = house.sync(confirmed=True)

    assert _words(done) == {"shop": DRAINING, "small": REMOVED}
    assert [head.status for head in house.registry().heads().values()] == [DRAINING, REMOVED]
    assert _words(house.sync()) == {}


def test_a_client_whose_file_comes_back_is_active_again(house) -> None:
    house.sync()
    house.draw("shop")
    texts = {path: path.read_text() for path in house.clients.iterdir()}
    for path in texts:
        path.unlink()
    house.sync(confirmed=True)
    for path, text in texts.items():
        path.write_text(text)

    done = house.sync()

    assert _words(done) == {"shop": "updated", "small": "created"}
    assert done.of("updated")[0].changes["status"] == (DRAINING, ACTIVE)


@pytest.mark.parametrize(("gone", "refused"), [(1, False), (3, False), (4, True)])
def test_more_than_a_share_of_active_clients_may_not_leave_unasked(house, gone, refused) -> None:
    names = _fleet(house, 9)
    for name in names[:gone]:
        (house.clients / f"{name}.yml").unlink()

    done = house.sync()

    assert bool(done.refusal) is refused
    assert len(done.steps) == (0 if refused else gone)
    if refused:
        said = "4 of 10 active clients would leave at once, more than 30%: small_0, small_1, small_2, small_3"
        assert done.refusal.startswith(said)
        assert len(house.sync(confirmed=True).of(DRAINING)) == 4


def test_refused_as_a_whole_nothing_else_is_done_either(house) -> None:
    names = _fleet(house, 3)
    for name in names[:2]:
        house.write(name, "enabled: false", like=name)
    house.write("another", like="kept")

    done = house.sync()

    assert "2 of 4 active clients" in done.refusal
    assert "another" not in house.registry().heads()
    assert plan_sync(house.catalog(), house.registry(), house.settings).totals["created"] == 1


def test_one_client_may_always_leave_and_the_share_can_be_set(house) -> None:
    _fleet(house, 1)
    (house.clients / "small_0.yml").unlink()
    assert _words(house.sync()) == {"small_0": DRAINING}

    house.settings = replace(house.settings, leaving_share=0.0)
    (house.clients / "kept.yml").unlink()
    assert _words(house.sync()) == {"kept": DRAINING}


def test_a_client_moves_to_another_platform_once_it_has_left_the_first(house) -> None:
    house.sync()
    house.draw("small")
    house.write("small", "platform: west")

    assert "small is active on the platform default" in house.sync("west").conflicts["small"]
    assert _words(house.sync()) == {"small": DRAINING}
    assert "small is draining on the platform default" in house.sync("west").conflicts["small"]
    house.registry().set_status("small", REMOVED, **ANN)
    assert _words(house.sync("west")) == {"small": "created"}
    assert _words(house.sync()) == {}
