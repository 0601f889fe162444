"""Files become what is live."""

from __future__ import annotations

from medallion.registry import (
    ACTIVE,
    CLI,
    DISABLED,
    DRAINING,
    FILE,
    SyncPlan,
    carry_out,
    plan_sync,
)


def _words(done: SyncPlan) -> dict[str, str]:
    return {step.client_id: step.word for step in done.steps}


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


def test_a_value_that_is_taken_away_removes_its_client_alone(house) -> None:
    house.write("small", "for_each: {region: [us-east, us-west, eu-west]}")
    house.sync()
    made = ["small__eu_west", "small__us_east", "small__us_west"]
    assert list(house.registry().heads()) == ["shop", *made]
    assert house.registry().configuration("small__us_east").definition.client.values == {"region": "us-east"}
    house.draw(*made)
    house.edit("small", "us-west, ", "")

    assert _words(house.sync()) == {"small__us_west": DRAINING}


def test_a_broken_file_keeps_all_that_it_made(house) -> None:
    house.write("small", "for_each: {region: [us-east, us-west, eu-west]}")
    house.sync()
    house.edit("small", "us-west", "us/west")

    done = house.sync(confirmed=True)

    assert (_words(done), list(done.invalid)) == ({}, ["small"])
