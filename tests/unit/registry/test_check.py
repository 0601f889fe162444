from __future__ import annotations

import shutil
from datetime import timedelta

import pytest

from medallion.exceptions import ConfigError
from medallion.registry.check import check_config, check_definition

GOOD = {
    "description": "Hats",
    "schedule_interval": timedelta(hours=6),
    "data_sources": ["crm"],
    "transformations": ["clean"],
    "destination": "lake",
    "business_rules": {"data_retention_days": 30, "quality_threshold": 0.9},
}


@pytest.fixture
def url(tmp_path) -> str:
    return f"sqlite:///{tmp_path / 'registry.db'}"


def _check(house, config, client="hats", platform="default"):
    return check_config(client, config, house.catalog(), house.settings, platform=platform)


def _told(house, config, client="hats", platform="default") -> list[str]:
    with pytest.raises(ConfigError) as error:
        _check(house, config, client, platform)
    return str(error.value).splitlines()


def test_a_plain_dict_becomes_a_client_with_its_source_and_destination(house) -> None:
    made = _check(house, GOOD, platform="west")

    assert (made.client.id, made.client.platform, made.client.owner) == ("hats", "west", "fixtures")
    assert (list(made.sources), made.destination.path) == (["crm"], "lake")


def test_every_problem_is_told_with_its_key_and_what_is_allowed(house) -> None:
    wrong = {
        **GOOD,
        "data_sources": ["crm", "slaes"],
        "retries": 99,
        "passwort": "hunter2",
        "platform": "east",
        "business_rules": {"data_retention_days": 0, "quality_threshold": {"default": 1, "rules": {"x": 1}}},
    }

    assert _told(house, wrong) == [
        "client 'hats': platform: must be 'default', the platform it is written to, is 'east'",
        "client 'hats': retries: must be between 0 and 10, is 99",
        "client 'hats': data_sources[1]: must be one of the sources (crm, sales, till), is 'slaes'; "
        "did you mean 'sales'?",
        "client 'hats': business_rules.data_retention_days: must be between 1 and 36500 days, is 0",
        "client 'hats': business_rules.quality_threshold.rules.x: is not a rule of the project",
        _told(house, {**GOOD, "passwort": 1})[0],
    ]
    assert "hunter2" not in "".join(_told(house, wrong))


@pytest.mark.parametrize("client", ["../hats", "Hats", "hats; drop table x", "x" * 51, ""])
def test_an_id_is_never_a_path_or_code(house, client) -> None:
    assert "must be 1 to 50 lower-case letters" in _told(house, GOOD, client)[0]


@pytest.mark.parametrize("config", [None, [], "description: x", 5])
def test_what_is_no_map_is_told(house, config) -> None:
    assert "must be a map of keys" in _told(house, config)[0]


def test_a_source_without_models_is_refused(house) -> None:
    shutil.rmtree(house.settings.dbt_project / "models" / "bronze" / "crm")

    assert _told(house, GOOD) == [
        "client 'hats': data_sources[0]: crm has no models in the dbt project; those that have are sales"
    ]


def test_a_rule_that_the_client_does_not_measure_is_refused(house) -> None:
    rules = {"data_retention_days": 1, "quality_threshold": {"default": 1, "rules": {"line_has_order": 1}}}

    (told,) = _told(house, {**GOOD, "business_rules": rules})
    assert told.endswith("line_has_order: is about sales, which is none of the client's data_sources")


def test_what_was_good_once_is_held_against_today(house, shop) -> None:
    check_definition(shop, house.catalog(), house.settings)

    (house.settings.configs / "sources" / "sales.yml").unlink()
    with pytest.raises(ConfigError, match="must be one of the sources \\(crm, till\\), is 'sales'"):
        check_definition(shop, house.catalog(), house.settings)


def test_values_are_held_against_the_locations_that_take_them(house) -> None:
    place = {"name": "crm", "location": "s3://bucket/{region}"}

    assert _check(house, {**GOOD, "data_sources": [place], "values": {"region": "eu"}}).client.values
    (told,) = _told(house, {**GOOD, "data_sources": [place]})
    assert told.startswith(
        "client 'hats': data_sources[0].location: may hold only {samples}, {adventureworks}"
    )
    (told,) = _told(house, {**GOOD, "values": {"region": "../../etc"}})
    assert told.startswith("client 'hats': values.region: must match")
