"""One file, several clients."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.clients import Catalog, client_from_dict, load_catalog
from medallion.clients.for_each import MOST, members, slug_of
from medallion.exceptions import ConfigError

REGIONS = "for_each: {region: [us-east, us-west, eu-west]}"


def _small(configs: Path, *lines: str) -> Catalog:
    path = configs / "clients" / "small.yml"
    path.write_text(path.read_text(encoding="utf-8") + "\n".join(lines) + "\n", encoding="utf-8")
    return load_catalog(configs)


def _told(catalog: Catalog) -> list[str]:
    return [str(problem).removeprefix("configs/clients/small.yml:") for problem in catalog.problems]


def test_a_file_makes_a_client_of_each_value(configs: Path) -> None:
    catalog = _small(configs, REGIONS)

    assert list(catalog.clients) == ["shop", "small__us_east", "small__us_west", "small__eu_west"]
    client = catalog.clients["small__us_east"]
    assert (client.id, client.values) == ("small__us_east", {"region": "us-east"})
    assert client.description == "As little as a client can say"
    assert catalog.file(client.id) == "configs/clients/small.yml"
    assert catalog.origins[client.id]["values"] == ("client", "configs/clients/small.yml:10")
    assert catalog.problems == ()


def test_of_several_keys_a_client_of_each_combination(configs: Path) -> None:
    catalog = _small(configs, "for_each: {region: [eu, us], year: [2024, 2025]}")

    made = {name: client.values for name, client in catalog.clients.items() if name != "shop"}
    assert made == {
        "small__eu__2024": {"region": "eu", "year": "2024"},
        "small__eu__2025": {"region": "eu", "year": "2025"},
        "small__us__2024": {"region": "us", "year": "2024"},
        "small__us__2025": {"region": "us", "year": "2025"},
    }


def test_a_flaw_that_all_have_is_told_once(configs: Path) -> None:
    assert _told(_small(configs, REGIONS, "retries: 99")) == ["11: retries: must be between 0 and 10, is 99"]


def test_notes_are_told_once(configs: Path) -> None:
    path = configs / "clients" / "small.yml"
    path.write_text(path.read_text().replace("transformations: []", "transformations: [enrich, clean]"))

    assert len([note for note in _small(configs, REGIONS).notes if "small" in str(note.file)]) == 1


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("[eu, us]", "10: for_each: must be a map of keys to lists of values, is a list"),
        ("{}", "10: for_each: must be a map of keys to lists of values, is a map"),
        ("{region: eu}", "10: for_each.region: must be a list of at least one value, is 'eu'"),
        ("{region: []}", "10: for_each.region: must be a list of at least one value, is a list"),
        ("{region: [eu, eu]}", "10: for_each.region[1]: is listed twice"),
        (
            "{region: [us-east, eu, US_east]}",
            "10: for_each.region[2]: 'US_east' and 'us-east' would both make the client …__us_east; "
            "write one of them otherwise",
        ),
        (
            "{country: [de, no]}",
            "10: for_each.country[1]: must be text or a whole number, is false; put it in quotes",
        ),
        (
            "{region: [../etc]}",
            "10: for_each.region[0]: must be letters, digits, blanks and ._+=@-, a letter or digit first, "
            "is '../etc'",
        ),
        (
            "{client: [eu]}",
            "10: for_each.client: must be lower-case letters, digits and underscores, a letter first, "
            "and none of samples, adventureworks, client, interval",
        ),
        ("{region: [" + "x" * 44 + "]}", "10: for_each.region[0]: makes too long an id: an id may have 50 "),
        ("{a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], b: [1, 2]}", ""),
    ],
)
def test_what_is_no_value_is_told_where_it_stands(configs: Path, said: str, told: str) -> None:
    found = _told(_small(configs, f"for_each: {said}"))

    assert [text.startswith(told) for text in found] == [True] * bool(told), found


def test_a_slip_makes_no_thousand_clients() -> None:
    numbers = list(range(MOST))

    assert len(members("small", {"part": numbers})[0]) == MOST
    made, flaws = members("small", {"part": numbers, "half": [1, 2]})
    assert (made, flaws[0].message) == ([], "must make at most 500 clients, would make 1000")


def test_two_files_never_make_the_same_client(configs: Path) -> None:
    own = configs / "clients" / "small__eu.yml"
    own.write_text((configs / "clients" / "small.yml").read_text(encoding="utf-8"), encoding="utf-8")
    own_for_each = own.read_text() + "for_each: {part: [a]}\n"

    told = _told(_small(configs, "for_each: {region: [eu, us]}"))
    assert told == [
        "10: for_each: makes the client small__eu, which another file makes as well; keep one of them"
    ]

    own.write_text(own_for_each, encoding="utf-8")
    (configs / "clients" / "small.yml").write_text(own.read_text().replace("part: [a]", "r: [eu], p: [a]"))
    (told,) = [str(problem) for problem in load_catalog(configs).problems if "small__eu__a" in str(problem)]
    assert "configs/clients/small__eu.yml:10: for_each: makes the client small__eu__a" in told


def test_locations_take_values_and_nothing_else(configs: Path) -> None:
    sources = configs / "sources" / "crm.yml"
    sources.write_text(sources.read_text().replace("{client}/crm", "{region}/crm"))

    told = [str(problem) for problem in load_catalog(configs).problems]
    assert told[1] == (
        "configs/clients/small.yml:4: data_sources[0]: crm is at '{samples}/{region}/crm', of which this "
        "client can fill in only {samples}, {adventureworks}, {client}"
    )
    assert set(_small(configs, REGIONS).clients) == {"small__us_east", "small__us_west", "small__eu_west"}


def test_values_may_be_given_by_hand_but_are_no_placeholders_of_ours(configs: Path) -> None:
    catalog = _small(configs, "values: {tier: gold}", "for_each: {region: [eu]}")
    assert catalog.clients["small__eu"].values == {"tier": "gold", "region": "eu"}

    config = {
        "description": "x",
        "schedule_interval": None,
        "data_sources": [{"name": "crm", "location": "s3://bucket/{tier}"}],
        "transformations": [],
        "destination": "lake",
        "business_rules": {"data_retention_days": 1, "quality_threshold": 1},
    }
    assert client_from_dict("small", {**config, "values": {"tier": "gold"}}).values == {"tier": "gold"}
    with pytest.raises(ConfigError, match=r"data_sources\[0\].location: may hold only .*\{client\}, is"):
        client_from_dict("small", config)
    with pytest.raises(ConfigError, match=r"values\.samples: must be none of samples, adventureworks"):
        client_from_dict("small", {**config, "values": {"tier": "gold", "samples": "x"}})


@pytest.mark.parametrize(
    ("value", "slug"),
    [("us-east", "us_east"), ("US East 1", "us_east_1"), ("a--b.", "a_b"), ("2024", "2024")],
)
def test_slugs(value: str, slug: str) -> None:
    assert slug_of(value) == slug
