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


@pytest.mark.parametrize("said", [FILES, SQL, REST])
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
