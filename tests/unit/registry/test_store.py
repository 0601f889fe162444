from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, text

from medallion.exceptions import ConflictError, RegistryError
from medallion.registry import (
    ACTIVE,
    API,
    CLI,
    DISABLED,
    FILE,
    REMOVED,
    Definition,
    Registry,
    open_registry,
    tables,
)

Changed = Callable[..., Definition]


@pytest.fixture
def registry(url: str) -> Registry:
    return open_registry(url, "default")


def _put(registry: Registry, definition: Definition, **said: object) -> int:
    usual: dict[str, object] = {"status": ACTIVE, "origin": FILE, "actor": "ann", "why": "because"}
    return registry.put("shop", definition, **{**usual, **said}).revision  # type: ignore[arg-type]


def test_every_change_is_a_revision_that_says_who_and_why(
    registry: Registry, shop: Definition, changed: Changed
) -> None:
    _put(registry, shop)
    _put(registry, changed(description="Hats"), origin=API, actor="ben", why="hats sell")

    history = registry.history("shop")

    assert [(one.revision, one.origin, one.actor, one.why) for one in history] == [
        (1, FILE, "ann", "because"),
        (2, API, "ben", "hats sell"),
    ]
    assert [one.definition.client.description for one in history] == [shop.client.description, "Hats"]
    live = registry.configuration("shop")
    assert live is not None
    assert (live.revision, live.definition.client.description, live.origin) == (2, "Hats", FILE)
    assert [(event.action, event.actor) for event in registry.events("shop")] == [
        ("created", "ann"),
        ("updated", "ben"),
    ]


def test_what_is_so_already_makes_no_revision(registry: Registry, shop: Definition) -> None:
    assert (_put(registry, shop), _put(registry, shop, actor="ben")) == (1, 1)
    assert len(registry.events()) == 1
    assert _put(registry, shop, always=True) == 2


def test_a_definition_comes_back_as_it_was_put(registry: Registry, shop: Definition) -> None:
    _put(registry, shop)

    live = registry.configuration("shop")

    assert live is not None
    assert (live.definition, live.checksum) == (shop, shop.checksum)


def test_whoever_looked_before_another_change_is_refused_and_told_who(
    registry: Registry, shop: Definition, changed: Changed
) -> None:
    _put(registry, shop)
    _put(registry, changed(description="Hats"), actor="ben", why="hats sell", expected=1)

    with pytest.raises(ConflictError, match="by ben \\(hats sell\\): you began from revision 1, it is at 2"):
        _put(registry, changed(description="Caps"), expected=1)
    with pytest.raises(ConflictError, match="you began from revision 0, it is at 2"):
        _put(registry, changed(description="Caps"), expected=0)
    assert len(registry.history("shop")) == 2


def test_a_status_is_a_revision_too(registry: Registry, shop: Definition) -> None:
    _put(registry, shop)
    registry.set_status("shop", DISABLED, origin=CLI, actor="ann", why="holidays")

    assert registry.heads()["shop"][:2] == (DISABLED, 2)
    assert registry.last_from(FILE) == {"shop": (shop.checksum, ACTIVE)}
    assert registry.last_from(CLI) == {"shop": (shop.checksum, DISABLED)}
    with pytest.raises(RegistryError, match="there is no client 'hop'"):
        registry.set_status("hop", DISABLED, origin=CLI, actor="ann", why="")


def test_a_client_that_was_removed_comes_back_from_where_it_comes_now(
    registry: Registry, shop: Definition
) -> None:
    _put(registry, shop)
    _put(registry, shop, status=REMOVED)
    assert registry.configurations() == {}
    assert list(registry.configurations(removed=True)) == ["shop"]

    assert _put(registry, shop, origin=API) == 3
    assert registry.heads()["shop"].origin == API


def test_platforms_do_not_see_each_other(url: str, shop: Definition) -> None:
    here, there = open_registry(url, "default"), open_registry(url, "west")
    _put(here, shop)

    assert there.heads() == {}
    assert there.configurations() == {}
    assert (there.history("shop"), there.events(), there.last_from(FILE)) == ([], [], {})


def test_a_client_lives_on_one_platform_at_a_time(url: str, shop: Definition) -> None:
    here, there = open_registry(url, "default"), open_registry(url, "west")
    _put(here, shop)

    with pytest.raises(ConflictError, match="shop is active on the platform default"):
        _put(there, shop)
    _put(here, shop, status=REMOVED)
    assert _put(there, shop) == 1


def test_the_database_holds_to_one_platform_even_if_two_look_at_once(url: str, shop: Definition) -> None:
    here = open_registry(url, "default")
    _put(here, shop)

    with here.engine.begin() as connection:
        row = connection.execute(select(tables.configuration)).one()._asdict() | {"platform": "west"}
        del row["id"]
        statement = tables.configuration.insert().values(row)
        with pytest.raises(Exception, match=r"(?i)unique"):
            connection.execute(statement)


def test_what_is_not_a_definition_is_told_by_its_client(registry: Registry, shop: Definition) -> None:
    _put(registry, shop)
    with registry.engine.begin() as connection:
        connection.execute(text("update configuration set config_json = '{}'"))

    with pytest.raises(RegistryError, match="shop: what the registry holds is not a client's definition"):
        registry.configuration("shop")


def test_events_can_be_chosen(registry: Registry, shop: Definition) -> None:
    _put(registry, shop)
    registry.audit("default", "told", "factory", {"trouble": 1})
    registry.audit("default", "told", "factory", {"trouble": 2})

    assert [dict(event.detail) for event in registry.events("default", last=1)] == [{"trouble": 2}]
    assert [event.subject for event in registry.events(actions=["created"])] == ["shop"]


def test_an_event_names_the_keys_that_changed(registry: Registry, shop: Definition, changed: Changed) -> None:
    _put(registry, shop)
    _put(registry, changed(retries=5))

    assert [event.detail.get("changed") for event in registry.events("shop")] == [None, ["retries"]]
