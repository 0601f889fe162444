"""Contracts of sources: what each connector must have, may have and cannot have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from medallion.clients import SourceContract, load_catalog
from medallion.clients.check import checked
from medallion.settings import load_settings

ROWS = {"keys": ["id"], "cursor": "updated_at"}
FILES = {"location": "/in", "format": "csv", "entities": {"orders": {"path": "o.csv", "keys": ["id"]}}}
SQL = {"connector": "sql", "env": "SHOP_URL", "entities": {"orders": {"table": "web.orders", **ROWS}}}
REST = {
    "connector": "rest",
    "location": "https://shop.example.com/v1",
    "entities": {"orders": {"path": "orders", "params": {"since": "{start}"}, "records": "data", **ROWS}},
    "pages": {"type": "next_url", "next": "links.next"},
}
COMMON = {"name": "shop", "description": "a shop", "load": "interval", "freshness": "1d"}


def _checked(checks: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A contract whose orders are held to some checks."""
    return FILES | {"entities": {"orders": {"path": "o.csv", "keys": ["id"], "checks": checks} | changed}}


CHECKED = _checked(
    {
        "freshness": {"at_most": "6h", "on_breach": "fail"},
        "rows_a_day": 50,
        "times_usual": 2.5,
        "not_null": ["id", {"name": "city", "share": 0.5, "on_breach": "warn"}],
        "outside_interval": 0.01,
    },
    event_time="at",
)


@pytest.mark.parametrize("said", [FILES, SQL, REST, CHECKED])
def test_a_contract_reads_back_what_it_wrote(said: dict[str, Any]) -> None:
    contract = SourceContract.model_validate(COMMON | said)
    assert SourceContract.model_validate(json.loads(contract.model_dump_json())) == contract


def test_the_projects_own_contracts_read_back_too() -> None:
    for contract in load_catalog(load_settings().configs).sources.values():
        assert SourceContract.model_validate(json.loads(contract.model_dump_json())) == contract


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            FILES | {"env": "SHOP_URL"},
            "env: does not go with connector files, whose keys are location, format",
        ),
        (
            SQL | {"location": "/in"},
            "location: does not go with connector sql, whose keys are connection, env",
        ),
        (FILES | {"format": None}, "format: is missing"),
        (REST | {"location": None}, "location: is missing"),
        (REST | {"location": "s3://shop"}, "location: must begin with https:// or http://, is 's3://shop'"),
        (
            FILES | {"location": "http://shop.example.com"},
            "location: must be a folder, or a URL of a file system",
        ),
        (SQL | {"env": None}, "env: is missing: name the environment variable with the database's URL here"),
        (SQL | {"connection": "shop"}, "env: must not stand beside connection"),
        (SQL | {"entities": {"orders": ROWS}}, "entities: orders.table is missing"),
        (
            SQL | {"entities": {"orders": {"table": "orders", "keys": ["id"]}}},
            "entities: orders.cursor is missing: which column says the interval a row belongs to?",
        ),
        (
            REST | {"entities": {"orders": {"path": "o", "table": "orders", **ROWS}}},
            "entities: orders.table does not go with connector rest",
        ),
        (
            _checked({"freshness": "1d"}),
            "entities: orders.checks.freshness needs orders.event_time: which column says when",
        ),
        (
            _checked({"outside_interval": 0}),
            "entities: orders.checks.outside_interval needs orders.event_time: which column",
        ),
        (
            _checked({"outside_interval": 0}, event_time="at", load="snapshot"),
            "entities: orders.checks.outside_interval does not go with load snapshot, which brings all rows",
        ),
        (
            _checked({"rows_a_day": 50}) | {"load": "snapshot"},
            "entities: orders.checks.rows_a_day does not go with load snapshot, which brings all",
        ),
        (
            REST | {"entities": {"orders": {"path": "o", "params": {"X-API-Key": "k9"}, **ROWS}}},
            "entities.orders.params: must not hold a secret such as X-API-Key; keep it in an Airflow",
        ),
        (FILES | {"schema_changes": "ignore"}, "schema_changes: must be one of evolve, freeze, fail"),
    ],
)
def test_what_does_not_go_with_a_connector_is_refused(said: dict[str, Any], told: str) -> None:
    contract, flaws = checked(SourceContract, COMMON | said)
    assert contract is None
    assert any(f"{'.'.join(map(str, flaw.loc))}: {flaw.message}".startswith(told) for flaw in flaws), flaws


def test_a_connection_may_be_the_clients_own() -> None:
    said = {key: value for key, value in SQL.items() if key != "env"} | {"connection": "shop_of_{client}"}
    assert SourceContract.model_validate(COMMON | said).connection == "shop_of_{client}"


def test_every_check_has_a_short_and_a_long_way_to_be_written() -> None:
    long = {
        "freshness": {"at_most": "6h", "on_breach": "warn"},
        "rows_a_day": {"at_least": 50, "on_breach": "fail"},
        "times_usual": {"at_most": 5, "on_breach": "fail"},
        "not_null": [{"name": "id", "share": 0.0, "on_breach": "fail"}],
        "outside_interval": {"share": 0.01, "on_breach": "fail"},
    }
    short = {"freshness": "6h", "rows_a_day": 50, "times_usual": 5, "not_null": ["id"]} | {
        "outside_interval": 0.01
    }
    read = [SourceContract.model_validate(COMMON | _checked(one, event_time="at")) for one in (long, short)]
    assert read[0] == read[1]


def test_a_freshness_that_only_warns_is_kept_as_it_was_before_it_could_fail() -> None:
    """A registry compares definitions by what they say: a client must not seem changed by an upgrade."""
    warns = SourceContract.model_validate(COMMON | FILES)
    fails = SourceContract.model_validate(
        COMMON | FILES | {"freshness": {"at_most": "1d", "on_breach": "fail"}}
    )
    assert warns.model_dump(mode="json")["freshness"] == "P1D"
    assert fails.model_dump(mode="json")["freshness"] == {"at_most": "P1D", "on_breach": "fail"}
    assert warns.model_dump(mode="json", exclude_defaults=True)["freshness"] == "P1D"
