"""What is done by hand beside files: nothing of it is undone by a sync."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medallion.exceptions import RegistryError
from medallion.registry import (
    ACTIVE,
    API,
    CLI,
    DISABLED,
    DRAINING,
    FILE,
    REMOVED,
    SyncPlan,
)
from medallion.registry.by_hand import enable, remove, roll_back

ANN = {"origin": CLI, "actor": "ann", "why": "by hand"}


def _words(done: SyncPlan) -> dict[str, str]:
    return {step.client_id: step.word for step in done.steps}


def test_a_rollback_survives_syncs_until_the_file_changes(house) -> None:
    house.sync()
    house.edit("shop", "schedule_interval: 6h", "schedule_interval: 12h")
    house.sync()
    roll_back(house.registry(), "shop", 1, house.catalog(), house.settings, **ANN)

    done = house.sync()

    assert (_words(done), done.differing) == ({}, ("shop",))
    assert house.registry().heads()["shop"].revision == 3
    house.edit("shop", "schedule_interval: 12h", "schedule_interval: 8h")
    assert _words(house.sync()) == {"shop": "updated"}
    assert house.sync().differing == ()


def test_a_client_of_the_api_survives_syncs(house, shop) -> None:
    registry = house.registry()
    client = shop.client.model_copy(update={"id": "caps"})
    made = replace(shop, client=client)
    registry.put("caps", made, status=ACTIVE, origin=API, actor="app", why="")

    done = house.sync()

    assert _words(done) == {"shop": "created", "small": "created"}
    assert registry.heads()["caps"] == (ACTIVE, 1, made.checksum, API)


def test_a_file_that_comes_to_say_what_the_api_said_takes_over_no_removal(house, shop) -> None:
    registry = house.registry()
    registry.put("shop", shop, status=ACTIVE, origin=API, actor="app", why="")
    house.sync()
    assert [one.origin for one in registry.history("shop")] == [API, FILE]
    roll = replace(shop, client=shop.client.model_copy(update={"retries": 5}))
    registry.put("shop", roll, status=ACTIVE, origin=API, actor="app", why="")

    assert _words(house.sync()) == {}
    (house.clients / "shop.yml").unlink()
    assert _words(house.sync()) == {}


def test_what_was_removed_or_disabled_by_hand_stays_so(house) -> None:
    house.sync()
    remove(house.registry(), "shop", **ANN)
    house.registry().set_status("small", DISABLED, **ANN)

    done = house.sync()

    assert (_words(done), done.differing) == ({}, ("shop", "small"))


@pytest.mark.parametrize("drawn", [True, False])
def test_a_client_brought_back_after_its_file_went_stays(house, drawn) -> None:
    house.sync()
    if drawn:
        house.draw("shop")
    (house.clients / "shop.yml").unlink()
    house.sync()
    enable(house.registry(), "shop", house.catalog(), house.settings, **ANN)

    assert _words(house.sync()) == {}
    assert house.registry().heads()["shop"].status == ACTIVE


def test_a_rollback_is_a_revision_that_says_what_it_goes_back_to(house) -> None:
    house.sync()
    house.edit("shop", "retries: 0", "retries: 1")
    house.sync()

    made = roll_back(house.registry(), "shop", 1, house.catalog(), house.settings, origin=CLI, actor="ann")

    last = house.registry().history("shop")[-1]
    assert (made.revision, last.origin, last.why) == (3, CLI, "back to revision 1")
    assert made.checksum == house.registry().history("shop")[0].checksum
    assert house.registry().events("shop")[-1].action == "rolled back"


def test_a_rollback_to_what_cannot_run_any_more_is_refused(house) -> None:
    house.sync()
    house.edit("shop", "destination: lake", "destination: warehouse")
    house.edit("shop", "  - name: sales\n    location: s3://bucket/sales\n", "")
    house.edit("shop", ", rules: {line_has_order: 0.99}", "")
    house.sync()
    (house.settings.configs / "sources" / "sales.yml").unlink()
    lake = house.settings.configs / "destinations.yml"
    lake.write_text(lake.read_text().splitlines()[0])

    with pytest.raises(Exception, match="data_sources") as error:
        roll_back(house.registry(), "shop", 1, house.catalog(), house.settings, **ANN)

    assert str(error.value).splitlines() == [
        "client 'shop': data_sources[1].name: must be one of the sources (crm, till), is 'sales'",
        "client 'shop': destination: must be one of the destinations (warehouse), is 'lake'",
    ]
    assert house.registry().heads()["shop"].revision == 2


def test_a_rollback_to_what_is_not_there_is_refused(house) -> None:
    house.sync()
    catalog, settings = house.catalog(), house.settings

    with pytest.raises(RegistryError, match="shop has the revisions 1 to 1, and none of number 7"):
        roll_back(house.registry(), "shop", 7, catalog, settings, **ANN)
    remove(house.registry(), "shop", **ANN)
    with pytest.raises(RegistryError, match="at revision 2 shop was removed; choose an earlier one"):
        roll_back(house.registry(), "shop", 2, catalog, settings, **ANN)
    assert roll_back(house.registry(), "shop", 1, catalog, settings, **ANN).status == ACTIVE


def test_a_removal_drains_where_there_is_a_dag_and_may_ask_for_its_history_to_go(house) -> None:
    house.sync()
    house.draw("shop")

    assert remove(house.registry(), "shop", forget=True, **ANN).status == DRAINING
    assert remove(house.registry(), "small", **ANN).status == REMOVED
    assert [event.action for event in house.registry().events("shop")] == ["created", "draining", "forget"]
    with pytest.raises(RegistryError, match="small is removed; `medallion enable small` brings it back"):
        remove(house.registry(), "small", **ANN)
