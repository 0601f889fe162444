"""The bundle while the registry is away, another one, or late."""

from __future__ import annotations

import logging
import time

import pytest

from bundles import NORTH, SOUTH, away, back, change, files_below, found, pinned, started
from medallion.exceptions import RegistryError
from servers import Postgres


def test_while_the_registry_is_away_all_stays_as_it_is_and_is_said_once(two, bundle_of, caplog):
    bundle = started(bundle_of, two)
    before = {path: found(bundle, path) for path in two.files.tree()}
    away(two)
    with caplog.at_level(logging.WARNING, "medallion"):
        for _ in range(3):
            bundle._next_try = 0.0
            bundle.refresh()
    said = [record.getMessage() for record in caplog.records if "registry is away" in record.getMessage()]
    assert (len(said), bundle.get_current_version().version in said[0]) == (1, True)
    assert {path: found(bundle, path) for path in before} == before
    restarted = started(bundle_of, two)
    assert files_below(restarted.path) == set(before)
    assert restarted.get_current_version().version == bundle.get_current_version().version
    pinned(bundle_of, two, bundle.get_current_version().version)
    back(two)
    change(two, "south", "Changed")
    for one in (bundle, restarted):
        one._next_try = 0.0
        one.refresh()
        assert "Changed" in found(one, SOUTH)


def test_a_host_that_never_had_a_version_says_so(two, bundle_of):
    away(two)
    with pytest.raises(RegistryError, match="no version of the bundle is here"):
        started(bundle_of, two)
    with pytest.raises(Exception, match="unable to open database"):
        pinned(bundle_of, two, "0123456789abcdef")


def test_a_registry_that_answers_late_is_not_asked_each_time(two, bundle_of, monkeypatch):
    bundle = started(bundle_of, two)
    asked = []

    def late():
        asked.append(1)
        time.sleep(0.2)
        raise TimeoutError

    monkeypatch.setattr(bundle, "_files", late)
    bundle.refresh()
    bundle.refresh()
    assert len(asked) == 1


def test_a_database_without_any_version_takes_nothing_away(two, bundle_of, caplog, tmp_path):
    bundle = started(bundle_of, two)
    object.__setattr__(two.settings, "database_url", f"sqlite:///{tmp_path / 'another.db'}")
    again = started(bundle_of, two)
    bundle.refresh()
    assert (bundle.path / NORTH).is_file()
    assert files_below(again.path) == files_below(bundle.path)
    assert "another one?" in caplog.text


def test_the_registrys_postgres_may_go_and_come_back(fleet, bundle_of, tmp_path):
    with Postgres(tmp_path) as server:
        object.__setattr__(fleet.settings, "database_url", server.url)
        fleet.put("north")
        fleet.publish()
        bundle = started(bundle_of, fleet)
        version = bundle.get_current_version().version
        server.stop()
        bundle.refresh()
        assert (bundle.get_current_version().version, (bundle.path / NORTH).is_file()) == (version, True)
        assert pinned(bundle_of, fleet, version).path.is_dir()
        server.start()
        after = change(fleet, "north", "Changed")
        bundle._next_try = 0.0
        bundle.refresh()
        assert bundle.get_current_version().version == after
        fleet.registry.engine.dispose()
