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
    DagFiles,
    FileChange,
    SyncPlan,
    carry_out,
    plan_sync,
)
from medallion.registry.by_hand import enable, remove, roll_back

ANN = {"origin": CLI, "actor": "ann", "why": "by hand"}


def _words(done: SyncPlan) -> dict[str, str]:
    return {step.client_id: step.word for step in done.steps}


def _draw(house, *clients: str, platform: str = "default") -> None:
    """Put clients' DAG files in the bundle."""
    files = DagFiles(house.registry(platform).engine, platform)
    files.change([FileChange(f"clients/client_{client}_pipeline.py", b"dag") for client in clients])


def _fleet(house, count: int) -> list[str]:
    names = [f"small_{number}" for number in range(count)]
    for name in names:
        house.write(name)
    (house.clients / "shop.yml").unlink()
    (house.clients / "small.yml").rename(house.clients / "kept.yml")
    house.sync()
    _draw(house, "kept", *names)
    return names


# --- What files say


def test_files_become_clients_and_say_so_once(house) -> None:
    first, second = house.sync(), house.sync()

    assert _words(first) == {"shop": "created", "small": "created"}
    assert (_words(second), second.unchanged) == ({}, ("shop", "small"))
    heads = house.registry().heads()
    assert [(head.status, head.revision, head.origin) for head in heads.values()] == [(ACTIVE, 1, FILE)] * 2
    assert house.registry().history("shop")[0].why == "configs/clients/shop.yml"


def test_a_change_is_told_field_by_field_of_client_source_and_destination(house) -> None:
    house.sync()
    house.edit("shop", "schedule_interval: 6h", "schedule_interval: 12h")
    house.edit("shop", "owner: shop-team\n", "")
    sources = house.settings.configs / "sources" / "sales.yml"
    sources.write_text(sources.read_text().replace("freshness: 1d", "freshness: 2d"))
    lake = house.settings.configs / "destinations.yml"
    lake.write_text(lake.read_text().replace("path: lake}", "path: pond}"))

    (step,) = house.sync().steps

    assert step.word == "updated"
    assert {key: tuple(change) for key, change in step.changes.items()} == {
        "owner": ("shop-team", "fixtures"),
        "schedule_interval": ("6h", "12h"),
        "sources.sales.freshness": ("1d", "2d"),
        "destination.path": ("lake", "pond"),
    }
    assert step.facts()["changes"]["schedule_interval"] == {"old": "6h", "new": "12h"}


def test_a_client_is_disabled_and_enabled_by_its_file(house) -> None:
    house.sync()
    house.write("small", "enabled: false")

    (step,) = house.sync().steps

    assert (step.status, step.changes["status"]) == (DISABLED, (ACTIVE, DISABLED))
    house.edit("small", "enabled: false", "enabled: true")
    assert house.sync().steps[0].changes["status"] == (DISABLED, ACTIVE)


