from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from medallion.clients import Destination, load_catalog
from medallion.clients.check import checked
from medallion.clients.problem import dotted

GOOD = [
    {"type": "duckdb", "path": "shelf.duckdb"},
    {"type": "parquet", "path": "lake"},
    {"type": "parquet", "path": "s3://lake/gold"},
    {"type": "parquet", "path": "s3://lake/gold", "connection": "lake"},
    {"type": "postgres", "connection": "warehouse-db"},
    {"type": "postgres", "env": "WAREHOUSE_URL"},
    {"type": "sqlserver", "env": "WAREHOUSE_URL"},
]


@pytest.mark.parametrize("keys", GOOD)
def test_a_destination_is_the_same_after_json(keys: dict[str, Any]) -> None:
    shelf = Destination.model_validate({"name": "shelf", **keys})
    assert Destination.model_validate(json.loads(shelf.model_dump_json())) == shelf


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"type": "duckdb"}, "path: is missing"),
        ({"type": "parquet", "path": None}, "path: is missing"),
        (
            {"type": "duckdb", "path": "s3://lake/x.duckdb"},
            "path: must be a file on this machine's disks, is 's3://lake/x.duckdb'",
        ),
        (
            {"type": "parquet", "path": "https://lake/x"},
            "path: must be a folder, or begin with one of s3, gs, gcs, az, abfs, abfss, adl, memory, "
            "is 'https://lake/x'",
        ),
        (
            {"type": "postgres"},
            "env: is missing: name the environment variable with the database's URL here, or its Airflow "
            "connection under connection",
        ),
        (
            {"type": "sqlserver", "env": "A", "connection": "b"},
            "env: must not stand beside connection: one of them says the login",
        ),
        (
            {"type": "postgres", "env": "A", "path": "x"},
            "path: does not go with type postgres, whose keys are connection, env",
        ),
        (
            {"type": "duckdb", "path": "x", "env": "A"},
            "env: does not go with type duckdb, whose keys are path",
        ),
        ({"type": "parquet", "path": "lake", "env": "A"}, "env: is only for a path that is a URL of s3"),
        (
            {"type": "parquet", "path": "gs://a", "connection": "A"},
            "connection: is only for a path that is a URL of s3",
        ),
        ({"type": "postgres", "env": 5}, "env: must be text, is 5"),
        ({"type": "postgres", "evn": "A", "env": "B"}, "evn: is not a known key; did you mean 'env'?"),
    ],
)
def test_a_key_that_does_not_fit_says_what_does(keys: dict[str, Any], told: str) -> None:
    found, flaws = checked(Destination, {"name": "shelf", **keys})
    assert found is None
    assert [f"{dotted(flaw.loc)}: {flaw.message}" for flaw in flaws] == [told]


@pytest.mark.parametrize("key", ["connection", "env"])
def test_an_address_in_the_place_of_a_name_is_not_repeated(key: str) -> None:
    _, flaws = checked(Destination, {"name": "shelf", "type": "postgres", key: "postgresql://me:s3cret@db/x"})
    assert flaws
    assert not [flaw for flaw in flaws if "s3cret" in flaw.message]


def test_the_destinations_to_ship_are_good() -> None:
    catalog = load_catalog(Path(__file__).parents[3] / "configs")
    assert {"data_warehouse", "analytics_db", "analytics_lake", "enterprise_warehouse"} <= set(
        catalog.destinations
    )