def test_a_client_without_its_data_is_disabled(house, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MEDALLION_ADVENTUREWORKS", str(tmp_path / "nowhere"))
    crm = house.settings.configs / "sources" / "crm.yml"
    crm.write_text(crm.read_text().replace("{samples}", "{adventureworks}"))

    house.sync()

    assert [head.status for head in house.registry().heads().values()] == [DISABLED, DISABLED]


def test_a_broken_file_leaves_its_last_revision_live_and_is_told(house) -> None:
    house.sync()
    house.edit("shop", "schedule_interval: 6h", "schedule_interval: sometimes")

    done = house.sync()

    assert (_words(done), done.unchanged, done.sound) == ({}, ("small",), False)
    (problem,) = done.invalid["shop"]
    assert problem.startswith("configs/clients/shop.yml:3: schedule_interval: must be 6h")
    assert house.registry().heads()["shop"][:2] == (ACTIVE, 1)


def test_broken_defaults_change_nothing_and_are_told(house) -> None:
    house.sync()
    (house.settings.configs / "defaults.yml").write_text("retries: many\n")

    done = house.sync()

    assert (_words(done), set(done.invalid)) == ({}, {"shop", "small", "configs/defaults.yml"})


def test_a_folder_that_cannot_be_read_removes_nobody(house) -> None:
    house.sync()
    house.clients.rename(house.settings.configs / "away")

    done = house.sync(confirmed=True)

    assert (_words(done), list(done.invalid)) == ({}, ["configs/clients"])


# --- Leaving and coming back


def test_a_client_whose_file_is_gone_drains_and_without_a_dag_is_removed_at_once(house) -> None:
    house.sync()
    _draw(house, "shop")
    for name in ("shop", "small"):
        (house.clients / f"{name}.yml").unlink()

    done = house.sync(confirmed=True)

    assert _words(done) == {"shop": DRAINING, "small": REMOVED}
    assert [head.status for head in house.registry().heads().values()] == [DRAINING, REMOVED]
    assert _words(house.sync()) == {}


def test_a_client_whose_file_comes_back_is_active_again(house) -> None:
    house.sync()
    _draw(house, "shop")
    texts = {path: path.read_text() for path in house.clients.iterdir()}
    for path in texts:
        path.unlink()
    house.sync(confirmed=True)
    for path, text in texts.items():
        path.write_text(text)

    done = house.sync()

    assert _words(done) == {"shop": "updated", "small": "created"}
    assert done.of("updated")[0].changes["status"] == (DRAINING, ACTIVE)


# --- What was done by hand stays


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
        _draw(house, "shop")
    (house.clients / "shop.yml").unlink()
    house.sync()
    enable(house.registry(), "shop", house.catalog(), house.settings, **ANN)

    assert _words(house.sync()) == {}
    assert house.registry().heads()["shop"].status == ACTIVE


# --- Too many at once


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


# --- Others at the same time


def test_a_conflict_on_one_client_is_told_and_holds_no_other_up(house) -> None:
    house.sync()
    house.edit("shop", "retries: 0", "retries: 1")
    house.write("small", "retries: 4")
    registry = house.registry()
    plan = plan_sync(house.catalog(), registry, house.settings)
    registry.set_status("shop", DISABLED, origin=CLI, actor="ben", why="holidays")

    done = carry_out(plan, registry, actor="ann")

    assert _words(done) == {"small": "updated"}
    assert "shop was changed meanwhile by ben (holidays)" in done.conflicts["shop"]
    assert (done.totals["conflicts"], done.sound) == (1, False)
    assert registry.heads()["shop"].status == DISABLED


def test_what_cannot_be_read_any_more_is_told_and_holds_no_other_up(house) -> None:
    house.sync()
    registry = house.registry()
    with registry.engine.begin() as connection:
        connection.exec_driver_sql("update configuration set config_json = '{}' where stream_key = 'shop'")
    house.edit("shop", "retries: 0", "retries: 1")

    done = house.sync()

    assert "is not a client's definition" in str(done.steps[0].changes["definition"].old)
    assert registry.configuration("shop").definition.client.retries == 1


# --- Platforms


def test_each_platform_takes_its_own_files(house) -> None:
    house.write("west_shop", "platform: west")

    default, west = house.sync(), house.sync("west")

    assert _words(default) == {"shop": "created", "small": "created"}
    assert _words(west) == {"west_shop": "created"}
    assert (list(house.registry("west").heads()), _words(house.sync("west"))) == (["west_shop"], {})


def test_a_broken_file_is_told_on_its_own_platform_alone(house) -> None:
    house.write("west_shop", "platform: west", "retries: many")

    assert house.sync().invalid == {}
    assert list(house.sync("west").invalid) == ["west_shop"]


def test_a_client_moves_to_another_platform_once_it_has_left_the_first(house) -> None:
    house.sync()
    _draw(house, "small")
    house.write("small", "platform: west")

    assert "small is active on the platform default" in house.sync("west").conflicts["small"]
    assert _words(house.sync()) == {"small": DRAINING}
    assert "small is draining on the platform default" in house.sync("west").conflicts["small"]
    house.registry().set_status("small", REMOVED, **ANN)
    assert _words(house.sync("west")) == {"small": "created"}
    assert _words(house.sync()) == {}


# --- for_each


def test_a_value_that_is_taken_away_removes_its_client_alone(house) -> None:
    house.write("small", "for_each: {region: [us-east, us-west, eu-west]}")
    house.sync()
    made = ["small__eu_west", "small__us_east", "small__us_west"]
    assert list(house.registry().heads()) == ["shop", *made]
    assert house.registry().configuration("small__us_east").definition.client.values == {"region": "us-east"}
    _draw(house, *made)
    house.edit("small", "us-west, ", "")

    assert _words(house.sync()) == {"small__us_west": DRAINING}


def test_a_broken_file_keeps_all_that_it_made(house) -> None:
    house.write("small", "for_each: {region: [us-east, us-west, eu-west]}")
    house.sync()
    house.edit("small", "us-west", "us/west")

    done = house.sync(confirmed=True)

    assert (_words(done), list(done.invalid)) == ({}, ["small"])


# --- By hand


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
        "client 'shop': data_sources[1].name: must be one of the sources (crm), is 'sales'",
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
    _draw(house, "shop")

    assert remove(house.registry(), "shop", forget=True, **ANN).status == DRAINING
    assert remove(house.registry(), "small", **ANN).status == REMOVED
    assert [event.action for event in house.registry().events("shop")] == ["created", "draining", "forget"]
    with pytest.raises(RegistryError, match="small is removed; `medallion enable small` brings it back"):
        remove(house.registry(), "small", **ANN)
